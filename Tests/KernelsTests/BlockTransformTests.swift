import Kernels
import Tensors
import TestSupport
import Testing

struct BlockTransformTests {
  /// Transforms of each form: a core of 12 rows, Sylvester's alone, signs, any matrix; and each transposed.
  static let transforms: [BlockTransform] = {
    var generator = SeededGenerator(seed: 5)
    func signs(_ count: Int) -> [Int8] { (0..<count).map { _ in Bool.random(using: &generator) ? 1 : -1 } }
    let forms = [
      BlockTransform(SignedHadamard(core: [1], coreOrder: 1, sylvesterOrder: 1, signs: [-1])),
      BlockTransform(SignedHadamard(core: [1], coreOrder: 1, sylvesterOrder: 16)),
      BlockTransform(SignedHadamard(core: [1], coreOrder: 1, sylvesterOrder: 64, signs: signs(64))),
      // No Hadamard matrix and not symmetric, which the loops must not mind.
      BlockTransform(SignedHadamard(core: signs(25), coreOrder: 5, sylvesterOrder: 8, signs: signs(40))),
      BlockTransform(Matrix(rowCount: 7, columnCount: 7, elements: generator.floats(49))),
    ]
    return forms + forms.map(\.transposed)
  }()

  /// Terms of a sum and its roundings, each sum of up to 64 terms of at most one, to float32 at the end or all along.
  private static let budget = 64 * 66 * Trial.roundoff

  @Test(arguments: transforms.indices) func rowsAreMultipliedRunByRun(index: Int) {
    let transform = Self.transforms[index]
    let matrix = transform.matrix
    let size = transform.size
    var generator = SeededGenerator(seed: 8)
    for (rowCount, runCount) in [(1, 1), (3, 2), (130, 3), (513, 1)] {
      let columnCount = size * runCount
      let x = generator.floats(rowCount * columnCount)
      var expected: [Double] = []
      for place in x.indices {
        let (run, column) = (place % columnCount / size, place % size)
        let start = place / columnCount * columnCount + run * size
        expected.append((0..<size).reduce(0.0) { $0 + Double(x[start + $1]) * Double(matrix[$1, column % size]) })
      }
      let result = Trial.result(.best) { processor in
        x.changed {
          processor.transformRows($0, rowCount: rowCount, columnCount: columnCount, by: transform)
        }
      }
      #expect(excess(of: result, over: expected) { _ in Self.budget } <= 1, "\(rowCount) rows of \(runCount) runs")
    }
  }

  @Test(arguments: transforms.indices) func columnsAreMultipliedAsTheRowsOfTheTransposeAre(index: Int) {
    let transform = Self.transforms[index]
    var generator = SeededGenerator(seed: 9)
    for (runCount, columnCount) in [(1, 1), (2, 3), (3, 130), (1, 513)] {
      let rowCount = transform.size * runCount
      let w = generator.floats(rowCount * columnCount)
      func transposed(_ elements: [Float], rows: Int, columns: Int) -> [Float] {
        elements.indices.map { elements[$0 % rows * columns + $0 / rows] }
      }
      var rows = Matrix(
        rowCount: columnCount,
        columnCount: rowCount,
        elements: transposed(w, rows: rowCount, columns: columnCount)
      )
      rows.transformRows(by: transform, on: Processor(threadCount: 2))
      let expected = transposed(rows.elements, rows: columnCount, columns: rowCount).map(Double.init)
      let result = Trial.result(.best) { processor in
        w.changed { processor.transformColumns($0, rowCount: rowCount, columnCount: columnCount, by: transform) }
      }
      #expect(excess(of: result, over: expected) { _ in Self.budget } <= 1, "\(runCount) runs, \(columnCount) columns")
    }
  }

  @Test(arguments: transforms.indices) func aTransposedTransformHasTheTransposedMatrix(index: Int) {
    let (matrix, transposed) = (Self.transforms[index].matrix, Self.transforms[index].transposed.matrix)
    let places = (0..<matrix.rowCount).flatMap { row in (0..<matrix.rowCount).map { (row, $0) } }
    #expect(places.allSatisfy { matrix[$0, $1] == transposed[$1, $0] } && !places.isEmpty)
  }

  @Test func sylvestersMatricesAreDoubled() throws {
    #expect(SignedHadamard.sylvester(0) == nil && SignedHadamard.sylvester(12) == nil)
    let half = try #require(SignedHadamard.sylvester(8)).matrix
    let whole = try #require(SignedHadamard.sylvester(16)).matrix
    for row in 0..<16 {
      for column in 0..<16 {
        let sign: Float = row >= 8 && column >= 8 ? -1 : 1
        #expect(whole[row, column] == sign * half[row % 8, column % 8])
      }
    }
    #expect(SignedHadamard.sylvester(1)?.matrix.elements == [1])
  }
}
