package import Kernels
package import Tensors
package import Vocabulary

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
  package static func quantize(
    _ weight: Matrix,
    arguments: QuantizationArguments,
    observer: WeightObserver,
    storage: ElementType,
    arithmetic: Arithmetic,
    on processor: Processor
  ) -> QuantizedWeight {
    switch arithmetic {
    case .float32:
      let grid = QuantizationGrid(
        of: weight,
        arguments: arguments,
        observer: observer,
        storage: storage,
        on: processor
      )
      return quantize(weight, on: grid, processor: processor)
    case .reference:
      return ReferenceArithmetic(type: storage).quantize(weight, arguments: arguments, on: processor)
    }
  }
}
