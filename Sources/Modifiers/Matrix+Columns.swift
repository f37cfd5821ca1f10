package import Kernels
package import Tensors

extension Processor {
  /// Rows that one thread puts in order at a time.
  private static let orderedRows = 16

  /// Writes the columns of a matrix in another order.
  ///
  /// - Parameters:
  ///   - matrix: `[rows, order.count]`, row-major.
  ///   - order: The column of the matrix for each place.
  ///   - rows: Rows of both.
  ///   - out: `[rows, order.count]`.
  func gatherColumns<Element>(
    of matrix: UnsafePointer<Element>,
    in order: [Int],
    rows: Int,
    into out: UnsafeMutablePointer<Element>
  ) {
    order.withUnsafeBufferPointer { order in
      forEachRange(of: rows, length: Self.orderedRows) { range in
        for row in range {
          let (line, target) = (matrix + row * order.count, out + row * order.count)
          for place in order.indices { target[place] = line[order[place]] }
        }
      }
    }
  }
}

extension [Int] {
  /// The place of each column that stands in this order: gathering in it undoes gathering in the order.
  var inverse: [Int] {
    var places = self
    for (place, column) in enumerated() { places[column] = place }
    return places
  }
}

extension Matrix {
  /// The matrix with its columns in another order.
  ///
  /// - Parameters:
  ///   - order: The column of this matrix for each place, `[columnCount]`.
  ///   - processor: Where to run.
  /// - Returns: A matrix of the same shape.
  func columns(in order: [Int], on processor: Processor) -> Matrix {
    precondition(order.count == columnCount, "every column has a place")
    return Matrix(rowCount: rowCount, columnCount: columnCount) { out in
      withElements { elements in
        guard let from = elements.baseAddress, let to = out.baseAddress else { return }
        processor.gatherColumns(of: from, in: order, rows: rowCount, into: to)
      }
    }
  }

  /// Undoes `columns(in:)`: puts the columns of a matrix in that order back to where they belong.
  mutating func setColumns(in order: [Int], to visited: Matrix, on processor: Processor) {
    let rows = rowCount
    withMutableElements { out in
      visited.withElements { elements in
        guard let from = elements.baseAddress, let to = out.baseAddress else { return }
        processor.gatherColumns(of: from, in: order.inverse, rows: rows, into: to)
      }
    }
  }
}

extension Matrix {
  /// Multiplies each column by a factor, `[columnCount]`.
  package mutating func multiplyColumns(by factors: [Float], on processor: Processor) {
    precondition(factors.count == columnCount, "a factor for each column")
    withMutableElements { processor.multiplyColumns(of: $0, by: factors) }
  }

  /// Divides each row by a factor, `[rowCount]`.
  package mutating func divideRows(by factors: [Float]) {
    precondition(factors.count == rowCount, "a factor for each row")
    let columns = columnCount
    withMutableElements { elements in
      for (row, factor) in factors.enumerated() {
        for index in row * columns..<(row + 1) * columns { elements[index] /= factor }
      }
    }
  }

  /// One column for all that read the same channel, the largest magnitudes of them: what a range of weights follows from.
  ///
  /// - Parameters:
  ///   - repetition: Columns that read one channel.
  ///   - dimension: Channels of a head.
  /// - Returns: `[1, channels]` where several columns read one channel, and the matrix itself elsewhere.
  package func mergingColumns(repetition: Int, dimension: Int) -> Matrix {
    guard repetition > 1 else { return self }
    let magnitudes = columnMagnitudes().merged(repetition: repetition, dimension: dimension, max)
    return Matrix(rowCount: 1, columnCount: magnitudes.count, elements: magnitudes)
  }

  /// The largest magnitude of all elements.
  package var magnitude: Float {
    withElements { elements in
      let bytes = UnsafeRawBufferPointer(elements)
      let whole = elements.count - elements.count % SIMD16<Float>.scalarCount
      var largest = SIMD16<Float>.zero
      for place in stride(from: 0, to: whole, by: SIMD16<Float>.scalarCount) {
        let start = place * MemoryLayout<Float>.stride
        let x = bytes.loadUnaligned(fromByteOffset: start, as: SIMD16<Float>.self)
        largest.replace(with: x, where: x .> largest)
        largest.replace(with: -x, where: -x .> largest)
      }
      return elements[whole...].reduce(largest.max()) { max($0, $1.magnitude) }
    }
  }

  /// The largest magnitude of each column, `[columnCount]`.
  func columnMagnitudes() -> [Float] {
    var magnitudes = [Float](repeating: 0, count: columnCount)
    withElements { elements in
      for row in 0..<rowCount {
        for column in 0..<columnCount {
          magnitudes[column] = max(magnitudes[column], elements[row * columnCount + column].magnitude)
        }
      }
    }
    return magnitudes
  }
}
