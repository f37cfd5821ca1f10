internal import Checkpoints
internal import Inference
internal import Kernels
internal import Models

/// Takes the calibration tokens through the model once, block by block, settling each step's weights on the way.
struct CalibrationSweep {
  let decoder: DecoderOutline
  let compressor: LayerCompressor
  let reader: WeightReader
  let options: RunOptions

  /// Quantizes every layer up to the last that needs statistics; the others need no forward pass.
  func run(_ windows: [[Int32]], clock: PhaseClock) throws(ExecutionError) {
    let gathered = decoder.blocks.map { block in
      Set(block.steps.filter { $0.linears.contains { compressor.usesMoments($0.name) } }.map(\.kind))
    }
    let needsHead = compressor.usesMoments(decoder.headName)
    let last = needsHead ? decoder.blocks.count - 1 : gathered.lastIndex { !$0.isEmpty } ?? -1
    let walk = BlockWalk(
      configuration: decoder.configuration,
      sequences: windows.map(\.count),
      processor: options.processor
    )
    clock.start("embed")
    let hidden = try checked { () throws(CheckpointError) in try reader.embed(windows.flatMap(\.self), of: decoder) }
    for (index, block) in decoder.blocks.enumerated() where index <= last {
      clock.start("read")
      var weights = try checked { () throws(CheckpointError) in try reader.block(block) }
      let steps = Dictionary(uniqueKeysWithValues: block.steps.map { ($0.kind, $0.linears.map(\.name)) })
      clock.start("forward")
      try walk.advance(hidden, through: &weights, gathering: gathered[index]) {
        (kind, moments, layers) throws(ExecutionError) in
        clock.start("quantize")
        try compressor.settle(steps[kind] ?? [], &layers, moments: moments)
        clock.start("forward")
      }
    }
    guard needsHead else { return }
    clock.start("head")
    try settleHead(hidden, tokens: windows.map(\.count).reduce(0, +))
  }

  private func settleHead(_ hidden: FloatBuffer, tokens: Int) throws(ExecutionError) {
    let layer = try checked { () throws(CheckpointError) in try reader.head(of: decoder) }
    let norm = try checked { () throws(CheckpointError) in try reader.checkpoint.tensor(decoder.finalNorm).floats() }
    let head = Head(
      norm: norm,
      epsilon: decoder.configuration.normEpsilon,
      layer: layer,
      processor: options.processor
    )
    let moments = head.inputMoments(of: hidden.start, tokens: tokens)
    var layers = [layer]
    try compressor.settle([decoder.headName], &layers, moments: moments)
  }
}
