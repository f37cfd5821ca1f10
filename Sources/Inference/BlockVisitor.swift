package import Models

/// Accompanies a walk through a block: settles weights before they run and sees what flows when they do.
package protocol BlockVisitor {
  /// Why settling may fail.
  associatedtype Failure: Error

  /// Tensors that the visitor wants to see.
  var observed: Set<BlockFlow> { get }

  /// What is wanted of a step's input before its layers are settled.
  func statistics(before step: BlockStep.Kind) -> StatisticsRequest

  /// Settles the layers of one step: smoothing, pruning and quantization have their place here.
  ///
  /// - Parameters:
  ///   - step: The step whose layers run next.
  ///   - statistics: What was asked for, of the step's common input.
  ///   - weights: The block's weights, which may be changed.
  ///   - lookAhead: Runs the step's layers with the weights given and yields statistics of the next step's input.
  /// - Throws: What keeps the layers from being settled.
  mutating func settle(
    _ step: BlockStep.Kind,
    _ statistics: StepStatistics,
    _ weights: inout BlockWeights,
    lookAhead: (BlockWeights, StatisticsRequest) -> StepStatistics
  ) throws(Failure)

  /// Sees a tensor as it flows with final weights, some whole sequences at a time.
  ///
  /// - Parameters:
  ///   - flow: Which tensor.
  ///   - x: `[tokens, width]`, row-major: the sequences one after the other.
  ///   - width: Columns of `x`.
  ///   - sequences: Tokens of each sequence.
  mutating func observe(_ flow: BlockFlow, _ x: UnsafePointer<Float>, width: Int, sequences: [Int])

  /// Sees which tokens each expert of the block gets.
  mutating func observe(_ choice: ExpertChoice)
}

extension BlockVisitor {
  package mutating func observe(_ choice: ExpertChoice) {}
}

/// A tensor inside a block.
package enum BlockFlow: Hashable, Sendable {
  /// What the layers of a step read.
  case input(BlockStep.Kind)
  /// What one layer of a step computes, by its place in the step.
  case output(BlockStep.Kind, Int)
  /// Queries behind the rotary embedding, heads side by side.
  case query
  /// Keys behind the rotary embedding, heads side by side.
  case key
  /// Values, heads side by side.
  case value
}

/// Changes nothing and sees nothing: for a plain forward pass.
struct PassingBy: BlockVisitor {
  let observed: Set<BlockFlow> = []

  func statistics(before step: BlockStep.Kind) -> StatisticsRequest { [] }

  func settle(
    _ step: BlockStep.Kind,
    _ statistics: StepStatistics,
    _ weights: inout BlockWeights,
    lookAhead: (BlockWeights, StatisticsRequest) -> StepStatistics
  ) throws(Never) {}

  func observe(_ flow: BlockFlow, _ x: UnsafePointer<Float>, width: Int, sequences: [Int]) {}
}
