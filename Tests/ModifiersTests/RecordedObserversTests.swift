import Foundation
import Kernels
import Modifiers
import Tensors
import Testing
import Vocabulary

/// The ranges that llm-compressor 0.14.0.1 finds; recorded by `tools/oracles/numerics/record_observers.py`.
struct RecordedObserversTests {
  struct Recording: Decodable {
    let importance: RecordedArray
    let records: [Record]
  }

  struct Record: Decodable {
    let type: String
    let weight: RecordedArray
    let inputs: [RecordedArray]
    let keys: [RecordedArray]
    let weights: [Case]
    let weighted: [Case]
    let activations: [Case]
    let caches: [Case]
  }

  struct Case: Decodable {
    let name: String
    let observer: String
    let options: [String: Double]
    let scheme: RecordedScheme
    let scales: RecordedArray
    let zeroPoints: RecordedArray?
    let globalScale: Float?

    private enum Key: CodingKey { case name, observer, options, scales, zeroPoints, globalScale }

    init(from decoder: any Decoder) throws {
      scheme = try RecordedScheme(from: decoder)
      let values = try decoder.container(keyedBy: Key.self)
      name = try values.decode(String.self, forKey: .name)
      observer = try values.decode(String.self, forKey: .observer)
      options = try values.decode([String: Double].self, forKey: .options)
      scales = try values.decode(RecordedArray.self, forKey: .scales)
      zeroPoints = try values.decodeIfPresent(RecordedArray.self, forKey: .zeroPoints)
      globalScale = try values.decodeIfPresent(Float.self, forKey: .globalScale)
    }

    var comment: Comment { "\(name), \(observer) \(options.description)" }

    /// The search of the observer, with the tool's defaults; nil where it takes the extremes.
    var search: RangeSearch? {
      let standard: (shrink: Double, patience: Double, grid: Double, norm: Double, expand: Double)
      switch observer {
      case "memoryless_mse", "mse": standard = (0.2, 5, 100, 2.4, 1)
      case "nvfp4_expanded_mse": standard = (0.5556, 1000, 200, 2.4, 1.8)
      case "imatrix_mse": standard = (0.95, 5, 20, 3, 1)
      default: return nil
      }
      let grid = options["grid"] ?? standard.grid
      let steps = Int((options["maxshrink"] ?? standard.shrink) * grid)
      let isWeighted = observer == "imatrix_mse"
      return RangeSearch(
        candidateCount: isWeighted ? steps + 1 : steps,
        patience: Int(options["patience"] ?? standard.patience),
        stepCount: Int(grid),
        power: options["norm"] ?? standard.norm,
        expansion: options["expand"] ?? standard.expand,
        weighsInputs: isWeighted
      )
    }

    /// How ranges of batches are combined.
    var rule: ActivationRangeRule {
      let combination: ActivationRangeRule.Combination =
        switch observer {
        case "static_minmax": .extremes
        case "memoryless_minmax": .last
        default: .movingAverage(options["averaging_constant"] ?? 0.01)
        }
      return ActivationRangeRule(combination: combination, search: search)
    }
  }

  private static let processor = Processor(threadCount: 2)

  private static func record() throws -> (record: Record, importance: [Float]) {
    let recording = try Fixture.read("observers.json", as: Recording.self)
    return (try #require(recording.records.first { $0.type == "F32" }), recording.importance.floats)
  }

  private static func grid(_ recorded: Case, _ weight: Matrix, importance: [Float]?) throws -> QuantizationGrid {
    QuantizationGrid(
      of: weight,
      as: GridRequest(
        arguments: try recorded.scheme.arguments(),
        observer: recorded.search.map(WeightObserver.shrunkRange) ?? .minMax,
        storage: .float32,
        importance: importance
      ),
      on: processor
    )
  }

  /// Scales without a global one, `[scale rows, groups]`.
  private static func scales(_ grid: QuantizationGrid) -> [Float] {
    switch grid.storedScales {
    case .floats(let scales): scales
    case .float8(let bytes, _): bytes.map { Float8E4M3.decode($0) }
    case .exponents(let bytes): bytes.map { PowerOfTwoScale.decode($0) }
    }
  }

  private static func areClose(_ ours: [Float], _ theirs: [Float], within tolerance: Float = 1e-6) -> Bool {
    ours.count == theirs.count && zip(ours, theirs).allSatisfy { abs($0 - $1) <= tolerance * $1.magnitude }
  }

  @Test func rangesOfWeightsAreThoseOfTheTool() throws {
    let (record, importance) = try Self.record()
    let weight = record.weight.matrix
    let cases = record.weights.map { ($0, nil as [Float]?) } + record.weighted.map { ($0, importance) }
    #expect(cases.count == 34)
    for (recorded, importance) in cases where recorded.globalScale == nil {
      let grid = try Self.grid(recorded, weight, importance: importance)
      #expect(Self.areClose(Self.scales(grid), recorded.scales.floats), recorded.comment)
      let points = grid.storedZeroPoints?.map { UInt8(bitPattern: $0) }
      // Of a group of zeros any point stands for zero: the tool takes 0, and the formula gives the least code.
      let isEmpty = zip(points ?? [], recorded.scales.floats).map { $1 == .ulpOfOne }
      let theirs = recorded.zeroPoints?.bytes
      #expect(points?.count == theirs?.count, recorded.comment)
      for (index, pair) in zip(points ?? [], theirs ?? []).enumerated() where !isEmpty[index] {
        #expect(pair.0 == pair.1, recorded.comment)
      }
      #expect(isEmpty.count { $0 } <= 1)
    }
  }

  /// What a search finds under a global scale must be as near to the weight.
  ///
  /// The tool derives a global scale from the ranges that a search left; here it is that of the whole weight, which all layers
  /// that share it must know beforehand.
  @Test func underAGlobalScaleSearchesAreAsGoodAsThoseOfTheTool() throws {
    let (record, importance) = try Self.record()
    let weight = record.weight.matrix
    let cases =
      (record.weights.map { ($0, nil as [Float]?) } + record.weighted.map { ($0, importance) })
      .filter { $0.0.globalScale != nil }
    #expect(cases.count == 6)
    for (recorded, importance) in cases {
      let grid = try Self.grid(recorded, weight, importance: importance)
      guard case .float8(_, let global) = grid.storedScales else {
        Issue.record(recorded.comment)
        continue
      }
      let theirs = recorded.scales.floats.map { $0 / (recorded.globalScale ?? 1) }
      if recorded.search == nil {
        #expect(global == recorded.globalScale, recorded.comment)
      }
      let power = recorded.search?.power ?? 2
      let errors = [grid.scales, theirs].map { scales in
        weight.elements.indices.reduce(0.0) { sum, place in
          let scale = scales[place / grid.groupSize]
          let value = weight.elements[place]
          let number = Float4E2M1.decode(Float4E2M1.encode(value / scale)) * scale
          let share = importance.map { Double($0[place % weight.columnCount]) } ?? 1
          return sum + share * pow(abs(Double(number) - Double(value)), power)
        }
      }
      // A range wider than the weight's has no scale below the largest float8 in the group of its largest weight.
      #expect(errors[0] <= (recorded.search?.expansion == 1 ? 1.01 : 1.03) * errors[1], recorded.comment)
    }
  }

  /// The batches of a recording one after the other, `[tokens, width]` each.
  private static func observed(
    _ recorded: Case,
    _ batches: [[Float]],
    width: Int,
    heads: Int = 1
  ) throws -> [(scale: Float, zeroPoint: Float)] {
    let isLocal = recorded.scheme.strategy == "tensor_group"
    var observer = ActivationObserver(
      try recorded.scheme.arguments(dynamic: isLocal ? .local : .off),
      rule: recorded.rule,
      scopeCount: heads,
      storage: .float32
    )
    for batch in batches { observer.observe(batch, tokens: batch.count / width, width: width, on: processor) }
    return try #require(observer.points)
  }

  @Test func rangesOfInputsAreThoseOfTheTool() throws {
    let (record, _) = try Self.record()
    #expect(record.activations.count == 24)
    for recorded in record.activations {
      let points = try Self.observed(recorded, record.inputs.map(\.floats), width: record.inputs[0].shape[2])
      if let global = recorded.globalScale {
        #expect(Self.areClose(points.map(\.scale), [global], within: 1e-5), recorded.comment)
      } else {
        #expect(Self.areClose(points.map(\.scale), recorded.scales.floats, within: 1e-5), recorded.comment)
        let codes = recorded.scheme.symmetric ? nil : points.map { UInt8(bitPattern: Int8($0.zeroPoint)) }
        #expect(codes == recorded.zeroPoints?.bytes, recorded.comment)
      }
    }
  }

  @Test func rangesOfKeysAreThoseOfTheTool() throws {
    let (record, _) = try Self.record()
    #expect(record.caches.count == 8)
    let (heads, tokens, dimension) = (record.keys[0].shape[1], record.keys[0].shape[2], record.keys[0].shape[3])
    let batches = record.keys.map { keys in
      let floats = keys.floats
      return (0..<tokens).flatMap { token in
        (0..<heads).flatMap { head in
          let first = (head * tokens + token) * dimension
          return floats[first..<first + dimension]
        }
      }
    }
    for recorded in record.caches {
      let isByHead = recorded.scheme.strategy == "attn_head"
      let points = try Self.observed(
        recorded,
        batches,
        width: heads * dimension,
        heads: isByHead ? heads : 1
      )
      #expect(points.count == (isByHead ? 2 : 1))
      #expect(Self.areClose(points.map(\.scale), recorded.scales.floats, within: 1e-5), recorded.comment)
    }
  }
}
