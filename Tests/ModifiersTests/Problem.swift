import Kernels
import Tensors
import TestSupport

/// A weight and the inputs that reach it.
struct Problem {
  let weight: Matrix
  /// `[tokens, columns]`, row-major.
  let inputs: [Float]
  let tokens: Int

  /// Makes a layer whose inputs are correlated and unequal in energy.
  init(rows: Int, columns: Int, seed: UInt64, silent: Set<Int> = []) {
    var generator = SeededGenerator(seed: seed)
    tokens = 4 * columns
    weight = Matrix(rowCount: rows, columnCount: columns, elements: generator.floats(rows * columns, in: -0.5...0.5))
    let directions = max(columns / 3, 1)
    let basis = generator.floats(directions * columns)
    let energies = generator.floats(columns, in: 0.2...3)
    var inputs: [Float] = []
    for _ in 0..<tokens {
      let parts = generator.floats(directions)
      for column in 0..<columns {
        let shared = (0..<directions).reduce(Float(0)) { $0 + parts[$1] * basis[$1 * columns + column] }
        let own = Float.random(in: -0.3...0.3, using: &generator)
        inputs.append(silent.contains(column) ? 0 : (shared + own) * energies[column])
      }
    }
    self.inputs = inputs
  }

  init(weight: Matrix, inputs: [Float], tokens: Int) {
    self.weight = weight
    self.inputs = inputs
    self.tokens = tokens
  }

  var moments: SecondMoments {
    var moments = SecondMoments(width: weight.columnCount)
    moments.add(inputs, tokenCount: tokens, on: Processor(threadCount: 2))
    return moments
  }

  func factor(_ order: ColumnOrder = .natural, on processor: Processor) throws(FactorizationError) -> InverseFactor {
    try InverseFactor(of: moments, order: order, dampeningFraction: Self.dampening, on: processor)
  }

  static let dampening = 0.01

  /// `‖(W - Q)·Xᵀ‖`, Frobenius norm, float64.
  func outputError(of quantized: Matrix) -> Double {
    let columns = weight.columnCount
    let differences = zip(weight.elements, quantized.elements).map { Double($0) - Double($1) }
    var sum = 0.0
    for row in 0..<weight.rowCount {
      for token in 0..<tokens {
        let output = (0..<columns).reduce(0.0) {
          $0 + differences[row * columns + $1] * Double(inputs[token * columns + $1])
        }
        sum += output * output
      }
    }
    return sum.squareRoot()
  }

  /// The same layer with its input channels in another order.
  func permuted(_ order: [Int]) -> Problem {
    let columns = weight.columnCount
    func permuted(_ elements: [Float]) -> [Float] {
      elements.indices.map { elements[$0 / columns * columns + order[$0 % columns]] }
    }
    return Problem(
      weight: Matrix(rowCount: weight.rowCount, columnCount: columns, elements: permuted(weight.elements)),
      inputs: permuted(inputs),
      tokens: tokens
    )
  }
}
