/// A dense matrix of 32-bit floats, row-major and contiguous, `[rowCount, columnCount]`.
///
/// A value over copy-on-write storage: passing one on copies no elements.
package struct Matrix: Hashable, Sendable {
  /// The number of rows.
  package let rowCount: Int
  /// The number of columns.
  package let columnCount: Int
  /// All elements, row after row, `[rowCount · columnCount]`.
  package private(set) var elements: [Float]

  /// Makes a matrix of elements given row after row.
  ///
  /// - Precondition: There are `rowCount · columnCount` elements.
  package init(rowCount: Int, columnCount: Int, elements: [Float]) {
    precondition(rowCount >= 0 && columnCount >= 0, "a matrix has no negative side")
    precondition(elements.count == rowCount * columnCount, "a matrix has rowCount · columnCount elements")
    self.rowCount = rowCount
    self.columnCount = columnCount
    self.elements = elements
  }

  /// Makes a matrix whose elements are all `value`.
  package init(rowCount: Int, columnCount: Int, repeating value: Float = 0) {
    self.init(
      rowCount: rowCount,
      columnCount: columnCount,
      elements: Array(repeating: value, count: rowCount * columnCount)
    )
  }

  /// Makes a matrix that `fill` writes whole into uninitialized storage, `[rowCount · columnCount]`.
  package init<Failure: Error>(
    rowCount: Int,
    columnCount: Int,
    fill: (UnsafeMutableBufferPointer<Float>) throws(Failure) -> Void
  ) throws(Failure) {
    let count = rowCount * columnCount
    // `Array.init(unsafeUninitializedCapacity:)` forgets the type of the error, so the result carries it out.
    var outcome: Result<Void, Failure> = .success(())
    let elements = [Float](unsafeUninitializedCapacity: count) { buffer, initializedCount in
      let whole = UnsafeMutableBufferPointer(rebasing: buffer[..<count])
      do throws(Failure) {
        try fill(whole)
        initializedCount = count
      } catch {
        outcome = .failure(error)
      }
    }
    try outcome.get()
    self.init(rowCount: rowCount, columnCount: columnCount, elements: elements)
  }

  /// The element at a place.
  package subscript(row: Int, column: Int) -> Float {
    get { elements[offset(row, column)] }
    set { elements[offset(row, column)] = newValue }
  }

  /// The elements of one row, `[columnCount]`.
  package subscript(row row: Int) -> ArraySlice<Float> {
    elements[row * columnCount..<(row + 1) * columnCount]
  }

  /// Calls `body` with all elements, row after row.
  package func withElements<Value, Failure: Error>(
    _ body: (UnsafeBufferPointer<Float>) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    try elements.withUnsafeBufferPointer(body)
  }

  /// Calls `body` with all elements, row after row, to be changed in place.
  package mutating func withMutableElements<Value, Failure: Error>(
    _ body: (UnsafeMutableBufferPointer<Float>) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    try elements.withUnsafeMutableBufferPointer { buffer throws(Failure) in try body(buffer) }
  }

  /// The matrix with rows and columns exchanged, `[columnCount, rowCount]`.
  package func transposed() -> Matrix {
    Matrix(rowCount: columnCount, columnCount: rowCount) { out in
      withElements { elements in
        for row in 0..<rowCount {
          for column in 0..<columnCount { out[column * rowCount + row] = elements[row * columnCount + column] }
        }
      }
    }
  }

  private func offset(_ row: Int, _ column: Int) -> Int {
    precondition(0..<rowCount ~= row && 0..<columnCount ~= column, "the place is outside the matrix")
    return row * columnCount + column
  }
}
