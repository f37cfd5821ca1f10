import Kernels
import Modifiers
import Tensors
import Testing
import Vocabulary

/// What compressed-tensors 0.19.0 computes on a CPU; recorded by `tools/oracles/numerics/record_codes.py`.
struct ReferenceArithmeticTests {
  struct Recording: Decodable {
    let records: [Record]
  }

  struct Record: Decodable {
    let type: String
    let weight: RecordedArray
    let cases: [Case]
  }

  struct Case: Decodable {
    let name: String
    let bits: Int
    let float: Bool
    let symmetric: Bool
    let strategy: String
    let groupSize: Int?
    let scales: RecordedArray
    let zeroPoints: RecordedArray?
    let codes: RecordedArray
  }

  @Test(arguments: ["BF16", "F16", "F32"])
  func codesScalesAndZeroPointsAreThoseOfCompressedTensors(typeName: String) throws {
    let recording = try Fixture.read("reference-codes.json", as: Recording.self)
    let record = try #require(recording.records.first { $0.type == typeName })
    let type = try #require(ElementType(rawValue: typeName))
    let weight = Matrix(
      rowCount: record.weight.shape[0],
      columnCount: record.weight.shape[1],
      elements: record.weight.floats
    )
    #expect(record.cases.count == 7)
    for recorded in record.cases {
      let quantized = RoundToNearest.quantize(
        weight,
        as: GridRequest(
          arguments: QuantizationArguments(
            bitWidth: recorded.bits,
            numberKind: recorded.float ? .float : .integer,
            isSymmetric: recorded.symmetric,
            strategy: try #require(Strategy(rawValue: recorded.strategy)),
            groupSize: recorded.groupSize
          ),
          storage: type
        ),
        arithmetic: .reference,
        on: Processor(threadCount: 2)
      )
      #expect(quantized.grid.storedScales == .floats(recorded.scales.floats), "\(recorded.name)")
      #expect(
        quantized.grid.storedZeroPoints?.map { UInt8(bitPattern: $0) } == recorded.zeroPoints?.bytes,
        "\(recorded.name)"
      )
      let wrong = zip(quantized.codes, recorded.codes.bytes).enumerated().filter { $0.element.0 != $0.element.1 }
      #expect(quantized.codes.count == recorded.codes.bytes.count)
      #expect(wrong.isEmpty, "\(recorded.name): \(wrong.count) codes, the first at \(wrong.first?.offset ?? -1)")
    }
  }

  @Test func theArithmeticsDifferWhereRoundedQuotientsAreTies() throws {
    let recording = try Fixture.read("reference-codes.json", as: Recording.self)
    let record = try #require(recording.records.first { $0.type == "BF16" })
    let weight = Matrix(
      rowCount: record.weight.shape[0],
      columnCount: record.weight.shape[1],
      elements: record.weight.floats
    )
    func codes(_ arithmetic: Arithmetic) -> [UInt8] {
      RoundToNearest.quantize(
        weight,
        as: GridRequest(arguments: QuantizationArguments(bitWidth: 8, strategy: .channel), storage: .bfloat16),
        arithmetic: arithmetic,
        on: Processor(threadCount: 1)
      ).codes
    }
    let differing = zip(codes(.reference), codes(.float32)).filter { $0 != $1 }
    // Quotients up to 127 keep at most one bit behind the point in bfloat16, so many more become ties; never by two codes.
    #expect(!differing.isEmpty)
    #expect(differing.allSatisfy { abs(Int(Int8(bitPattern: $0)) - Int(Int8(bitPattern: $1))) == 1 })
  }
}
