package import Kernels

/// What a server multiplies a layer's inputs and outputs by at run time: `x ← x·(I ⊗ V)` before they are rounded and
/// multiplied by the weight, `y ← y·(I ⊗ U)` behind the bias.
///
/// The layer's weight is stored as those around expect it: with `W' = Uᵢᵀ·W·V`, for `V` orthogonal and `Uᵢ` the inverse of
/// `U`, inputs and outputs of the whole are those of `W` (arXiv:2402.04396, section 3).
package struct OnlineTransforms: Hashable, Sendable {
  /// `V`, whose size divides the layer's columns; nil where inputs are taken as they are.
  package var input: BlockTransform?
  /// `U`, whose size divides the layer's rows; nil where outputs are left as they are.
  package var output: BlockTransform?

  package init(input: BlockTransform? = nil, output: BlockTransform? = nil) {
    self.input = input
    self.output = output
  }

  /// Copies and transforms what a layer is about to read.
  ///
  /// - Parameters:
  ///   - x: `[tokens, columns]`.
  ///   - tokens: Rows of `x`.
  ///   - columns: Columns of the layer's weight.
  ///   - processor: Where to run.
  /// - Returns: The copy, `[tokens, columns]`; nil where inputs are taken as they are.
  package func transformedInputs(
    _ x: UnsafePointer<Float>,
    tokens: Int,
    columns: Int,
    on processor: Processor
  ) -> FloatBuffer? {
    guard input != nil else { return nil }
    let copy = FloatBuffer(count: tokens * columns)
    copy.start.update(from: x, count: copy.count)
    transformInputs(copy.start, tokens: tokens, columns: columns, on: processor)
    return copy
  }

  /// Whether nothing is multiplied.
  package var isEmpty: Bool { input == nil && output == nil }

  /// Transforms what a layer is about to read.
  ///
  /// - Parameters:
  ///   - x: `[tokens, columns]`, changed in place.
  ///   - tokens: Rows of `x`.
  ///   - columns: Columns of the layer's weight.
  ///   - processor: Where to run.
  package func transformInputs(
    _ x: UnsafeMutablePointer<Float>,
    tokens: Int,
    columns: Int,
    on processor: Processor
  ) {
    guard let input else { return }
    processor.transformRows(x, rowCount: tokens, columnCount: columns, by: input)
  }

  /// Transforms what a layer has written, before it is added to anything.
  ///
  /// - Parameters:
  ///   - y: `[tokens, rows]`, changed in place.
  ///   - tokens: Rows of `y`.
  ///   - rows: Rows of the layer's weight.
  ///   - processor: Where to run.
  package func transformOutputs(
    _ y: UnsafeMutablePointer<Float>,
    tokens: Int,
    rows: Int,
    on processor: Processor
  ) {
    guard let output else { return }
    processor.transformRows(y, rowCount: tokens, columnCount: rows, by: output)
  }
}
