import Kernels
import Modifiers
import Tensors
import Testing
import Vocabulary

/// What llm-compressor 0.14.0.1 makes of the same weight and Hessian; recorded by `tools/oracles/numerics/record_gptq.py`.
struct RecordedGPTQTests {
  struct Recording: Decodable {
    let dampening: Double
    let block: Int
    let weight: RecordedArray
    let hessian: RecordedArray
    let cases: [Case]
  }

  struct Case: Decodable {
    let name: String
    let bits: Int
    let float: Bool
    let symmetric: Bool
    let strategy: String
    let groupSize: Int?
    let `static`: Bool
    let codes: RecordedArray
    let weight: RecordedArray
    let loss: Double
  }

  /// Codes that may differ: both round in float32 in different orders, and one tie that falls the other way changes the
  /// columns behind it in its row.
  private static let equalShare = 0.99
  /// How much our objective may exceed the recorded one.
  private static let lossAllowance = 1.001

  @Test func codesAndLossesAreThoseOfLLMCompressor() throws {
    let recording = try Fixture.read("gptq.json", as: Recording.self)
    #expect(recording.cases.count == 6)
    let (rows, columns) = (recording.weight.shape[0], recording.weight.shape[1])
    let dense = Matrix(rowCount: rows, columnCount: columns, elements: recording.weight.floats)
    let hessian = recording.hessian.floats
    let moments = SecondMoments(width: columns)
    moments.sums.start.update(from: hessian, count: hessian.count)
    let processor = Processor(threadCount: 2)
    for recorded in recording.cases {
      let arguments = QuantizationArguments(
        bitWidth: recorded.bits,
        numberKind: recorded.float ? .float : .integer,
        isSymmetric: recorded.symmetric,
        strategy: try #require(Strategy(rawValue: recorded.strategy)),
        groupSize: recorded.groupSize
      )
      let grid = QuantizationGrid(
        of: dense,
        as: GridRequest(arguments: arguments, storage: .float32),
        on: processor
      )
      let factor = try InverseFactor(
        of: moments,
        order: recorded.static ? .descendingEnergy : .natural,
        dampeningFraction: recording.dampening,
        on: processor
      )
      var weight = dense
      let result = GPTQ.quantize(
        &weight,
        on: grid,
        factor: factor,
        blockSize: recording.block,
        processor: processor
      )
      let equal = zip(result.quantized.codes, recorded.codes.bytes).filter { $0 == $1 }.count
      #expect(Double(equal) >= Self.equalShare * Double(rows * columns), "\(recorded.name): \(equal) codes")
      let ours = Self.objective(dense, weight.elements, hessian)
      let theirs = Self.objective(dense, recorded.weight.floats, hessian)
      #expect(ours <= Self.lossAllowance * theirs, "\(recorded.name): \(ours) and \(theirs)")
      #expect(abs(result.loss / recorded.loss - 1) <= Self.lossAllowance - 1, "\(recorded.name)")
    }
  }

  /// `tr((W - Q)·H·(W - Q)ᵀ)`, float64.
  private static func objective(_ dense: Matrix, _ quantized: [Float], _ hessian: [Float]) -> Double {
    let columns = dense.columnCount
    let differences = zip(dense.elements, quantized).map { Double($0) - Double($1) }
    var sum = 0.0
    for row in 0..<dense.rowCount {
      for one in 0..<columns {
        let moved = (0..<columns).reduce(0.0) {
          $0 + differences[row * columns + $1] * Double(hessian[one * columns + $1])
        }
        sum += differences[row * columns + one] * moved
      }
    }
    return sum
  }
}
