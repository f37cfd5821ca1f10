import Kernels
import Modifiers
import Tensors
import Testing
import Vocabulary

/// What llm-compressor 0.14.0.1 prunes; recorded by `tools/oracles/numerics/record_pruning.py`.
struct RecordedPruningTests {
  struct Recording: Decodable {
    let dampening: Double
    let weights: [String: RecordedArray]
    let moments: [String: RecordedArray]
    let squaredNorms: [String: RecordedArray]
    let sparsegpt: [Correction]
    let wanda: [Choice]
    let magnitude: [Choice]
  }

  /// A case of SparseGPT.
  struct Correction: Decodable {
    let name: String
    let base: String
    let moments: String
    let sparsity: Double
    let zeros: Int
    let width: Int
    let keepsZeros: Bool
    let block: Int
    let loss: Double
    let weight: RecordedArray

    var structure: MaskStructure { width == 0 ? .unstructured : .nOfM(zeros: zeros, of: width) }
  }

  /// A case of a method that leaves weights as they are.
  struct Choice: Decodable {
    let name: String
    let base: String
    let sparsity: Double
    let zeros: Int?
    let width: Int?
    let kept: RecordedArray

    var structure: MaskStructure {
      guard let zeros, let width, width > 0 else { return .unstructured }
      return .nOfM(zeros: zeros, of: width)
    }
  }

  private static let processor = Processor(threadCount: 2)

  private static func pruned(
    _ recorded: Correction,
    of recording: Recording,
    sparsity: Double
  ) throws -> (weight: Matrix, loss: Double) {
    var weight = try #require(recording.weights[recorded.base]).matrix
    let hessian = try #require(recording.moments[recorded.moments]).floats
    let moments = SecondMoments(width: weight.columnCount)
    moments.sums.start.update(from: hessian, count: hessian.count)
    let factor = try InverseFactor(
      of: moments,
      order: .natural,
      dampeningFraction: recording.dampening * dampeningOfTheTool(moments.diagonal),
      on: processor
    )
    let loss = SparseGPT.prune(
      &weight,
      factor: factor,
      sparsity: sparsity,
      structure: recorded.structure,
      blockSize: recorded.block,
      preservesMask: recorded.keepsZeros,
      processor: processor
    )
    return (weight, loss)
  }

  /// By how much the tool dampens more than we do: it gives unused channels the energy 1 before it takes the mean, and we take
  /// that of the others.
  private static func dampeningOfTheTool(_ diagonal: [Float]) -> Double {
    let live = diagonal.filter { $0 > 0 }.map(Double.init)
    let sum = live.reduce(0, +)
    let tools = (sum + Double(diagonal.count - live.count)) / Double(diagonal.count)
    return tools / (sum / Double(live.count))
  }

  /// Half the squares of weights that no input reaches, times the energy that they are given: a part of our loss that the tool
  /// does not count.
  private static func lossOfUnusedChannels(_ recorded: Correction, _ recording: Recording) throws -> Double {
    let weight = try #require(recording.weights[recorded.base]).matrix
    let hessian = try #require(recording.moments[recorded.moments]).floats
    let diagonal = (0..<weight.columnCount).map { hessian[$0 * weight.columnCount + $0] }
    let live = diagonal.filter { $0 > 0 }.map(Double.init)
    let mean = live.reduce(0, +) / Double(live.count)
    let energy = mean * (1 + recording.dampening * dampeningOfTheTool(diagonal))
    let unused = diagonal.indices.filter { diagonal[$0] == 0 }
    return (0..<weight.rowCount).reduce(0.0) { sum, row in
      unused.reduce(sum) { $0 + Double(weight[row, $1]) * Double(weight[row, $1]) * energy / 2 }
    }
  }

  /// `tr((W - Q)·H·(W - Q)ᵀ)`, float64.
  private static func objective(_ dense: Matrix, _ pruned: [Float], _ hessian: [Float]) -> Double {
    let columns = dense.columnCount
    let differences = zip(dense.elements, pruned).map { Double($0) - Double($1) }
    return (0..<dense.rowCount).reduce(0.0) { sum, row in
      (0..<columns).reduce(sum) { sum, one in
        let moved = (0..<columns).reduce(0.0) {
          $0 + differences[row * columns + $1] * Double(hessian[one * columns + $1])
        }
        return sum + differences[row * columns + one] * moved
      }
    }
  }

  /// The tool prunes what costs at most as much as the weight of rank `sparsity · n`, counted from zero, which is one more a
  /// block than the sparsity asks for; asked for one more, we must prune the same weights.
  private static func sparsityOfTheTool(_ recorded: Correction, rows: Int) -> Double {
    guard recorded.structure == .unstructured else { return recorded.sparsity }
    let count = Double(rows * recorded.block)
    return ((count * recorded.sparsity).rounded(.down) + 1.5) / count
  }

  @Test func sparseGPTCorrectsWeightsAsTheToolDoes() throws {
    let recording = try Fixture.read("pruning.json", as: Recording.self)
    #expect(recording.sparsegpt.count == 11)
    for recorded in recording.sparsegpt {
      let rows = recorded.weight.shape[0]
      let ours = try Self.pruned(recorded, of: recording, sparsity: Self.sparsityOfTheTool(recorded, rows: rows))
      let theirs = recorded.weight.floats
      let largest = theirs.reduce(0) { max($0, $1.magnitude) }
      let masks = zip(ours.weight.elements, theirs).count { ($0 == 0) != ($1 == 0) }
      #expect(masks == 0, "\(recorded.name): \(masks) places")
      // What errors move to kept zeros of later blocks the tool drops, and here it moves on.
      if recorded.keepsZeros && recorded.block < recorded.weight.shape[1] {
        let dense = try #require(recording.weights[recorded.base]).matrix
        let hessian = try #require(recording.moments[recorded.moments]).floats
        let errors = [ours.weight.elements, theirs].map { Self.objective(dense, $0, hessian) }
        #expect(errors[0] < errors[1], "\(recorded.name): \(errors)")
        continue
      }
      let distance = zip(ours.weight.elements, theirs).map { abs($0 - $1) }.max() ?? .infinity
      #expect(distance <= 1e-4 * largest, "\(recorded.name): \(distance)")
      let loss = ours.loss - (try Self.lossOfUnusedChannels(recorded, recording))
      #expect(abs(loss / recorded.loss - 1) <= 1e-4, "\(recorded.name): \(loss) and \(recorded.loss)")
    }
  }

  @Test func weTakeExactlyTheShareThatIsAskedFor() throws {
    let recording = try Fixture.read("pruning.json", as: Recording.self)
    for recorded in recording.sparsegpt where recorded.structure == .unstructured && recorded.base == "weight" {
      let ours = try Self.pruned(recorded, of: recording, sparsity: recorded.sparsity)
      let (rows, columns) = (ours.weight.rowCount, ours.weight.columnCount)
      let blocks = columns / recorded.block
      let count = ours.weight.elements.count { $0 == 0 }
      #expect(count == blocks * Int(Double(rows * recorded.block) * recorded.sparsity), "\(recorded.name)")
      #expect(recorded.weight.floats.count { $0 == 0 } == count + blocks, "\(recorded.name)")
    }
  }

  @Test func wandaChoosesTheSameWeights() throws {
    let recording = try Fixture.read("pruning.json", as: Recording.self)
    #expect(recording.wanda.count == 7)
    for recorded in recording.wanda {
      let dense = try #require(recording.weights[recorded.base]).matrix
      var weight = dense
      ScoredPruning.wanda(
        &weight,
        energies: try #require(recording.squaredNorms[recorded.base]).floats.map(Double.init),
        sparsity: recorded.sparsity,
        structure: recorded.structure,
        on: Self.processor
      )
      Self.expect(weight, of: dense, toBe: recorded)
    }
  }

  @Test func magnitudeChoosesTheSameWeights() throws {
    let recording = try Fixture.read("pruning.json", as: Recording.self)
    #expect(recording.magnitude.count == 4)
    for recorded in recording.magnitude {
      let dense = try #require(recording.weights[recorded.base]).matrix
      var weight = dense
      ScoredPruning.magnitude(
        &weight,
        sparsity: recorded.sparsity,
        structure: recorded.structure,
        on: Self.processor
      )
      let wanted = Int(Double(dense.elements.count) * recorded.sparsity)
      guard recorded.kept.bytes.count(where: { $0 == 0 }) > wanted else {
        Self.expect(weight, of: dense, toBe: recorded)
        continue
      }
      // Of equal weights at the limit the tool takes all, and here the first are taken until the share is reached.
      #expect(recorded.base == "ties")
      let isGone = zip(weight.elements, dense.elements).map { $0 == 0 && $1 != 0 }
      #expect(zip(isGone, recorded.kept.bytes).allSatisfy { !$0 || $1 == 0 })
      #expect(weight.elements.count { $0 == 0 } == wanted)
    }
  }

  private static func expect(_ weight: Matrix, of dense: Matrix, toBe recorded: Choice) {
    let expected = zip(dense.elements, recorded.kept.bytes).map { $1 == 0 ? 0 : $0 }
    let wrong = zip(weight.elements, expected).count { $0 != $1 }
    #expect(wrong == 0, "\(recorded.name): \(wrong) of \(expected.count) weights")
  }
}
