import Checkpoints
import JSONDocuments
import Testing
import Vocabulary

@Suite struct CompressedLinearTests {
  @Test(arguments: Fixture.compressedNames)
  func everyLinearOfTheFixturesHasTheTensorsListed(name: String) throws {
    let headers = try Checkpoint.headers(Fixture.path("out/\(name)"))
    let config = try #require(try QuantizationConfig.read(from: headers.config))
    let scheme = try #require(config.groups.first).scheme
    let dense = try Checkpoint.headers(Fixture.path("base_untied"))
    let linears = dense.tensorNames.filter { $0.hasSuffix("_proj.weight") }
    #expect(linears.count == 14)
    for linear in linears {
      let module = String(linear.dropLast(".weight".count))
      let weight = try #require(dense.description(of: linear))
      let compressed = try CompressedLinear(
        rowCount: weight.shape[0],
        columnCount: weight.shape[1],
        hasBias: false,
        elementType: weight.elementType,
        scheme: scheme
      )
      let listed = compressed.descriptions(module: module)
      let stored = headers.tensorNames.filter { $0.hasPrefix(module + ".") }.compactMap(headers.description(of:))
      #expect(Set(listed) == Set(stored), "\(module)")
    }
  }

  @Test(
    arguments: [
      (
        "W4A16", .packQuantized,
        [
          ("weight_scale", .bfloat16, [6, 2]), ("weight_packed", .int32, [6, 32]),
          ("weight_shape", .int64, [2]),
        ]
      ),
      (
        "W4A16_ASYM", .packQuantized,
        [
          ("weight_scale", .bfloat16, [6, 2]), ("weight_zero_point", .int32, [1, 2]),
          ("weight_packed", .int32, [6, 32]), ("weight_shape", .int64, [2]),
        ]
      ),
      (
        "W3A16 channel", .packQuantized,
        [
          ("weight_scale", .bfloat16, [6, 1]), ("weight_packed", .int32, [6, 24]),
          ("weight_shape", .int64, [2]),
        ]
      ),
      ("W8A8", .intQuantized, [("weight_scale", .bfloat16, [6, 1]), ("weight", .int8, [6, 256])]),
      (
        "W8A8 static asymmetric input", .intQuantized,
        [
          ("input_scale", .bfloat16, [1]), ("input_zero_point", .int8, [1]),
          ("weight_scale", .bfloat16, [6, 1]), ("weight", .int8, [6, 256]),
        ]
      ),
      (
        "W8A8 asymmetric, static output", .intQuantized,
        [
          ("weight_scale", .bfloat16, [6, 1]), ("weight_zero_point", .int8, [6, 1]), ("output_scale", .bfloat16, [1]),
          ("output_zero_point", .int8, [1]), ("weight", .int8, [6, 256]),
        ]
      ),
      (
        "W4A8 packed, static", .packQuantized,
        [
          ("input_scale", .bfloat16, [1]), ("weight_scale", .bfloat16, [6, 2]), ("weight_zero_point", .int32, [1, 2]),
          ("output_scale", .bfloat16, [1]), ("weight_packed", .int32, [6, 32]), ("weight_shape", .int64, [2]),
        ]
      ),
      (
        "W4A16 asymmetric, one scale", .packQuantized,
        [
          ("weight_scale", .bfloat16, [1]), ("weight_zero_point", .int8, [1]), ("weight_packed", .int32, [6, 32]),
          ("weight_shape", .int64, [2]),
        ]
      ),
      (
        "FP8", .floatQuantized,
        [
          ("input_scale", .bfloat16, [1]), ("weight_scale", .bfloat16, [1]),
          ("weight", .float8E4M3, [6, 256]),
        ]
      ),
      ("FP8 weights", .naiveQuantized, [("weight_scale", .bfloat16, [1]), ("weight", .float8E4M3, [6, 256])]),
      ("FP8_BLOCK", .floatQuantized, [("weight_scale", .bfloat16, [2, 3]), ("weight", .float8E4M3, [6, 256])]),
      (
        "NVFP4", .nvfp4PackQuantized,
        [
          ("input_global_scale", .float32, [1]), ("weight_global_scale", .float32, [1]),
          ("weight_packed", .uint8, [6, 128]), ("weight_scale", .float8E4M3, [6, 16]),
        ]
      ),
      (
        "NVFP4A16", .nvfp4PackQuantized,
        [
          ("weight_global_scale", .float32, [1]), ("weight_packed", .uint8, [6, 128]),
          ("weight_scale", .float8E4M3, [6, 16]),
        ]
      ),
      ("MXFP4", .mxfp4PackQuantized, [("weight_packed", .uint8, [6, 128]), ("weight_scale", .uint8, [6, 8])]),
      ("MXFP8", .mxfp8Quantized, [("weight_scale", .uint8, [6, 8]), ("weight", .float8E4M3, [6, 256])]),
      ("W4AFP8", .intQuantized, [("weight_scale", .bfloat16, [6, 2]), ("weight", .int8, [6, 256])]),
      ("dense", .dense, [("weight", .bfloat16, [6, 256])]),
    ] as [(String, CheckpointFormat, [(String, ElementType, [Int])])]
  )
  func tensorsStandInTheOrderOfTheStateDict(
    scheme: String,
    format: CheckpointFormat,
    tensors: [(String, ElementType, [Int])]
  ) throws {
    let compressed = try CompressedLinear(
      rowCount: 6,
      columnCount: 256,
      hasBias: true,
      elementType: .bfloat16,
      scheme: try #require(Self.schemes[scheme])
    )
    #expect(compressed.format == format)
    #expect(
      compressed.tensors
        == [ModuleTensor("bias", .bfloat16, [6])] + tensors.map { ModuleTensor($0.0, $0.1, $0.2) }
    )
  }

  private static let schemes: [String: QuantizationScheme] = {
    let group4 = QuantizationArguments(bitWidth: 4, strategy: .group, groupSize: 128)
    var asymmetric4 = group4
    asymmetric4.isSymmetric = false
    let channel8 = QuantizationArguments(strategy: .channel)
    let token8 = QuantizationArguments(strategy: .token, dynamic: .on)
    let float8 = QuantizationArguments(numberKind: .float)
    let floatToken8 = QuantizationArguments(numberKind: .float, strategy: .token, dynamic: .on)
    let block8 = QuantizationArguments(
      numberKind: .float,
      strategy: .block,
      blockShape: BlockShape(rows: 4, columns: 100)
    )
    let nvfp4 = QuantizationArguments(
      bitWidth: 4,
      numberKind: .float,
      strategy: .tensorGroup,
      groupSize: 16,
      scaleType: .float8E4M3
    )
    var nvfp4Input = nvfp4
    nvfp4Input.dynamic = .local
    let mxfp4 = QuantizationArguments(
      bitWidth: 4,
      numberKind: .float,
      strategy: .group,
      groupSize: 32,
      scaleType: .uint8
    )
    var mxfp8 = mxfp4
    mxfp8.bitWidth = 8
    return [
      "W4A16": QuantizationScheme(weights: group4),
      "W4A16_ASYM": QuantizationScheme(weights: asymmetric4),
      "W3A16 channel": QuantizationScheme(weights: QuantizationArguments(bitWidth: 3, strategy: .channel)),
      "W8A8": QuantizationScheme(weights: channel8, inputActivations: token8),
      "W8A8 static asymmetric input": QuantizationScheme(
        weights: channel8,
        inputActivations: QuantizationArguments(isSymmetric: false)
      ),
      "W8A8 asymmetric, static output": QuantizationScheme(
        weights: QuantizationArguments(isSymmetric: false, strategy: .channel),
        inputActivations: token8,
        outputActivations: QuantizationArguments(isSymmetric: false)
      ),
      "W4A8 packed, static": QuantizationScheme(
        weights: asymmetric4,
        inputActivations: QuantizationArguments(),
        outputActivations: QuantizationArguments(),
        format: .packQuantized
      ),
      "W4A16 asymmetric, one scale": QuantizationScheme(
        weights: QuantizationArguments(bitWidth: 4, isSymmetric: false)
      ),
      "FP8": QuantizationScheme(weights: float8, inputActivations: float8),
      "FP8 weights": QuantizationScheme(weights: float8),
      "FP8_BLOCK": QuantizationScheme(weights: block8, inputActivations: floatToken8),
      "NVFP4": QuantizationScheme(weights: nvfp4, inputActivations: nvfp4Input),
      "NVFP4A16": QuantizationScheme(weights: nvfp4),
      "MXFP4": QuantizationScheme(weights: mxfp4),
      "MXFP8": QuantizationScheme(weights: mxfp8),
      "W4AFP8": QuantizationScheme(weights: group4, inputActivations: floatToken8),
      "dense": QuantizationScheme(),
    ]
  }()

  @Test func aFormatAskedForBeatsTheOneThatFollows() throws {
    var scheme = try #require(Self.schemes["W4AFP8"])
    #expect(CheckpointFormat.inferred(from: scheme) == .intQuantized)
    scheme.format = .packQuantized
    #expect(scheme.resolvedFormat == .packQuantized)
    scheme.format = .floatQuantized
    #expect(throws: CheckpointError.unsupportedScheme(.floatQuantized)) {
      try CompressedLinear(rowCount: 1, columnCount: 128, hasBias: false, elementType: .bfloat16, scheme: scheme)
    }
  }

  @Test func aModelOfSeveralFormatsIsMixed() {
    #expect(CheckpointFormat.common(of: []) == .dense)
    #expect(CheckpointFormat.common(of: [.dense, .packQuantized, .packQuantized]) == .packQuantized)
    #expect(CheckpointFormat.common(of: [.floatQuantized, .packQuantized]) == .mixedPrecision)
  }

  @Test func columnsThatLeaveAPartOfAGroupAreRefused() throws {
    let scheme = try #require(Self.schemes["W4A16"])
    #expect(throws: CheckpointError.unevenGroups(columns: 200, groupSize: 128)) {
      try CompressedLinear(rowCount: 1, columnCount: 200, hasBias: false, elementType: .bfloat16, scheme: scheme)
    }
  }
}
