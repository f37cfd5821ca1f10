internal import Checkpoints
internal import Inference
internal import Kernels
internal import Models
internal import Modifiers
internal import Planning
internal import Synchronization
internal import Tensors

/// Work that runs from disk to disk: whatever a tensor's size, a panel of its rows for each thread is in memory.
extension ModelCompressor {
  /// Copies a tensor after a look at its numbers.
  func copy(_ tensor: StoredTensor, as name: String) throws(ExecutionError) {
    guard tensor.rows(0..<0) != nil else {
      try checked { () throws(CheckpointError) in
        try WeightReader.checkFinite(tensor, on: options.processor)
        try writer.copy(tensor, as: name)
        tensor.dontNeed()
      }
      return
    }
    let parts = try checked { () throws(CheckpointError) in try writer.beginCopy(of: tensor, as: name) }
    try eachPanel(of: tensor) { (panel, processor) throws(CheckpointError) in
      try WeightReader.checkFinite(panel.tensor, on: processor)
      try panel.tensor.withBytes { (bytes) throws(CheckpointError) in
        try parts.write(bytes, at: panel.number * panel.whole(bytes.count, of: parts))
      }
      panel.tensor.dontNeed()
    }
    try checked { () throws(CheckpointError) in try writer.end(parts) }
  }

  /// Rounds a layer whose rows the plan lets be rounded by themselves.
  ///
  /// - Returns: Whether it was done; a layer whose stored form or whose report needs it whole is left alone.
  func roundInPanels(_ name: String) throws(ExecutionError) -> Bool {
    guard let (assignment, outputs) = assigned(name), plan.roundsInPanels(assignment),
      !options.histogramLayers.contains(name)
    else { return false }
    let tensor = try checked { () throws(CheckpointError) in try reader.checkpoint.tensor(assignment.source) }
    guard tensor.rows(0..<0) != nil else { return false }
    var parts: [(PlannedTensor, TensorParts)] = []
    for output in outputs {
      let part = try checked { () throws(CheckpointError) in try writer.begin(output.description.name) }
      parts.append((output, part))
    }
    let request = GridRequest(
      arguments: assignment.arguments,
      observer: assignment.observer,
      storage: outline.elementType
    )
    let (arithmetic, elementType) = (options.arithmetic, outline.elementType)
    let differences = Mutex<[Int: MatrixDifference]>([:])
    try eachPanel(of: tensor) { (panel, processor) throws(CheckpointError) in
      let dense = try WeightReader.matrix(of: panel.tensor, on: processor)
      let quantized = RoundToNearest.quantize(dense, as: request, arithmetic: arithmetic, on: processor)
      var rounded = Matrix(rowCount: dense.rowCount, columnCount: dense.columnCount) { _ in }
      quantized.dequantize(into: &rounded, on: processor)
      let difference = processor.difference(of: dense, and: rounded)
      differences.withLock { $0[panel.number] = difference }
      let stored = StoredLayer(
        quantized: quantized,
        arguments: assignment.arguments,
        elementType: elementType,
        inputs: nil,
        outputs: nil,
        processor: processor
      )
      for (output, part) in parts {
        // The shape is the whole layer's, and stands in one panel's place.
        if output.isShape {
          if panel.number == 0 { try part.write(StoredLayer.shape(tensor.description.shape), at: 0) }
          continue
        }
        let bytes = stored.bytes(of: output.description)
        try part.write(bytes, at: panel.number * panel.whole(bytes.count, of: part))
      }
    }
    try checked { () throws(CheckpointError) in for (_, part) in parts { try writer.end(part) } }
    let difference = differences.withLock { $0.sorted { $0.key < $1.key }.map(\.value) }
      .reduce(into: MatrixDifference(), +=)
    account(LayerReport(name, group: assignment.group, difference))
    finished(name)
    return true
  }

  /// Rows of a matrix that are worked on together.
  private struct Panel {
    let number: Int
    let isLast: Bool
    let tensor: StoredTensor

    /// The bytes of an output that a panel of full height has, where this one has `count` of them.
    func whole(_ count: Int, of parts: TensorParts) -> Int {
      guard isLast, number > 0 else { return count }
      return (parts.byteCount - count) / number
    }
  }

  /// Calls `body` for all panels of a matrix, each on one thread.
  private func eachPanel(
    of tensor: StoredTensor,
    _ body: (Panel, Processor) throws(CheckpointError) -> Void
  ) throws(ExecutionError) {
    let shape = tensor.description.shape
    let rows = Plan.panelRows(columns: shape[1])
    let count = (shape[0] + rows - 1) / rows
    func panel(_ number: Int) -> StoredTensor? {
      tensor.rows(min(number * rows, shape[0])..<min((number + 1) * rows, shape[0]))
    }
    let single = options.processor.onOneThread
    let team = Processor(
      threadCount: min(options.processor.threadCount, Plan.panelsAtOnce),
      level: options.processor.level
    )
    let failures = Mutex<[Int: CheckpointError]>([:])
    for number in 0..<min(Plan.panelsAtOnce, count) { panel(number)?.willNeed() }
    team.forEach(count) { number in
      guard let tensor = panel(number), failures.withLock({ $0.isEmpty }) else { return }
      panel(number + Plan.panelsAtOnce)?.willNeed()
      do throws(CheckpointError) {
        try body(Panel(number: number, isLast: number == count - 1, tensor: tensor), single)
      } catch {
        failures.withLock { $0[number] = error }
      }
    }
    if let first = failures.withLock({ $0.min { $0.key < $1.key } }) { throw .checkpoint(first.value) }
  }
}
