import Kernels
import Modifiers
import Tensors
import Testing
import Vocabulary

/// What compressed-tensors 0.19.0 stores for one weight under each scheme; recorded by
/// `tools/oracles/numerics/record_schemes.py`.
struct RecordedSchemesTests {
  struct Recording: Decodable {
    let type: String
    let weights: [String: RecordedArray]
    let cases: [Case]
  }

  struct Case: Decodable {
    let name: String
    let base: String
    let scheme: RecordedScheme
    /// Arrays as their files have them, by suffix.
    let stored: [String: RecordedArray]
    /// Scales that are not divided by the global scale.
    let scales: RecordedArray
    let zeroPoints: RecordedArray?
    let globalScale: Float?
    let codes: RecordedArray?
    let dequantized: RecordedArray

    private enum Key: CodingKey { case name, base, stored, scales, zeroPoints, globalScale, codes, dequantized }

    init(from decoder: any Decoder) throws {
      scheme = try RecordedScheme(from: decoder)
      let values = try decoder.container(keyedBy: Key.self)
      name = try values.decode(String.self, forKey: .name)
      base = try values.decode(String.self, forKey: .base)
      stored = try values.decode([String: RecordedArray].self, forKey: .stored)
      scales = try values.decode(RecordedArray.self, forKey: .scales)
      zeroPoints = try values.decodeIfPresent(RecordedArray.self, forKey: .zeroPoints)
      globalScale = try values.decodeIfPresent(Float.self, forKey: .globalScale)
      codes = try values.decodeIfPresent(RecordedArray.self, forKey: .codes)
      dequantized = try values.decode(RecordedArray.self, forKey: .dequantized)
    }
  }

  private static let files = ["schemes-bf16.json", "schemes-f32.json"]
  private static let processor = Processor(threadCount: 2)

  /// A recorded case, its weight, and what we make of it.
  private struct Trial {
    let recorded: Case
    let weight: Matrix
    let quantized: QuantizedWeight
    let dequantized: Matrix
  }

  private static func trials(_ file: String, _ arithmetic: Arithmetic) throws -> (type: ElementType, cases: [Trial]) {
    let recording = try Fixture.read(file, as: Recording.self)
    let type = try #require(ElementType(rawValue: recording.type))
    let trials = try recording.cases.map { recorded in
      let weight = try #require(recording.weights[recorded.base]).matrix
      let quantized = RoundToNearest.quantize(
        weight,
        as: GridRequest(arguments: try recorded.scheme.arguments(), storage: type),
        arithmetic: arithmetic,
        on: processor
      )
      var dequantized = weight
      quantized.dequantize(into: &dequantized, on: processor)
      return Trial(recorded: recorded, weight: weight, quantized: quantized, dequantized: dequantized)
    }
    #expect(trials.count == 29)
    return (type, trials)
  }

  private static func bytes(_ floats: [Float], as type: ElementType) -> [UInt8] {
    floats.flatMap { value in
      type == .bfloat16
        ? BFloat16.encode(value).littleEndianBytes : value.bitPattern.littleEndianBytes
    }
  }

  /// Scales as they are stored.
  private static func scaleBytes(_ grid: QuantizationGrid, _ type: ElementType) -> [UInt8] {
    switch grid.storedScales {
    case .floats(let scales): bytes(scales, as: type)
    case .float8(let codes, _), .exponents(let codes): codes
    }
  }

  /// Codes as they are stored: small floats as bytes or nibbles, integers packed into words.
  private static func codeBytes(_ quantized: QuantizedWeight, bits: Int) -> [UInt8] {
    switch quantized.grid.codes.code {
    case .float8: quantized.codes
    case .float4: PackedNibbles.pack(quantized.codes)
    case .integer:
      PackedCodes.pack(
        quantized.codes.map { Int8(bitPattern: $0) },
        rowCount: quantized.rowCount,
        columnCount: quantized.columnCount,
        bitWidth: bits
      ).flatMap(\.littleEndianBytes)
    }
  }

  @Test(arguments: files) func referenceArithmeticStoresTheSameBytes(file: String) throws {
    let (type, trials) = try Self.trials(file, .reference)
    for trial in trials {
      let (recorded, quantized) = (trial.recorded, trial.quantized)
      let name = Comment(rawValue: recorded.name)
      #expect(Self.scaleBytes(quantized.grid, type) == recorded.stored["weight_scale"]?.bytes, name)
      let stored = recorded.stored["weight_packed"] ?? recorded.stored["weight"]
      #expect(Self.codeBytes(quantized, bits: recorded.scheme.bits) == stored?.bytes, name)
      if let codes = recorded.codes { #expect(quantized.codes == codes.bytes, name) }
      let points = quantized.grid.storedZeroPoints
      #expect(points?.map { UInt8(bitPattern: $0) } == recorded.zeroPoints?.bytes, name)
      if let points, let packed = recorded.stored["weight_zero_point"], packed.type == "I32" {
        let words = PackedCodes.packDown(
          points,
          rowCount: points.count / quantized.grid.groupCount,
          columnCount: quantized.grid.groupCount,
          bitWidth: recorded.scheme.bits
        )
        #expect(words.flatMap(\.littleEndianBytes) == packed.bytes, name)
      }
      if case .float8(_, let global) = quantized.grid.storedScales {
        #expect(global == recorded.globalScale, name)
        #expect(global.bitPattern.littleEndianBytes == recorded.stored["weight_global_scale"]?.bytes, name)
      } else {
        #expect(recorded.globalScale == nil, name)
      }
    }
  }

  @Test(arguments: files) func codesStandForTheNumbersOfCompressedTensors(file: String) throws {
    let (type, trials) = try Self.trials(file, .reference)
    for trial in trials {
      let expected = trial.recorded.dequantized.floats
      #expect(trial.dequantized.elements.map { type.rounded($0) } == expected, "\(trial.recorded.name)")
    }
  }

  /// What two float32 computations of one quotient may differ by, relatively: some roundings.
  private static let roundings: Float = 16 * 0x1p-24

  @Test func float32ArithmeticAgreesAwayFromTies() throws {
    let (_, trials) = try Self.trials("schemes-f32.json", .float32)
    // Float8 scales are chosen among neighbours here, so their codes are other ones.
    for trial in trials where trial.recorded.globalScale == nil {
      let theirs = trial.recorded.dequantized.floats
      let pairs = zip(trial.dequantized.elements, theirs)
      for (weight, pair) in zip(trial.weight.elements, pairs) where pair.0 != pair.1 {
        // Whatever was chosen, the other number is no nearer.
        let distances = (abs(weight - pair.0), abs(weight - pair.1))
        let slack = 64 * Self.roundings * max(weight.magnitude, pair.1.magnitude)
        #expect(abs(distances.0 - distances.1) <= slack, "\(trial.recorded.name): \(weight) as \(pair)")
      }
    }
  }

  /// Of the float8 scale nearest to the tool's and its two neighbours, each group has the one with the least error.
  @Test func float8ScalesAreTheBestOfThreeNeighbours() throws {
    let (_, trials) = try Self.trials("schemes-f32.json", .float32)
    let scaled = trials.filter { $0.recorded.globalScale != nil }
    #expect(!scaled.isEmpty)
    for trial in scaled {
      guard case .float8(let bytes, let global) = trial.quantized.grid.storedScales else {
        Issue.record("no float8 scales")
        continue
      }
      let theirs = try #require(trial.recorded.stored["weight_scale"]?.bytes)
      let size = trial.quantized.grid.groupSize
      for (index, byte) in bytes.enumerated() {
        #expect(abs(Int(byte) - Int(theirs[index])) <= 1, "\(trial.recorded.name)")
        let group = trial.weight.elements[index * size..<(index + 1) * size]
        func error(_ byte: UInt8) -> Double {
          let scale = Float8E4M3.decode(byte) / global
          return group.reduce(0) { sum, value in
            let difference = Float4E2M1.decode(Float4E2M1.encode(value / scale)) * scale - value
            return sum + Double(difference) * Double(difference)
          }
        }
        let own = error(byte)
        #expect(own <= error(theirs[index]) * 1.000_01, "\(trial.recorded.name)")
      }
    }
  }

  @Test func float32ArithmeticIsNoFartherFromWeightsOfFewBits() throws {
    let (_, trials) = try Self.trials("schemes-bf16.json", .float32)
    // What the recorded codes stand for, as they are held against ours: not rounded once more.
    let (_, references) = try Self.trials("schemes-bf16.json", .reference)
    for (trial, reference) in zip(trials, references) {
      func error(_ numbers: Matrix) -> Double {
        zip(trial.weight.elements, numbers.elements).reduce(0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }
      }
      let (ours, theirs) = (error(trial.dequantized), error(reference.dequantized))
      // A symmetric scale is the same number and its codes the nearest; an asymmetric one may be rounded to another.
      let allowance = trial.recorded.scheme.symmetric ? 1 + 1e-6 : 1.02
      #expect(ours <= allowance * theirs, "\(trial.recorded.name): \(ours) and \(theirs)")
    }
  }
}
