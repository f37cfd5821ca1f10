internal import ArgumentParser
internal import Checkpoints
internal import Diagnostics
internal import Evaluation
internal import JSONDocuments
internal import Kernels

/// What the rows of `compare` are sorted by.
enum ComparisonOrder: String, CaseIterable, ExpressibleByArgument {
  /// The greatest relative error first.
  case error
  /// By name, numbers by their value.
  case name
  /// The most bytes in the reference first.
  case size
  /// The worst signal-to-noise ratio first.
  case snr
}

/// `pare compare`: says how far a checkpoint's weights are from those of another.
struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Compare the weights of two checkpoints, dense or compressed, module by module.",
    discussion: """
      Weights are compared as they are served: codes times scales. For every weight that both have, norms and biases \
      included: its shape, how the other stores it, bytes, relative error ||A - B|| / ||A||, signal-to-noise ratio, and \
      the share of exact zeros with the n:m pattern that they keep. Nothing of the architecture needs to be known.
      """
  )

  @Argument(help: "The reference's folder or its name on a hub, usually the dense checkpoint.", completion: .directory)
  var reference: String

  @Argument(help: "The folder or name of the checkpoint that is compared with it.", completion: .directory)
  var other: String

  @Option(help: "How to show it: text or json.")
  var format: ResultFormat = .text

  @Option(help: "What to sort by: error, name, size or snr.")
  var sort: ComparisonOrder = .error

  @Option(help: "Rows at most; totals are those of all.")
  var limit: Int?

  @Option(help: "Threads that compute; all processors unless told otherwise.")
  var threads: Int?

  func validate() throws {
    try CalibrationOptions.validate(sequenceLength: nil, threads: threads)
    if let limit, limit < 1 { throw ValidationError("--limit must be at least 1") }
  }

  mutating func run() throws {
    let console = Console.standard
    let reference = try Loading.folder(ModelReference(reference), console: console)
    let other = try Loading.folder(ModelReference(other), console: console)
    let pairing = WeightPairing(try Self.inventory(reference), try Self.inventory(other))
    if FileSystem.isSameFolder(reference, other) { console.tell([CommandDiagnostics.comparedWithItself(reference)]) }
    guard !pairing.pairs.isEmpty else { throw CommandFailure(CommandDiagnostics.noCommonModule(pairing)) }
    guard pairing.misshapen.isEmpty else { throw CommandFailure(CommandDiagnostics.differentModels(pairing)) }
    let report = ComparisonReport(
      comparison: try Self.measure(pairing, threads: threads ?? Machine.processorCount, console: console),
      order: sort,
      limit: limit
    )
    switch format {
    case .text: console.print(report.text)
    case .json: console.print(report.json.serialized(.prettyInOrder))
    }
  }

  private static func measure(
    _ pairing: WeightPairing,
    threads: Int,
    console: Console
  ) throws(CommandFailure) -> ModelComparison {
    let progress = Progress("comparing", console: console)
    defer { progress.end() }
    do throws(CheckpointError) {
      return try ModelComparison.measure(pairing, on: Processor(threadCount: threads)) { done in
        progress.show(done, of: pairing.pairs.count, detail: pairing.pairs[done - 1].reference.name)
      }
    } catch {
      throw error.failure
    }
  }

  private static func inventory(_ folder: String) throws(CommandFailure) -> WeightInventory {
    let headers = try Loading.headers(folder)
    let outline = try Loading.outline(headers)
    let checkpoint = try Loading.checkpoint(headers)
    do throws(CheckpointError) {
      return try WeightInventory(checkpoint, outline: outline)
    } catch {
      throw error.failure
    }
  }
}
