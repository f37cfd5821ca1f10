package import Kernels
package import Tensors

extension OrthogonalRotation {
  /// Makes a layer read a rotated space: `W ← W·(I ⊗ R)`.
  ///
  /// - Parameters:
  ///   - weight: `W`, `[rows, columns]`; the rotation's size divides the columns.
  ///   - processor: Where to run.
  package func rotateInputs(of weight: inout Matrix, on processor: Processor) {
    weight.transformRows(by: transform, on: processor)
  }

  /// Makes a layer write a rotated space: `W ← (I ⊗ R)ᵀ·W`, `b ← b·(I ⊗ R)`.
  ///
  /// - Parameters:
  ///   - weight: `W`, `[rows, columns]`; the rotation's size divides the rows.
  ///   - bias: `b`, `[rows]`.
  ///   - processor: Where to run.
  package func rotateOutputs(of weight: inout Matrix, bias: inout [Float]?, on processor: Processor) {
    weight.transformColumns(by: transform, on: processor)
    guard let values = bias else { return }
    var row = Matrix(rowCount: 1, columnCount: values.count, elements: values)
    row.transformRows(by: transform, on: processor)
    bias = row.elements
  }

  /// Makes a table's rows those of a rotated space: `E ← E·(I ⊗ R)`.
  ///
  /// - Parameters:
  ///   - table: `E`, `[tokens, channels]`; the rotation's size divides the channels.
  ///   - processor: Where to run.
  package func rotateTable(_ table: inout Matrix, on processor: Processor) {
    table.transformRows(by: transform, on: processor)
  }
}

/// Moves the factors of a norm into the layers that read it.
package enum NormFolding {
  /// Multiplies each column of a reader by the norm's factor of its channel: `W ← W·diag(g)`.
  ///
  /// After all readers are done, the norm's own weight is to become ones. A root-mean-square norm without factors commutes
  /// with rotations, since these keep lengths (arXiv:2401.15024, equation 2); it needs no centering of the embedding, which
  /// would change what such a model computes.
  ///
  /// - Parameters:
  ///   - gain: `g`, `[columns]`.
  ///   - weight: `W`, `[rows, columns]`.
  ///   - processor: Where to run.
  package static func fold(_ gain: [Float], into weight: inout Matrix, on processor: Processor) {
    let (rowCount, columnCount) = (weight.rowCount, weight.columnCount)
    precondition(gain.count == columnCount, "a norm has a factor for each channel")
    weight.withMutableElements { elements in
      guard let start = elements.baseAddress else { return }
      gain.withUnsafeBufferPointer { gain in
        processor.forEachRange(of: rowCount, length: rowsOfOneThread) { rows in
          for row in rows {
            let values = start + row * columnCount
            for column in 0..<columnCount { values[column] *= gain[column] }
          }
        }
      }
    }
  }

  private static let rowsOfOneThread = 64
}
