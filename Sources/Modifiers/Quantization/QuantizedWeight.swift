package import Kernels
package import Tensors

/// A weight as it is stored: codes and the grid they refer to.
package struct QuantizedWeight: Sendable {
  /// The weight's shape, `[rows, columns]`.
  package let rowCount: Int
  /// The weight's columns.
  package let columnCount: Int
  /// One byte an element, `[rowCount, columnCount]`: int8, a float8 E4M3 byte, or a float4 E2M1 code.
  package let codes: [UInt8]
  /// Scales and zero points.
  package let grid: QuantizationGrid

  /// Writes the numbers that the codes stand for, `(code - zeroPoint) · scale`, into a matrix of the weight's shape.
  package func dequantize(into weight: inout Matrix, on processor: Processor) {
    precondition(weight.rowCount == rowCount && weight.columnCount == columnCount, "the shapes are equal")
    weight.withMutableElements { out in
      codes.withUnsafeBufferPointer { codes in
        guard let start = out.baseAddress else { return }
        grid.forEachRun(on: processor) { places, scale, zeroPoint in
          processor.dequantize(
            UnsafeBufferPointer(rebasing: codes[places]),
            scale: scale,
            zeroPoint: zeroPoint,
            code: grid.codes.code,
            into: start + places.lowerBound
          )
        }
      }
    }
  }
}
