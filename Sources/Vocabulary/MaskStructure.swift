/// How zeros are arranged by pruning.
package enum MaskStructure: Hashable, Sendable {
  /// Zeros wherever they cost least.
  case unstructured
  /// Exactly `zeros` of every `of` consecutive columns.
  case nOfM(zeros: Int, of: Int)
}
