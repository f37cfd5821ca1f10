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
  /// The result appears whole at `destination`, or not at all. At most one block's weights are in memory.
  ///
  /// - Parameters:
  ///   - source: The checkpoint that the outline describes.
  ///   - outline: The model.
  ///   - windows: Token ids of the calibration sequences; may be empty when the plan needs none.
  ///   - destination: The path of the folder to be; nothing may stand there.
  ///   - options: Where and how to compute.
  /// - Returns: What was done.
  /// - Throws: `ExecutionError`; nothing is left at or beside the destination then.
  package func run(
    on source: Checkpoint,
    outline: ModelOutline,
    windows: [[Int32]],
    destination: String,
    options: RunOptions
  ) throws(ExecutionError) -> RunReport {
    let account = try TensorAccount(of: source, in: self)
    let clock = PhaseClock()
    let writer = try checked { () throws(CheckpointError) in
      try CheckpointWriter(
        destination: destination,
        layout: try SafetensorsLayout(
          tensors: outputs.map(\.description),
          shardByteLimit: shardByteLimit ?? SafetensorsLayout.standardShardByteLimit
        )
      )
    }
    defer { writer.discard() }
    let stored = try checked { () throws(CheckpointError) in
      try WeightReader(source, outline: outline, processor: options.processor)
    }
    let reader = RotatedReader(stored, plan: self, outline: outline, processor: options.processor)
    let compressor = ModelCompressor(plan: self, outline: outline, reader: reader, writer: writer, options: options)
    clock.start("copy")
    try compressor.copyUnchanged()
    try compressor.writeTransforms()
    if calibration != nil {
      guard let decoder = outline.decoder, !windows.isEmpty else { throw .noCalibrationData }
      try Self.check(windows, vocabularySize: decoder.configuration.vocabularySize)
      try CalibrationSweep(decoder: decoder, compressor: compressor, clock: clock).run(windows)
    }
    clock.start("layers")
    try compressor.settleRemaining()
    clock.start("finish")
    var report = compressor.report
    report.account = account
    report.calibrationTokens = calibration == nil ? 0 : windows.map(\.count).reduce(0, +)
    report.phases = clock.phases
    try checked { () throws(CheckpointError) in
      report.filesLeftOut = try writer.copyCompanions(
        from: source.headers.folder,
        excluding: [Self.recipeName, RunReport.fileName, RunReport.pageName]
      ).refused
      try writer.writeFile(CheckpointHeaders.configName, bytes: Array(config(of: source).utf8))
      try writer.writeFile(Self.recipeName, bytes: options.recipe)
      try writer.writeFile(
        RunReport.fileName,
        bytes: Array(report.document(of: self, options: options).serialized(.prettyInOrder).utf8)
      )
    }
    if let page = options.page {
      let text = page(report)
      try checked { () throws(CheckpointError) in
        try writer.writeFile(RunReport.pageName, bytes: Array(text.utf8))
      }
    }
    guard !options.isInterrupted() else { throw .interrupted }
    try checked { () throws(CheckpointError) in try writer.finish() }
    return report
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
