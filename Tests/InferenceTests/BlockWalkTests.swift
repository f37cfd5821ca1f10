import Checkpoints
import Inference
import Kernels
import Models
import Tensors
import TestSupport
import Testing

struct BlockWalkTests {
  /// How far float32 may be from float64 after one block, relative to the largest number there.
  private static let relativeBudget = 1e-5

  /// A residual stream of several sequences.
  private static func stream(_ tokens: Int, _ model: LoadedModel) -> FloatBuffer {
    var generator = SeededGenerator(seed: 17)
    let floats = generator.floats(tokens * model.decoder.configuration.hiddenSize, in: -2...2)
    let buffer = FloatBuffer(count: floats.count)
    buffer.start.update(from: floats, count: floats.count)
    return buffer
  }

  private static func walk(_ model: LoadedModel, _ sequences: [Int]) -> BlockWalk {
    BlockWalk(model.decoder, sequences: sequences, processor: model.processor)
  }

  private static func rows(_ buffer: FloatBuffer, width: Int) -> [[Double]] {
    stride(from: 0, to: buffer.count, by: width).map { buffer[$0..<$0 + width].map(Double.init) }
  }

  /// The largest difference of two lists, relative to the largest number of the second.
  private static func difference(_ one: some Sequence<Double>, _ other: some Sequence<Double>) -> Double {
    let pairs = Array(zip(one, other))
    let largest = pairs.map { abs($0.1) }.max() ?? 0
    return (pairs.map { abs($0.0 - $0.1) }.max() ?? .infinity) / max(largest, 1e-30)
  }

  @Test(arguments: ["llama", "llama-tied", "qwen2"])
  func outputsAndMomentsAreThoseOfThePlainFormulas(name: String) throws {
    let model = try LoadedModel.small(name)
    let lengths = [7, 1, 13]
    let width = model.decoder.configuration.hiddenSize
    let hidden = Self.stream(lengths.reduce(0, +), model)
    var weights = try model.reader.block(model.decoder.blocks[1])

    var first = 0
    let before = Self.rows(hidden, width: width)
    let plain = lengths.map { length in
      defer { first += length }
      return PlainBlock(
        Array(before[first..<first + length]),
        weights: weights,
        configuration: model.decoder.configuration
      )
    }
    var visitor = RecordingVisitor(asking: .allMoments)
    Self.walk(model, lengths).advance(hidden, through: &weights, with: &visitor)
    let expected = plain.flatMap(\.output).joined()
    #expect(Self.difference(Self.rows(hidden, width: width).joined(), expected) <= Self.relativeBudget)
    for kind in BlockStep.Kind.ofPlainBlocks {
      let seen = try #require(visitor.statistics[kind]?.moments)
      let inputs = plain.flatMap { $0.inputs[kind] ?? [] }
      #expect(seen.tokenCount == inputs.count && inputs.count == 21)
      #expect(seen.width == inputs[0].count)
      let places = (0..<seen.width).flatMap { row in (row..<seen.width).map { (row, $0) } }
      let sums = places.map { row, column in inputs.reduce(0.0) { $0 + $1[row] * $1[column] } }
      let found = places.map { row, column in Double(seen.sums.start[row * seen.width + column]) }
      #expect(Self.difference(found, sums) <= Self.relativeBudget, "\(kind)")
    }
  }

  @Test func sequencesInOneWalkDoNotSeeEachOther() throws {
    let model = try LoadedModel.small("llama")
    // More than two chunks, with boundaries inside and at the ends of the attention's tiles.
    let lengths = [700, 128, 1300, 5, 1, 129, 2000, 256, 3]
    let width = model.decoder.configuration.hiddenSize
    let together = Self.stream(lengths.reduce(0, +), model)
    let apart = Self.stream(lengths.reduce(0, +), model)
    let weights = try model.reader.block(model.decoder.blocks[0])
    Self.walk(model, lengths).advance(together, through: weights)
    var first = 0
    for length in lengths {
      let one = FloatBuffer(count: length * width)
      one.start.update(from: apart.start + first * width, count: one.count)
      Self.walk(model, [length]).advance(one, through: weights)
      let difference = Self.difference(
        one[0..<one.count].map(Double.init),
        together[first * width..<(first + length) * width].map(Double.init)
      )
      #expect(difference <= Self.relativeBudget)
      first += length
    }
  }

  @Test func momentsOfManyChunksAreThoseOfAllTokens() throws {
    let model = try LoadedModel.small("mistral")
    let lengths = [1500, 900, 2100, 40]
    let hidden = Self.stream(lengths.reduce(0, +), model)
    let weights = try model.reader.block(model.decoder.blocks[0])
    func moments(_ lengths: [Int], _ hidden: FloatBuffer) -> [BlockStep.Kind: SecondMoments] {
      var weights = weights
      var visitor = RecordingVisitor(asking: .allMoments)
      Self.walk(model, lengths).advance(hidden, through: &weights, with: &visitor)
      return visitor.statistics.compactMapValues(\.moments)
    }
    let whole = moments(lengths, Self.stream(lengths.reduce(0, +), model))
    var diagonals: [BlockStep.Kind: [Double]] = [:]
    var first = 0
    let width = model.decoder.configuration.hiddenSize
    for length in lengths {
      let one = FloatBuffer(count: length * width)
      one.start.update(from: hidden.start + first * width, count: one.count)
      for (kind, seen) in moments([length], one) {
        let sum = diagonals[kind] ?? Array(repeating: 0, count: seen.width)
        diagonals[kind] = zip(sum, seen.diagonal).map { $0 + Double($1) }
      }
      first += length
    }
    for kind in BlockStep.Kind.ofPlainBlocks {
      let seen = try #require(whole[kind])
      #expect(seen.tokenCount == first)
      #expect(Self.difference(seen.diagonal.map(Double.init), diagonals[kind] ?? []) <= Self.relativeBudget)
    }
  }

  @Test(arguments: BlockStep.Kind.ofPlainBlocks)
  func gatheringDoesNotChangeTheOutputs(kind: BlockStep.Kind) throws {
    let model = try LoadedModel.small("qwen2")
    let lengths = [30, 2100, 9]
    let (plain, gathered) = (Self.stream(2139, model), Self.stream(2139, model))
    var weights = try model.reader.block(model.decoder.blocks[0])
    let walk = Self.walk(model, lengths)
    walk.advance(plain, through: weights)
    var visitor = RecordingVisitor(asking: [kind: [.moments, .channels]])
    walk.advance(gathered, through: &weights, with: &visitor)
    #expect(visitor.statistics.count == 4)
    for (step, statistics) in visitor.statistics {
      #expect(statistics.isWanted == (step == kind))
      #expect((statistics.moments != nil) == (step == kind) && (statistics.channels != nil) == (step == kind))
    }
    #expect(plain[0..<plain.count].elementsEqual(gathered[0..<gathered.count]))
  }

  @Test func eachStepIsSettledOnceInTheOrderOfTheDataflow() throws {
    let model = try LoadedModel.small("llama")
    let hidden = Self.stream(9, model)
    var weights = try model.reader.block(model.decoder.blocks[0])
    var visitor = RecordingVisitor()
    Self.walk(model, [4, 5]).advance(hidden, through: &weights, with: &visitor)
    #expect(visitor.steps == [.attentionInput, .attentionOutput, .feedForwardInput, .feedForwardOutput])
    #expect(visitor.steps.map { weights.layers[$0]?.count } == [3, 1, 2, 1])
    #expect(visitor.steps == model.decoder.blocks[0].steps.map(\.kind))
  }

  @Test func whatSettlingChangesIsWhatRuns() throws {
    let model = try LoadedModel.small("llama")
    let hidden = Self.stream(20, model)
    let before = Array(hidden[0..<hidden.count])
    var weights = try model.reader.block(model.decoder.blocks[0])
    var visitor = RecordingVisitor(asking: [.feedForwardOutput: .moments]) { (kind, weights) throws(Never) in
      // Without the output projection and `up`, nothing is added to the residual stream.
      guard kind == .attentionOutput || kind == .feedForwardInput else { return }
      let last = kind == .attentionOutput ? 0 : 1
      let shape = weights[kind, last].weight
      weights[kind, last].weight = Matrix(rowCount: shape.rowCount, columnCount: shape.columnCount)
    }
    Self.walk(model, [20]).advance(hidden, through: &weights, with: &visitor)
    let gated = visitor.statistics[.feedForwardOutput]?.moments
    #expect(hidden[0..<hidden.count].elementsEqual(before))
    #expect(gated?.tokenCount == 20 && gated?.diagonal.allSatisfy { $0 == 0 } == true)
    #expect(weights.layers[.attentionOutput]?[0].weight.elements.allSatisfy { $0 == 0 } == true)
  }

  @Test func anErrorOfSettlingEndsTheWalk() throws {
    struct Refusal: Error {}
    let model = try LoadedModel.small("llama")
    let hidden = Self.stream(3, model)
    var weights = try model.reader.block(model.decoder.blocks[0])
    var visitor = RecordingVisitor { (kind, _) throws(Refusal) in
      if kind == .attentionOutput { throw Refusal() }
    }
    #expect(throws: Refusal.self) {
      try Self.walk(model, [3]).advance(hidden, through: &weights, with: &visitor)
    }
    #expect(visitor.steps == [.attentionInput, .attentionOutput])
  }

  @Test func headsSeeTheNormedStream() throws {
    let model = try LoadedModel.small("llama")
    let tokens = 2100
    let hidden = Self.stream(tokens, model)
    let statistics = try model.head().inputStatistics(.moments, of: hidden.start, tokens: tokens)
    let moments = try #require(statistics.moments)
    let weight = try model.reader.checkpoint.tensor(model.decoder.finalNorm).floats()
    var expected = [Double](repeating: 0, count: weight.count)
    for row in Self.rows(hidden, width: weight.count) {
      let mean = row.reduce(0) { $0 + $1 * $1 } / Double(row.count) + model.decoder.configuration.normEpsilon
      for (channel, value) in row.enumerated() {
        expected[channel] += value * value / mean * Double(weight[channel]) * Double(weight[channel])
      }
    }
    #expect(moments.tokenCount == tokens)
    #expect(Self.difference(moments.diagonal.map(Double.init), expected) <= Self.relativeBudget)
  }
}
