import Inference
import Kernels
import Models
import Tensors
import TestSupport
import Testing

/// What a visitor is shown on its way through a block.
struct BlockVisitorTests {
  private static let lengths = [7, 1, 13]

  private static func stream(_ model: LoadedModel) -> FloatBuffer {
    var generator = SeededGenerator(seed: 18)
    let tokens = lengths.reduce(0, +)
    let floats = generator.floats(tokens * model.decoder.configuration.hiddenSize, in: -2...2)
    let buffer = FloatBuffer(count: floats.count)
    buffer.start.update(from: floats, count: floats.count)
    return buffer
  }

  private static func walk(_ model: LoadedModel) -> BlockWalk {
    BlockWalk(model.decoder, sequences: lengths, processor: model.processor)
  }

  /// Every tensor that the walk can show.
  private static func flows(of model: LoadedModel) -> Set<BlockFlow> {
    var flows: Set<BlockFlow> = [.query, .key, .value]
    for step in model.decoder.blocks[0].steps {
      flows.insert(.input(step.kind))
      for place in step.linears.indices { flows.insert(.output(step.kind, place)) }
    }
    return flows
  }

  @Test func everyTensorIsShownWholeSequenceBySequence() throws {
    let model = try LoadedModel.small("qwen2")
    let numbers = model.decoder.configuration
    let flows = Self.flows(of: model)
    #expect(flows.count == 3 + 4 + 7)
    var weights = try model.reader.block(model.decoder.blocks[0])
    let plain = Self.stream(model)
    Self.walk(model).advance(plain, through: weights)
    let hidden = Self.stream(model)
    var visitor = RecordingVisitor(observing: flows)
    Self.walk(model).advance(hidden, through: &weights, with: &visitor)
    #expect(Set(visitor.flows.keys) == flows)
    #expect(visitor.sequences.values.allSatisfy { $0 == Self.lengths })
    let tokens = Self.lengths.reduce(0, +)
    #expect(visitor.flows[.query]?.count == tokens * numbers.queryHeads * numbers.headDimension)
    #expect(visitor.flows[.key]?.count == tokens * numbers.keyHeads * numbers.headDimension)
    // Values are not rotated: they flow as their layer put them out.
    #expect(visitor.flows[.value] == visitor.flows[.output(.attentionInput, 2)])
    #expect(visitor.flows[.key] != visitor.flows[.output(.attentionInput, 1)])
    // Outputs are added to the stream by other means when they are shown, so the last bits may differ.
    let largest = plain[0..<plain.count].reduce(0) { max($0, $1.magnitude) }
    #expect(zip(hidden[0..<hidden.count], plain[0..<plain.count]).allSatisfy { abs($0 - $1) <= 1e-5 * largest })
  }

  @Test func outputsAreThoseOfTheLayersOnTheInputsThatAreShown() throws {
    let model = try LoadedModel.small("qwen2")
    var weights = try model.reader.block(model.decoder.blocks[1])
    let hidden = Self.stream(model)
    var visitor = RecordingVisitor(observing: Self.flows(of: model))
    Self.walk(model).advance(hidden, through: &weights, with: &visitor)
    for step in model.decoder.blocks[1].steps {
      let inputs = try #require(visitor.flows[.input(step.kind)])
      for place in step.linears.indices {
        let layer = weights[step.kind, place]
        let tokens = inputs.count / layer.weight.columnCount
        let out = FloatBuffer(count: tokens * layer.weight.rowCount)
        layer.apply(to: inputs, tokens: tokens, into: out.start, on: model.processor)
        #expect(visitor.flows[.output(step.kind, place)] == Array(out[0..<out.count]), "\(step.kind) \(place)")
      }
    }
  }

  @Test func nothingIsShownThatNobodyAskedFor() throws {
    let model = try LoadedModel.small("llama")
    var weights = try model.reader.block(model.decoder.blocks[0])
    var visitor = RecordingVisitor(observing: [.key])
    Self.walk(model).advance(Self.stream(model), through: &weights, with: &visitor)
    #expect(Array(visitor.flows.keys) == [.key])
  }

  @Test func aLookAheadSeesWhatTheNextStepWillRead() throws {
    let model = try LoadedModel.small("llama")
    var weights = try model.reader.block(model.decoder.blocks[0])
    let (plain, hidden) = (Self.stream(model), Self.stream(model))
    Self.walk(model).advance(plain, through: weights)
    var visitor = RecordingVisitor(
      asking: [.attentionOutput: [.moments, .channels], .feedForwardOutput: [.moments, .channels]],
      lookingAhead: [.attentionInput: [.moments, .channels], .feedForwardInput: [.moments, .channels]]
    )
    Self.walk(model).advance(hidden, through: &weights, with: &visitor)
    for (step, next) in [
      (BlockStep.Kind.attentionInput, BlockStep.Kind.attentionOutput), (.feedForwardInput, .feedForwardOutput),
    ] {
      let ahead = try #require(visitor.ahead[step])
      let seen = try #require(visitor.statistics[next])
      #expect(ahead.tokenCount == 21 && ahead.channels == seen.channels)
      let (one, other) = (try #require(ahead.moments), try #require(seen.moments))
      #expect(one.sums[0..<one.sums.count].elementsEqual(other.sums[0..<other.sums.count]))
    }
    #expect(hidden[0..<hidden.count].elementsEqual(plain[0..<plain.count]), "looking ahead changes nothing")
  }

  @Test func aLookAheadRunsTheWeightsThatItIsGiven() throws {
    let model = try LoadedModel.small("llama")
    var weights = try model.reader.block(model.decoder.blocks[0])
    var visitor = RecordingVisitor(
      asking: [.feedForwardOutput: .channels],
      lookingAhead: [.feedForwardInput: .channels]
    ) { (step, weights) throws(Never) in
      guard step == .feedForwardInput else { return }
      weights[step, 1].weight.withMutableElements { elements in
        for index in elements.indices { elements[index] /= 4 }
      }
    }
    Self.walk(model).advance(Self.stream(model), through: &weights, with: &visitor)
    let ahead = try #require(visitor.ahead[.feedForwardInput]?.channels)
    #expect(ahead == visitor.statistics[.feedForwardOutput]?.channels)
    var dense = RecordingVisitor(asking: [.feedForwardOutput: .channels])
    var unchanged = try model.reader.block(model.decoder.blocks[0])
    Self.walk(model).advance(Self.stream(model), through: &unchanged, with: &dense)
    // A power of two divides without rounding.
    #expect(ahead.maxima == dense.statistics[.feedForwardOutput]?.channels?.maxima.map { $0 / 4 })
  }
}
