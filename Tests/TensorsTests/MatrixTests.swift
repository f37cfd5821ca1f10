import Tensors
import Testing

@Suite struct MatrixTests {
  @Test func elementsStandRowAfterRow() {
    var matrix = Matrix(rowCount: 2, columnCount: 3, elements: [1, 2, 3, 4, 5, 6])
    #expect(matrix[0, 2] == 3)
    #expect(matrix[1, 0] == 4)
    #expect(Array(matrix[row: 1]) == [4, 5, 6])
    matrix[1, 1] = 50
    #expect(matrix.elements == [1, 2, 3, 4, 50, 6])
    matrix.withMutableElements { $0[0] = 10 }
    #expect(matrix.withElements { Array($0) } == [10, 2, 3, 4, 50, 6])
  }

  @Test func aCopyKeepsItsElements() {
    let first = Matrix(rowCount: 1, columnCount: 2, repeating: 1)
    var second = first
    second[0, 0] = 9
    #expect(first.elements == [1, 1])
    #expect(second.elements == [9, 1])
  }

  @Test func fillingPassesItsErrorOn() throws {
    let matrix = Matrix(rowCount: 2, columnCount: 2) { buffer in
      for index in buffer.indices { buffer[index] = Float(index) }
    }
    #expect(matrix.elements == [0, 1, 2, 3])
    #expect(throws: FillError.refused) {
      _ = try Matrix(rowCount: 2, columnCount: 2) { (_) throws(FillError) in throw .refused }
    }
  }

  private enum FillError: Error { case refused }
}
