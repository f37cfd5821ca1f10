internal import Checkpoints
internal import Models
internal import Vocabulary

extension PlanCosts {
  /// Adds up what is read and written; in memory weights are float32, and so is the scratch file.
  ///
  /// - Parameters:
  ///   - layers: Every layer that is changed.
  ///   - outputs: The tensors that will be written.
  ///   - passes: The passes of calibration.
  ///   - surveys: Whether the whole model is run once before the work begins.
  ///   - outline: The model.
  mutating func addTraffic(
    of layers: [LinearOutline],
    outputs: [PlannedTensor],
    passes: [CalibrationPass],
    surveys: Bool,
    outline: ModelOutline
  ) {
    writtenBytes = outputBytes
    let elementBytes = outline.elementType.bitWidth / 8
    let blocks = outline.decoder?.blocks ?? []
    let reached = blocks.prefix(passes.lastBlock + 1)
    let weights = reached.map(\.elementCount).reduce(0, +)
    readBytes = passes.count * weights * elementBytes
    if surveys { readBytes += blocks.map(\.elementCount).reduce(0, +) * elementBytes }
    if passes.count > 1 {
      // What a pass has changed, the next one reads instead; the last one writes none.
      scratchBytes = weights * Self.floatBytes
      readBytes += (passes.count - 1) * scratchBytes
      writtenBytes += (passes.count - 1) * scratchBytes
    }
    if passes.contains(where: \.head.isAny), let decoder = outline.decoder {
      // The head, or the table that it is, and the norm before it.
      let count = (decoder.configuration.vocabularySize + 1) * decoder.configuration.hiddenSize
      readBytes += passes.count * count * elementBytes
      if passes.count > 1 {
        scratchBytes += count * Self.floatBytes
        readBytes += (passes.count - 1) * count * Self.floatBytes
        writtenBytes += (passes.count - 1) * count * Self.floatBytes
      }
    }
    // Layers that no pass reaches are read one at a time.
    var seen = Set(reached.flatMap(\.linears).map(\.name))
    if passes.contains(where: \.head.isAny), let head = outline.decoder?.headName { seen.insert(head) }
    for layer in layers where seen.insert(layer.name).inserted {
      readBytes += layer.rows * layer.columns * elementBytes
    }
    for output in outputs {
      switch output.origin {
      case .copied, .copiedFrom: readBytes += output.description.byteCount
      case .rewritten, .calibrated, .quantized, .transform: break
      }
    }
  }
}

extension BlockOutline {
  /// Numbers of all layers and norms.
  fileprivate var elementCount: Int {
    linears.map { $0.rows * $0.columns + ($0.hasBias ? $0.rows : 0) }.reduce(0, +)
      + norms.values.map { $0.width * $0.tensors.count }.reduce(0, +)
  }
}
