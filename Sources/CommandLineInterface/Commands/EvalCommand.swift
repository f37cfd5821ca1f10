internal import ArgumentParser
internal import Checkpoints
internal import Diagnostics
internal import Evaluation
internal import JSONDocuments
internal import Kernels
internal import Tokenization

/// How `eval`, `inspect` and `compare` show their findings.
enum ResultFormat: String, CaseIterable, ExpressibleByArgument {
  /// Lines for people.
  case text
  /// One JSON object.
  case json
}

/// `pare eval`: measures how well a model, dense or compressed, predicts a text, alone or beside another.
struct EvalCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval",
    abstract: "Measure a model's perplexity on a text, and how far it is from another model.",
    discussion: """
      The text is cut into windows that stand alone; the first token of each is context only. Activations are float32, \
      rounded at run time where the model's scheme says so.

      With --against both models read the same windows, made by the other model's tokenizer, and the distance of their \
      next-token distributions is the mean of KL(other || model) over all predicted tokens.
      """
  )

  @Argument(help: "The checkpoint's folder, or its name on a hub: org/name.", completion: .directory)
  var model: String

  @Option(
    help:
      "The text: a UTF-8 file (CR LF counts as LF), JSON Lines with text, messages or input_ids, or org/name:path on a hub.",
    completion: .file()
  )
  var text: String

  @Option(
    help: ArgumentHelp(
      "Another checkpoint, usually the dense one, that the model is measured against.",
      valueName: "folder"
    ),
    completion: .directory
  )
  var against: String?

  @OptionGroup
  var shape: ArchitectureOptions

  @Option(help: "Tokens of each window.")
  var sequenceLength: Int = 512

  @Option(help: "Windows at most.")
  var windows: Int?

  @Option(help: "Threads that compute; all processors unless told otherwise.")
  var threads: Int?

  @Option(help: "How to show the result: text or json.")
  var format: ResultFormat = .text

  func validate() throws {
    try CalibrationOptions.validate(windows: windows, sequenceLength: sequenceLength, threads: threads)
  }

  mutating func run() throws {
    let console = Console.standard
    let architecture = try shape.architecture()
    func opened(_ name: String) throws(CommandFailure) -> EvaluatedModel {
      try EvaluatedModel(Loading.folder(ModelReference(name), console: console), architecture: architecture)
    }
    let model = try opened(model)
    let reference = try against.map(opened)
    if let reference, reference.vocabularySize != model.vocabularySize {
      throw CommandFailure(CommandDiagnostics.differentVocabularies(model, reference))
    }
    text = try Loading.file(DataReference(text), console: console)
    let windows = try windows(madeBy: reference ?? model)
    try model.check(windows)
    try reference?.check(windows)
    if let reference {
      console.tell(try remarks(on: model, against: reference, windows: windows))
    }
    let report = try report(on: model, against: reference, windows: windows, console: console)
    switch format {
    case .text: console.print(report.text)
    case .json: console.print(report.json.serialized(.prettyInOrder))
    }
  }

  private func report(
    on model: EvaluatedModel,
    against reference: EvaluatedModel?,
    windows: [[Int32]],
    console: Console
  ) throws(CommandFailure) -> EvaluationReport {
    let processor = Processor(threadCount: threads ?? Machine.processorCount)
    let runnable = try model.runnable(on: processor, console: console)
    let runnableReference: RunnableModel? =
      if let reference { try reference.runnable(on: processor, console: console) } else { nil }
    let blocks = (reference?.blocks ?? []) + model.blocks
    let progress = Progress("evaluating", console: console)
    defer { progress.end() }
    func show(_ done: Int) { progress.show(done, of: blocks.count, detail: blocks[done - 1]) }
    do throws(CheckpointError) {
      guard let runnableReference else {
        return .alone(
          try Perplexity.measure(
            runnable.reader,
            decoder: runnable.decoder,
            windows: windows,
            on: processor,
            progress: show
          )
        )
      }
      return .against(
        try Divergence.measure(runnable, against: runnableReference, windows: windows, on: processor, progress: show)
      )
    } catch {
      throw error.failure
    }
  }

  /// What there is to say of two models before they are measured.
  private func remarks(
    on model: EvaluatedModel,
    against reference: EvaluatedModel,
    windows: [[Int32]]
  ) throws(CommandFailure) -> [Diagnostic] {
    if FileSystem.isSameFolder(model.folder, reference.folder) {
      return [CommandDiagnostics.comparedWithItself(model.folder)]
    }
    return try readsDifferently(model, than: reference, windows: windows)
      ? [CommandDiagnostics.differentTokenizers(model, reference)] : []
  }

  /// The text as windows of at least two tokens.
  private func windows(madeBy model: EvaluatedModel) throws(CommandFailure) -> [[Int32]] {
    let found = try Loading.windows(
      text,
      textColumn: "text",
      tokenizerFolder: model.folder,
      request: TokenWindows.Request(
        sequenceLength: sequenceLength,
        maximumCount: windows,
        vocabularySize: model.vocabularySize,
        addsSpecialTokens: false
      )
    ).sequences.filter { $0.count > 1 }
    guard !found.isEmpty else {
      throw CommandFailure(
        CommandDiagnostics.malformedCalibrationData(text, place: "", fault: "no sequence has two tokens")
      )
    }
    return found
  }

  /// Whether the model has a tokenizer of its own that makes other windows of the text.
  private func readsDifferently(
    _ model: EvaluatedModel,
    than reference: EvaluatedModel,
    windows: [[Int32]]
  ) throws(CommandFailure) -> Bool {
    let paths = [model, reference].map { Loading.tokenizerPath(in: $0.folder) }
    guard paths.allSatisfy(FileSystem.exists), try InputFile.read(paths[0]) != InputFile.read(paths[1]) else {
      return false
    }
    do throws(CommandFailure) {
      return try self.windows(madeBy: model) != windows
    } catch {
      // A tokenizer that cannot read the text at all does read it differently; nobody needs it here.
      return true
    }
  }
}
