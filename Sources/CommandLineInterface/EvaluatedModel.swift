internal import Checkpoints
internal import Diagnostics
internal import Evaluation
internal import Inference
internal import Kernels
internal import Models
internal import Planning

/// A checkpoint that `eval` can run: its architecture is known.
struct EvaluatedModel {
  /// The checkpoint's folder, as it was given.
  let folder: String
  private let headers: CheckpointHeaders
  private let outline: ModelOutline
  private let decoder: DecoderOutline

  /// Reads config and headers.
  init(_ folder: String, architecture: Architecture? = nil) throws(CommandFailure) {
    self.folder = folder
    headers = try Loading.headers(folder)
    outline = try Loading.outline(headers, architecture: architecture)
    guard let decoder = outline.decoder else {
      throw CommandFailure(CommandDiagnostics.evaluationNeedsArchitecture(modelType: outline.modelType))
    }
    self.decoder = decoder
  }

  /// Tokens of the vocabulary.
  var vocabularySize: Int { decoder.configuration.vocabularySize }

  /// The names of its blocks, first to last.
  var blocks: [String] { decoder.blocks.map(\.name) }

  /// Refuses windows that are longer than a table of positions.
  func check(_ windows: [[Int32]]) throws(CommandFailure) {
    guard let positions = decoder.positions, let longest = windows.map(\.count).max(),
      longest > positions.rows - positions.first
    else { return }
    var diagnostic = PlanningDiagnostics.sequenceExceedsPositions(
      length: longest,
      limit: positions.rows - positions.first
    )
    diagnostic.severity = .error
    throw CommandFailure(diagnostic, status: .usage)
  }

  /// Opens the weights, telling what of their scheme is not simulated.
  func runnable(on processor: Processor, console: Console) throws(CommandFailure) -> RunnableModel {
    let checkpoint = try Loading.checkpoint(headers)
    do throws(CheckpointError) {
      let reader = try WeightReader(checkpoint, outline: outline, processor: processor)
      if let module = reader.modulesWithUnsimulatedInputs.first {
        console.tell([
          CommandDiagnostics.activationsNotSimulated(module, count: reader.modulesWithUnsimulatedInputs.count)
        ])
      }
      return RunnableModel(reader: reader, decoder: decoder)
    } catch {
      throw error.failure
    }
  }
}
