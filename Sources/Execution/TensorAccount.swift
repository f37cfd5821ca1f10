internal import Checkpoints
internal import Models
package import Planning

/// What becomes of every tensor of the input; a run in which one has no fate fails.
package struct TensorAccount: Hashable, Sendable {
  /// Tensors of the input.
  package private(set) var readCount = 0
  /// Those that are written as they are.
  package private(set) var copiedCount = 0
  /// Those that are written as floats after rotation, smoothing or pruning.
  package private(set) var rewrittenCount = 0
  /// Those whose codes are written.
  package private(set) var compressedCount = 0
  /// Those that are not written, with the reason.
  package private(set) var dropped: [DroppedTensor] = []

  init() {}

  /// Finds the fate of every tensor.
  ///
  /// - Throws: `ExecutionError.unaccounted` naming those that have none.
  init(of source: Checkpoint, outline: ModelOutline, in plan: Plan) throws(ExecutionError) {
    let outputs = Dictionary(
      plan.outputs.map { output in
        let isChanged = output.origin == .rewritten
        let name = output.description.name
        return (isChanged ? outline.storedName(of: name) : name, output.origin)
      }
    ) { first, _ in first }
    let compressed = Set(plan.assignments.map(\.source))
    let renamed = Set(
      plan.outputs.compactMap { output in
        if case .copiedFrom(let source) = output.origin { source } else { nil }
      }
    )
    let reasons = Dictionary(plan.dropped.map { ($0.name, $0) }) { first, _ in first }
    var unaccounted: [String] = []
    for name in source.headers.tensorNames {
      readCount += 1
      switch outputs[name] {
      case .copied, .copiedFrom: copiedCount += 1
      case .rewritten: rewrittenCount += 1
      case .quantized, .calibrated, .transform, nil:
        if compressed.contains(name) {
          compressedCount += 1
        } else if renamed.contains(name) {
          copiedCount += 1
        } else if let tensor = reasons[name] {
          dropped.append(tensor)
        } else {
          unaccounted.append(name)
        }
      }
    }
    guard unaccounted.isEmpty else { throw .unaccounted(unaccounted) }
  }
}
