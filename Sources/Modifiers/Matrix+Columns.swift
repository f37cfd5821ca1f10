package import Tensors

extension Matrix {
  /// The matrix with its columns in another order.
  ///
  /// - Parameter order: The column of this matrix for each place, `[columnCount]`.
  /// - Returns: A matrix of the same shape.
  func columns(in order: [Int]) -> Matrix {
    precondition(order.count == columnCount, "every column has a place")
    return Matrix(rowCount: rowCount, columnCount: columnCount) { out in
      withElements { elements in
        for row in 0..<rowCount {
          for (place, column) in order.enumerated() {
            out[row * columnCount + place] = elements[row * columnCount + column]
          }
        }
      }
    }
  }

  /// Undoes `columns(in:)`: puts the columns of a matrix in that order back to where they belong.
  mutating func setColumns(in order: [Int], to visited: Matrix) {
    let (rows, columns) = (rowCount, columnCount)
    withMutableElements { out in
      visited.withElements { elements in
        for row in 0..<rows {
          for (place, column) in order.enumerated() {
            out[row * columns + column] = elements[row * columns + place]
          }
        }
      }
    }
  }
}

extension Matrix {
  /// Multiplies each column by a factor, `[columnCount]`.
  package mutating func multiplyColumns(by factors: [Float]) {
    precondition(factors.count == columnCount, "a factor for each column")
    let columns = columnCount
    withMutableElements { elements in
      for index in elements.indices { elements[index] *= factors[index % columns] }
    }
  }

  /// Divides each row by a factor, `[rowCount]`.
  package mutating func divideRows(by factors: [Float]) {
    precondition(factors.count == rowCount, "a factor for each row")
    let columns = columnCount
    withMutableElements { elements in
      for index in elements.indices { elements[index] /= factors[index / columns] }
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
  package var magnitude: Float { withElements { $0.reduce(0) { max($0, $1.magnitude) } } }

  /// The largest magnitude of each column, `[columnCount]`.
  func columnMagnitudes() -> [Float] {
    var magnitudes = [Float](repeating: 0, count: columnCount)
    withElements { elements in
      for (index, value) in elements.enumerated() {
        magnitudes[index % columnCount] = max(magnitudes[index % columnCount], value.magnitude)
      }
    }
    return magnitudes
  }
}
