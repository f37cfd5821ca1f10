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
    let columns = weight.columnCount
    let size = grid.groupSize
    let codes = [UInt8](unsafeUninitializedCapacity: weight.rowCount * columns) { codes, count in
      if let start = codes.baseAddress {
        weight.withElements { elements in
          processor.forEachRange(of: weight.rowCount, length: 16) { rows in
            for row in rows {
              for group in 0..<grid.groupCount {
                let place = row * columns + group * size
                let index = row * grid.groupCount + group
                processor.quantize(
                  UnsafeBufferPointer(rebasing: elements[place..<place + size]),
                  scale: grid.scales[index],
                  zeroPoint: grid.zeroPoints?[index] ?? 0,
                  grid: grid.codes,
                  into: start + place
                )
              }
            }
          }
        }
      }
      count = weight.rowCount * columns
    }
    return QuantizedWeight(rowCount: weight.rowCount, columnCount: columns, codes: codes, grid: grid)
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
