internal import COneDNN

/// Single-threaded products of strided parts of row-major matrices, for callers that run in parallel themselves.
///
/// A product's bits depend on its shape alone, so tiles of fixed shape give the same result on any number of threads.
package enum Tile {
  /// A factor of a product, where it lies.
  package struct Factor {
    let start: UnsafePointer<Float>
    let stride: Int
    let isTransposed: Bool

    /// Makes a factor.
    ///
    /// - Parameters:
    ///   - start: The first element.
    ///   - stride: Elements from one stored row to the next.
    ///   - isTransposed: Whether the product takes the transpose of what is stored.
    package init(_ start: UnsafePointer<Float>, stride: Int, isTransposed: Bool = false) {
      self.start = start
      self.stride = stride
      self.isTransposed = isTransposed
    }

    fileprivate var flag: CChar { CChar(bitPattern: isTransposed ? UInt8(ascii: "T") : UInt8(ascii: "N")) }
  }

  /// `out = factor · out + scale · x · y`.
  ///
  /// - Parameters:
  ///   - x: `[rows, depth]`.
  ///   - y: `[depth, columns]`.
  ///   - rows: Rows of `out`.
  ///   - columns: Columns of `out`.
  ///   - depth: Terms of each sum.
  ///   - scale: What the product is multiplied by.
  ///   - factor: What `out` is multiplied by before; with 0, `out` is written without being read.
  ///   - out: `[rows, columns]`.
  ///   - outStride: Elements from one row of `out` to the next.
  package static func multiply(
    _ x: Factor,
    _ y: Factor,
    rows: Int,
    columns: Int,
    depth: Int,
    scale: Float = 1,
    addingTo factor: Float = 0,
    into out: UnsafeMutablePointer<Float>,
    stride outStride: Int
  ) {
    pare_stay_on_this_thread()
    let status = dnnl_sgemm(
      x.flag,
      y.flag,
      dnnl_dim_t(rows),
      dnnl_dim_t(columns),
      dnnl_dim_t(depth),
      scale,
      x.start,
      dnnl_dim_t(x.stride),
      y.start,
      dnnl_dim_t(y.stride),
      factor,
      out,
      dnnl_dim_t(outStride)
    )
    precondition(status == dnnl_success, "the shapes and strides of a product fit together")
  }
}
