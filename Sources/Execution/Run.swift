package import Checkpoints
internal import Inference
internal import JSONDocuments
internal import Kernels
package import Models
internal import Modifiers
package import Planning
internal import Tensors
internal import Vocabulary

extension Plan {
  /// Carries the plan out: reads a checkpoint block by block and writes the compressed one beside it.
  ///
  /// The result appears whole at `destination`, or not at all. At most one block's weights are in memory. Every finished block
  /// is noted in a hidden folder beside the destination; a run that a crash, a signal or a full disk ended can be continued
  /// from there, and gives the same bytes as one that nothing ended.
  ///
  /// - Parameters:
  ///   - source: The checkpoint that the outline describes.
  ///   - outline: The model.
  ///   - windows: Token ids of the calibration sequences; may be empty when the plan needs none.
  ///   - destination: The path of the folder to be; nothing may stand there.
  ///   - options: Where and how to compute.
  /// - Returns: What was done.
  /// - Throws: `ExecutionError`. After `stopped`, `unfinished` and `differs` an unfinished run lies beside the destination, after
  ///   any other nothing does.
  package func run(
    on source: Checkpoint,
    outline: ModelOutline,
    windows: [[Int32]],
    destination: String,
    options: RunOptions
  ) throws(ExecutionError) -> RunReport {
    let account = try TensorAccount(of: source, outline: outline, in: self)
    let tokens = windows.map(\.count).reduce(0, +)
    if calibration != nil {
      guard let decoder = outline.decoder, !windows.isEmpty else { throw .noCalibrationData }
      try Self.check(windows, vocabularySize: decoder.configuration.vocabularySize)
    }
    let clock = PhaseClock()
    clock.start("fingerprint")
    let layout = try checked { () throws(CheckpointError) in
      try SafetensorsLayout(
        tensors: outputs.map(\.description),
        shardByteLimit: shardByteLimit ?? SafetensorsLayout.standardShardByteLimit
      )
    }
    let start = try RunStart(
      at: destination,
      layout: layout,
      streamCount: calibration == nil ? 0 : tokens * (outline.decoder?.configuration.hiddenSize ?? 0),
      options: options
    ) { () throws(ExecutionError) in
      try RunFingerprint(self, on: source, windows: windows, options: options)
    }
    do {
      var report = try compress(source, outline: outline, windows: windows, from: start, clock: clock, options: options)
      report.fingerprint = start.fingerprint
      report.resumedBlockCount = start.resumedBlockCount
      report.account = account
      report.calibrationTokens = calibration == nil ? 0 : tokens
      clock.start("finish")
      report.phases = clock.phases
      try finish(&report, source, writer: start.writer, options: options)
      return report
    } catch {
      throw start.end(by: error)
    }
  }

  /// Writes every tensor that is not written yet.
  private func compress(
    _ source: Checkpoint,
    outline: ModelOutline,
    windows: [[Int32]],
    from start: RunStart,
    clock: PhaseClock,
    options: RunOptions
  ) throws(ExecutionError) -> RunReport {
    let stored = try checked { () throws(CheckpointError) in
      try WeightReader(source, outline: outline, processor: options.processor)
    }
    let reader = RotatedReader(stored, plan: self, outline: outline, processor: options.processor)
    let compressor = ModelCompressor(plan: self, outline: outline, reader: reader, start: start, options: options)
    try compressor.resume(start.records)
    if start.records.isEmpty {
      clock.start("copy")
      try compressor.copyUnchanged()
      try compressor.writeTransforms()
      try compressor.note(.copied)
    }
    if calibration != nil, let decoder = outline.decoder {
      let position = SweepPosition(start.records)
      try CalibrationSweep(
        decoder: decoder,
        compressor: compressor,
        clock: clock,
        position: position,
        stream: start.stream
      ).run(windows)
    }
    clock.start("layers")
    try compressor.settleRemaining()
    return compressor.report
  }

  /// Writes what stands beside the weights, and gives the result its name.
  private func finish(
    _ report: inout RunReport,
    _ source: Checkpoint,
    writer: CheckpointWriter,
    options: RunOptions
  ) throws(ExecutionError) {
    report.filesLeftOut = try checked { () throws(CheckpointError) in
      try writer.copyCompanions(
        from: source.headers.folder,
        excluding: [Self.recipeName, RunReport.fileName, RunReport.pageName]
      ).refused
    }
    let files = [
      (CheckpointHeaders.configName, config(of: source)),
      (RunReport.fileName, report.document(of: self, options: options).serialized(.prettyInOrder)),
    ]
    let page = options.page.map { ($0)(report) }
    try checked { () throws(CheckpointError) in
      for (name, text) in files { try writer.writeFile(name, bytes: Array(text.utf8)) }
      try writer.writeFile(Self.recipeName, bytes: options.recipe)
      if let page { try writer.writeFile(RunReport.pageName, bytes: Array(page.utf8)) }
    }
    guard !options.isInterrupted() else { throw .interrupted }
    try checked { () throws(CheckpointError) in try writer.finish() }
  }

  /// The name of the recipe beside the weights.
  package static let recipeName = "recipe.yaml"

  /// The source's config.json with what was done to the model.
  private func config(of source: Checkpoint) -> String {
    var config = source.headers.config
    if untiesHead { config["tie_word_embeddings"] = .boolean(false) }
    let compression = QuantizationConfig(
      groups: groups.enumerated().map { index, group in
        QuantizationConfig.Group(name: "group_\(index)", targets: group.targets, scheme: group.scheme)
      },
      ignored: keptModules,
      keyValueCache: keyValueCache,
      transforms: rotation?.transforms ?? TransformConfig()
    )
    guard !groups.isEmpty || keyValueCache != nil || !compression.transforms.groups.isEmpty else {
      return config.serialized(.pretty)
    }
    return compression.document(extending: config)
  }

  private static func check(_ windows: [[Int32]], vocabularySize: Int) throws(ExecutionError) {
    for window in windows {
      if let id = window.first(where: { !(0..<vocabularySize ~= Int($0)) }) {
        throw .tokenOutOfRange(id: id, vocabularySize: vocabularySize)
      }
    }
  }
}

/// Runs work on checkpoints inside work of this room.
func checked<Value>(_ body: () throws(CheckpointError) -> Value) throws(ExecutionError) -> Value {
  do throws(CheckpointError) {
    return try body()
  } catch {
    throw .checkpoint(error)
  }
}
