import Checkpoints
import JSONDocuments
import Tensors
import Testing
import Vocabulary

@Suite struct DecompressionTests {
  /// One line of `decompressed.tsv`, which `tools/oracles/checkpoints/decompress.py` wrote.
  struct Record: Sendable, CustomTestStringConvertible {
    let checkpoint: String
    let module: String
    let rowCount: Int
    let columnCount: Int
    let sum: Double
    let weightedSum: Double
    let samples: [Float]

    var testDescription: String { "\(checkpoint) \(module)" }

    init?(_ line: Substring) {
      let fields = line.split(separator: "\t").map(String.init)
      guard fields.count == 12, fields[4] == "torch.bfloat16", let rowCount = Int(fields[2]),
        let columnCount = Int(fields[3]), let sum = Double(fields[5]), let weightedSum = Double(fields[6])
      else { return nil }
      (checkpoint, module) = (fields[0], fields[1])
      (self.rowCount, self.columnCount, self.sum, self.weightedSum) = (rowCount, columnCount, sum, weightedSum)
      samples = fields[7...].compactMap(Float.init)
    }
  }

  static let records: [Record] =
    (try? Fixture.text("decompressed.tsv"))?.split(separator: "\n").compactMap(Record.init) ?? []

  @Test func fourModulesOfEveryCheckpointAreRecorded() {
    #expect(Self.records.count == 24)
    #expect(Set(Self.records.map(\.checkpoint)) == Set(Fixture.compressedNames))
  }

  /// The reference multiplies in bfloat16; rounded to it, values are the same to the last bit.
  @Test(arguments: records)
  func weightsAreThoseOfCompressedTensors(record: Record) throws {
    let checkpoint = try Checkpoint.open(Fixture.path("out/\(record.checkpoint)"))
    let config = try #require(try QuantizationConfig.read(from: checkpoint.headers.config))
    let weight = try checkpoint.decompressedWeight(
      of: record.module,
      scheme: try #require(config.groups.first).scheme
    )
    #expect(weight.rowCount == record.rowCount)
    #expect(weight.columnCount == record.columnCount)
    let values = weight.elements.map(BFloat16.rounded)
    let count = values.count
    #expect([0, 1, count / 3, count / 2 + 5, count - 1].map { values[$0] } == record.samples)
    #expect(values.reduce(0) { $0 + Double($1) } == record.sum)
    let weighted = values.enumerated().reduce(0) { $0 + Double($1.element) * Double(1 + $1.offset % 97) }
    #expect(abs(weighted - record.weightedSum) <= 1e-12 * max(1, abs(record.weightedSum)))
  }

  @Test func aDenseModuleIsReadAsItIs() throws {
    let checkpoint = try Checkpoint.open(Fixture.path("base_untied"))
    let name = "model.layers.0.mlp.up_proj"
    #expect(
      try checkpoint.decompressedWeight(of: name, scheme: QuantizationScheme())
        == checkpoint.tensor(name + ".weight").matrix()
    )
  }

  @Test func aBlockScaleCoversItsBlock() throws {
    let codes: [UInt8] = [56, 64, 68, 72, 66, 68, 78, 80, 81, 82, 75, 76, 93, 94, 95, 96, 104, 105]
    let module = try OneModule([
      ("weight", .float8E4M3, [3, 6], codes), ("weight_scale", .float32, [2, 2], floats([1, 2, 0.5, 0.25])),
    ])
    let arguments = QuantizationArguments(
      numberKind: .float,
      strategy: .block,
      blockShape: BlockShape(rows: 2, columns: 4)
    )
    let scales: [Float] = [1, 1, 1, 1, 2, 2, 1, 1, 1, 1, 2, 2, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25]
    #expect(
      try module.weight(arguments).elements == zip(codes, scales).map { Float8E4M3.decode($0) * $1 }
    )
    // A format without inputs holds the same tensors.
    #expect(QuantizationScheme(weights: arguments).resolvedFormat == .naiveQuantized)
  }

  @Test(arguments: [3, 4, 5, 8])
  func packedCodesTakeTheirGroupsZeroPoint(bitWidth: Int) throws {
    let limit = 1 << (bitWidth - 1)
    let codes = (0..<40).map { Int8((7 * $0) % (2 * limit) - limit) }
    let zeroPoints: [Int8] = [-2, 1, 3, -4]
    let scales: [Float] = [0.5, 2, 4, 0.25]
    let width = PackedCodes.wordCount(of: 20, bitWidth: bitWidth)
    let tensors: [(String, ElementType, [Int], [UInt8])] = [
      (
        "weight_packed", .int32, [2, width],
        words(PackedCodes.pack(codes, rowCount: 2, columnCount: 20, bitWidth: bitWidth))
      ),
      ("weight_scale", .float32, [2, 2], floats(scales)),
      (
        "weight_zero_point", .int32, [1, 2],
        words(PackedCodes.packDown(zeroPoints, rowCount: 2, columnCount: 2, bitWidth: bitWidth))
      ),
      ("weight_shape", .int64, [2], [2, 0, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0, 0, 0, 0, 0]),
    ]
    let arguments = QuantizationArguments(bitWidth: bitWidth, isSymmetric: false, strategy: .group, groupSize: 10)
    let expected = (0..<40).map { index in
      let scale = index / 20 * 2 + index % 20 / 10
      return Float(Int(codes[index]) - Int(zeroPoints[scale])) * scales[scale]
    }
    #expect(try OneModule(tensors).weight(arguments).elements == expected)
    for suffix in tensors.map(\.0) {
      let rest = try OneModule(tensors.filter { $0.0 != suffix })
      #expect(throws: CheckpointError.missingTensor("m.\(suffix)")) { try rest.weight(arguments) }
    }
  }

  @Test func oneScaleMayHaveADimensionOrNone() throws {
    let arguments = QuantizationArguments(isSymmetric: false)
    for shape in [[1], []] {
      let module = try OneModule([
        ("weight", .int8, [2, 2], [0, 1, 0xFF, 0x80]), ("weight_scale", .float32, shape, floats([0.5])),
        ("weight_zero_point", .int8, [1], [2]),
      ])
      let scheme = QuantizationScheme(weights: arguments, format: .intQuantized)
      #expect(try module.checkpoint.decompressedWeight(of: "m", scheme: scheme).elements == [-1, -0.5, -1.5, -65])
    }
  }

  @Test func microscalingFloatsTakeTheirPowerOfTwo() throws {
    let arguments = QuantizationArguments(
      numberKind: .float,
      strategy: .group,
      groupSize: 32,
      scaleType: .uint8
    )
    let codes = (0..<64).map { UInt8($0) }
    let module = try OneModule([
      ("weight", .float8E4M3, [1, 64], codes), ("weight_scale", .uint8, [1, 2], [127, 121]),
    ])
    #expect(
      try module.weight(arguments).elements
        == codes.map { Float8E4M3.decode($0) * ($0 < 32 ? 1 : 0x1p-6) }
    )
  }

  @Test func tensorsThatDoNotFitAreNamed() throws {
    let channel = QuantizationArguments(numberKind: .float, strategy: .channel)
    func error(_ weight: (ElementType, [Int], [UInt8]), _ scale: (ElementType, [Int], [UInt8])) throws
      -> CheckpointError?
    {
      let module = try OneModule([
        ("weight", weight.0, weight.1, weight.2), ("weight_scale", scale.0, scale.1, scale.2),
      ])
      do throws(CheckpointError) {
        _ = try module.weight(channel)
        return nil
      } catch {
        return error
      }
    }
    let weight: (ElementType, [Int], [UInt8]) = (.float8E4M3, [1, 2], [56, 56])
    let scale: (ElementType, [Int], [UInt8]) = (.float32, [1, 1], floats([1]))
    #expect(try error(weight, scale) == nil)
    #expect(
      try error((.int8, [1, 2], [1, 1]), scale)
        == .elementType(tensor: "m.weight", found: .int8, expected: [.float8E4M3])
    )
    #expect(
      try error((.float8E4M3, [2], [56, 56]), scale) == .shape(tensor: "m.weight", found: [2], expected: [nil, nil])
    )
    #expect(
      try error(weight, (.float32, [1], floats([1]))) == .shape(tensor: "m.weight_scale", found: [1], expected: [1, 1])
    )
    #expect(
      try error(weight, (.float32, [1, 1], floats([.infinity])))
        == .notFinite(tensor: "m.weight_scale", position: [0, 0])
    )
    #expect(try error((.float8E4M3, [1, 2], [56, 0x7F]), scale) == .notFinite(tensor: "m.weight", position: [0, 1]))
  }

  @Test(arguments: [(-1, 8), (Int.max, Int.max), (0, Int.max), (1, Int.max), (2, 8), (1, 0)])
  func aShapeThatLiesIsFound(rowCount: Int, columnCount: Int) throws {
    let module = try OneModule([
      ("weight_packed", .int32, [1, 1], [0, 0, 0, 0]), ("weight_scale", .float32, [1, 1], floats([1])),
      ("weight_shape", .int64, [2], littleEndian(rowCount) + littleEndian(columnCount)),
    ])
    let arguments = QuantizationArguments(bitWidth: 4, strategy: .channel)
    #expect(throws: CheckpointError.self) { try module.weight(arguments) }
  }

  private func floats(_ values: [Float]) -> [UInt8] {
    words(values.map(\.bitPattern))
  }

  private func words(_ values: [UInt32]) -> [UInt8] {
    values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * UInt32($0))) } }
  }

  private func littleEndian(_ value: Int) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }
}
