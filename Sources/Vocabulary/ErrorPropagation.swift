/// What the statistics of a layer in a block are gathered on.
package enum ErrorPropagation: String, CaseIterable, Hashable, Sendable {
  /// On what the settled layers before it compute, the order of GPTQ's `--true-sequential`: every layer runs once.
  case sequential
  /// On the block as it was, behind settled blocks, as llm-compressor does: a block runs once before and once after its
  /// layers are settled.
  case block
}
