/// What products of activations and weights are computed of, which the type of the model says.
package enum ProductType: String, CaseIterable, Hashable, Sendable {
  /// Floats as they are.
  case float32
  /// Both factors rounded to bfloat16, sums in float32: what a server of a bfloat16 model computes.
  case bfloat16

  /// The type for a model's weights: bfloat16 where they are, so that none is rounded that is not changed; float32 for all
  /// others.
  package init(of weights: ElementType) {
    self = weights == .bfloat16 ? .bfloat16 : .float32
  }

  /// Words of 32 bits from one row of activations to the next.
  ///
  /// Rows of bfloat16 begin at lines of the cache, a number of them apart that is no multiple of 16: rows that are read side
  /// by side would meet in the same places of it.
  package func words(ofRow columns: Int) -> Int {
    guard self == .bfloat16 else { return columns }
    let lines = (columns + 31) / 32
    return 16 * (lines % 16 == 0 ? lines + 1 : lines)
  }
}
