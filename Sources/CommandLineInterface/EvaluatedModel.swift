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
  init(_ folder: String) throws(CommandFailure) {
    self.folder = folder
    headers = try Loading.headers(folder)
    outline = try Loading.outline(headers)
    guard let decoder = outline.decoder else {
      throw CommandFailure(CommandDiagnostics.evaluationNeedsArchitecture(modelType: outline.modelType))
    }
    self.decoder = decoder
  }

  /// Tokens of the vocabulary.
  var vocabularySize: Int { decoder.configuration.vocabularySize }

  /// The names of its blocks, first to last.
  var blocks: [String] { decoder.blocks.map(\.name) }

  /// Refuses windows that are longer than what attention looks back on.
  func check(_ windows: [[Int32]]) throws(CommandFailure) {
    guard let window = decoder.configuration.slidingWindow, let longest = windows.map(\.count).max(), longest > window
    else { return }
    throw CommandFailure(PlanningDiagnostics.sequenceExceedsWindow(length: longest, window: window), status: .usage)
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
