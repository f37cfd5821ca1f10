internal import ArgumentParser
internal import Checkpoints
internal import Diagnostics
internal import Evaluation
internal import Inference
internal import JSONDocuments
internal import Kernels
internal import Models
internal import Planning
internal import Tokenization

/// How `eval` and `inspect` show their findings.
enum ResultFormat: String, CaseIterable, ExpressibleByArgument {
  /// Lines for people.
  case text
  /// One JSON object.
  case json
}

/// `pare eval`: measures the perplexity of a model, dense or compressed, on a text.
struct EvalCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval",
    abstract: "Measure a model's perplexity on a text.",
    discussion: """
      The text is cut into windows that stand alone; the first token of each is context only. Activations are float32, \
      rounded at run time where the model's scheme says so.
      """
  )

  @Argument(help: "The checkpoint's folder.", completion: .directory)
  var model: String

  @Option(
    help: "The text: a UTF-8 file (CR LF counts as LF), or JSON Lines with text or input_ids.",
    completion: .file()
  )
  var text: String

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
    let headers = try Loading.headers(model)
    let outline = try Loading.outline(headers)
    guard let decoder = outline.decoder else {
      throw CommandFailure(CommandDiagnostics.evaluationNeedsArchitecture(modelType: outline.modelType))
    }
    let found = try Loading.windows(
      text,
      textColumn: "text",
      tokenizerFolder: model,
      request: TokenWindows.Request(
        sequenceLength: sequenceLength,
        maximumCount: windows,
        vocabularySize: decoder.configuration.vocabularySize,
        addsSpecialTokens: false
      )
    ).sequences.filter { $0.count > 1 }
    guard !found.isEmpty else {
      throw CommandFailure(
        CommandDiagnostics.malformedCalibrationData(text, place: "", fault: "no sequence has two tokens")
      )
    }
    if let window = decoder.configuration.slidingWindow, let longest = found.map(\.count).max(), longest > window {
      throw CommandFailure(PlanningDiagnostics.sequenceExceedsWindow(length: longest, window: window), status: .usage)
    }
    let progress = Progress("evaluating", console: console)
    let perplexity = try measure(
      Loading.checkpoint(headers),
      outline: outline,
      decoder: decoder,
      windows: found,
      progress: progress
    )
    show(perplexity, console: console)
  }

  private func measure(
    _ checkpoint: Checkpoint,
    outline: ModelOutline,
    decoder: DecoderOutline,
    windows: [[Int32]],
    progress: Progress
  ) throws(CommandFailure) -> Perplexity {
    defer { progress.end() }
    let processor = Processor(threadCount: threads ?? Machine.processorCount)
    do throws(CheckpointError) {
      let reader = try WeightReader(checkpoint, outline: outline, processor: processor)
      if let module = reader.modulesWithUnsimulatedInputs.first {
        Console.standard.tell([
          CommandDiagnostics.activationsNotSimulated(module, count: reader.modulesWithUnsimulatedInputs.count)
        ])
      }
      return try Perplexity.measure(reader, decoder: decoder, windows: windows, on: processor) { done in
        progress.show(done, of: decoder.blocks.count, detail: decoder.blocks[done - 1].name)
      }
    } catch {
      throw error.failure
    }
  }

  private func show(_ perplexity: Perplexity, console: Console) {
    switch format {
    case .text:
      console.print(
        """
        perplexity    \(Decimal.text(perplexity.value, places: 4))
        loss          \(Decimal.text(perplexity.negativeLogLikelihood, places: 6)) nats per token
        tokens        \(perplexity.tokenCount) in \(perplexity.windowCount) windows
        """
      )
    case .json:
      console.print(
        JSON.object([
          JSON.Member("schemaVersion", .integer(1)),
          JSON.Member("perplexity", .number(perplexity.value)),
          JSON.Member("negativeLogLikelihood", .number(perplexity.negativeLogLikelihood)),
          JSON.Member("tokens", .integer(Int64(perplexity.tokenCount))),
          JSON.Member("windows", .integer(Int64(perplexity.windowCount))),
        ]).serialized(.prettyInOrder)
      )
    }
  }
}
