package import Kernels
package import Tensors

/// A weight as it is stored: codes and the grid they refer to.
package struct QuantizedWeight: Sendable {
  /// The weight's shape, `[rows, columns]`.
  package let rowCount: Int
  /// The weight's columns.
  package let columnCount: Int
  /// One byte an element, `[rowCount, columnCount]`: int8, or a float8 E4M3 byte.
  package let codes: [UInt8]
  /// Scales and zero points.
  package let grid: QuantizationGrid

  /// Writes the numbers that the codes stand for, `(code - zeroPoint) · scale`, into a matrix of the weight's shape.
  package func dequantize(into weight: inout Matrix, on processor: Processor) {
    precondition(weight.rowCount == rowCount && weight.columnCount == columnCount, "the shapes are equal")
    let columns = columnCount
    let size = grid.groupSize
    weight.withMutableElements { out in
      codes.withUnsafeBufferPointer { codes in
        guard let start = out.baseAddress else { return }
        processor.forEachRange(of: rowCount, length: 16) { rows in
          for row in rows {
            for group in 0..<grid.groupCount {
              let place = row * columns + group * size
              let index = row * grid.groupCount + group
              processor.dequantize(
                UnsafeBufferPointer(rebasing: codes[place..<place + size]),
                scale: grid.scales[index],
                zeroPoint: grid.zeroPoints?[index] ?? 0,
                isFloat8: grid.codes.isFloat8,
                into: start + place
              )
            }
          }
        }
      }
    }
  }
}
