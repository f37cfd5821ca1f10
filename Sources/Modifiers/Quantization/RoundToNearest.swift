package import Kernels
package import Tensors
internal import Vocabulary

/// Takes every weight to the nearest point of its grid.
package enum RoundToNearest {
  /// Codes of a weight on a grid, in float32.
  ///
  /// - Parameters:
  ///   - weight: `W`, `[rows, columns]`.
  ///   - grid: Its scales and zero points.
  ///   - processor: Where to run; rows in parallel.
  /// - Returns: Codes of the weight's shape, with the grid.
  package static func quantize(_ weight: Matrix, on grid: QuantizationGrid, processor: Processor) -> QuantizedWeight {
    precondition(weight.rowCount == grid.rowCount, "the grid is the weight's")
    let codes = [UInt8](unsafeUninitializedCapacity: weight.elements.count) { codes, count in
      if let start = codes.baseAddress {
        weight.withElements { elements in
          grid.forEachRun(on: processor) { places, scale, zeroPoint in
            processor.quantize(
              UnsafeBufferPointer(rebasing: elements[places]),
              scale: scale,
              zeroPoint: zeroPoint,
              grid: grid.codes,
              into: start + places.lowerBound
            )
          }
        }
      }
      count = weight.elements.count
    }
    return QuantizedWeight(rowCount: weight.rowCount, columnCount: weight.columnCount, codes: codes, grid: grid)
  }

  /// Grid and codes of a weight, in the arithmetic asked for.
  ///
  /// - Precondition: Reference arithmetic is for grids that cover the whole range.
  package static func quantize(
    _ weight: Matrix,
    as request: GridRequest,
    arithmetic: Arithmetic,
    on processor: Processor
  ) -> QuantizedWeight {
    switch arithmetic {
    case .float32:
      return quantize(weight, on: QuantizationGrid(of: weight, as: request, on: processor), processor: processor)
    case .reference:
      precondition(request.observer == .minMax, "reference arithmetic has no search for ranges")
      return ReferenceArithmetic(type: request.storage).quantize(weight, as: request, on: processor)
    }
  }
}
