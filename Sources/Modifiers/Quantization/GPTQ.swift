package import Kernels
package import Tensors

/// Post-training quantization that compensates each rounding error in the weights not yet rounded.
///
/// - SeeAlso: Frantar et al., "GPTQ", arXiv:2210.17323.
package enum GPTQ {
  /// Quantizes a weight matrix against the inputs that a calibration set sends through it.
  ///
  /// Where zeros are kept, weights that are exactly zero stay so, and a pruned model keeps its mask; what errors moved to
  /// their places moves on. A sweep after SparseGPT on the same factor therefore gives what one sweep that prunes and quantizes at once
  /// would give with that mask.
  ///
  /// - Parameters:
  ///   - weight: `W`, `[rows, columns]`; becomes its dequantized value.
  ///   - grid: Scales and zero points, found from the weight before any error was moved.
  ///   - factor: Upper Cholesky factor of the inverse Hessian, in the order in which columns are to be visited.
  ///   - blockSize: Columns between two updates of the trailing weights.
  ///   - keepsZeros: Whether zeros are a mask, and not weights that happen to be zero.
  ///   - processor: Where to run; rows in parallel.
  /// - Returns: The codes, and the loss `½ · Σ ((w - q) / U_jj)²` that the method minimizes greedily.
  /// - Complexity: `O(rows · columns²)` multiply-adds; scratch `rows · columns` floats.
  package static func quantize(
    _ weight: inout Matrix,
    on grid: QuantizationGrid,
    factor: InverseFactor,
    blockSize: Int,
    keepsZeros: Bool = true,
    processor: Processor
  ) -> (quantized: QuantizedWeight, loss: Double) {
    let rows = weight.rowCount
    let columns = weight.columnCount
    precondition(factor.width == columns, "the factor is that of the weight's inputs")
    let order = factor.order
    var visited = weight.columns(in: order, on: processor)
    let kept = keepsZeros ? mask(of: visited) : []
    var visitedCodes = [UInt8](repeating: 0, count: rows * columns)
    let loss = visited.withMutableElements { visited in
      visitedCodes.withUnsafeMutableBufferPointer { codes in
        kept.withUnsafeBufferPointer { kept in
          guard let start = visited.baseAddress, let codeStart = codes.baseAddress else { return 0.0 }
          return processor.sweep(
            start,
            rowCount: rows,
            factor: factor,
            scales: grid.scales,
            zeroPoints: grid.zeroPoints,
            groupCount: grid.groupCount,
            groupOfColumn: order.map { Int32($0 / grid.groupSize) },
            blockSize: blockSize,
            grid: grid.codes,
            kept: kept.isEmpty ? nil : kept.baseAddress,
            codes: codeStart
          )
        }
      }
    }
    weight.setColumns(in: order, to: visited, on: processor)
    let codes = [UInt8](unsafeUninitializedCapacity: rows * columns) { codes, count in
      count = rows * columns
      visitedCodes.withUnsafeBufferPointer { visited in
        guard let from = visited.baseAddress, let to = codes.baseAddress else { return }
        processor.gatherColumns(of: from, in: order.inverse, rows: rows, into: to)
      }
    }
    return (QuantizedWeight(rowCount: rows, columnCount: columns, codes: codes, grid: grid), loss)
  }

  /// One byte a weight, zero where it is exactly zero; empty when no weight is.
  private static func mask(of weight: Matrix) -> [UInt8] {
    weight.withElements { elements in
      elements.contains(0) ? elements.map { $0 == 0 ? 0 : 1 } : []
    }
  }
}
