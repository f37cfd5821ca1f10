import Diagnostics
import RecipeGrammar
import Testing
import Vocabulary

/// The preset table against what llm-compressor's presets are, written down a second time and independently.
@Suite struct PresetTests {
  private static let tokenInt8 = QuantizationArguments(strategy: .token, dynamic: .on)
  private static let tokenInt4 = QuantizationArguments(bitWidth: 4, strategy: .token, dynamic: .on)
  private static let tokenFloat8 = QuantizationArguments(numberKind: .float, strategy: .token, dynamic: .on)

  private static func weights(
    _ bitWidth: Int,
    _ kind: NumberKind,
    _ strategy: Strategy,
    _ groupSize: Int? = nil,
    isSymmetric: Bool = true,
    scale: ElementType? = nil,
    block: BlockShape? = nil
  ) -> QuantizationArguments {
    QuantizationArguments(
      bitWidth: bitWidth,
      numberKind: kind,
      isSymmetric: isSymmetric,
      strategy: strategy,
      groupSize: groupSize,
      blockShape: block,
      scaleType: scale,
      zeroPointType: scale,
      observer: "memoryless_minmax"
    )
  }

  private static func inputs(
    _ weights: QuantizationArguments,
    _ dynamic: Dynamic,
    _ observer: String?
  ) -> QuantizationArguments {
    var inputs = weights
    inputs.dynamic = dynamic
    inputs.observer = observer
    return inputs
  }

  private static let expected: [String: QuantizationScheme] = {
    let group = { (bits: Int) in weights(bits, .integer, .group, 128) }
    let nvfp4 = weights(4, .float, .tensorGroup, 16, scale: .float8E4M3)
    let mxfp4 = weights(4, .float, .group, 32, scale: .uint8)
    let mxfp8 = weights(8, .float, .group, 32, scale: .uint8)
    let float8 = weights(8, .float, .tensor)
    let int8 = QuantizationScheme(weights: weights(8, .integer, .channel), inputActivations: tokenInt8)
    var block128 = QuantizationArguments(numberKind: .float, strategy: .group, groupSize: 128, dynamic: .on)
    block128.observer = nil
    var table: [String: QuantizationScheme] = [
      "UNQUANTIZED": QuantizationScheme(),
      "W8A8": int8,
      "INT8": int8,
      "W4A16_ASYM": QuantizationScheme(weights: weights(4, .integer, .group, 128, isSymmetric: false)),
      "W4AFP8": QuantizationScheme(weights: group(4), inputActivations: tokenFloat8),
      "FP8": QuantizationScheme(weights: float8, inputActivations: inputs(float8, .off, "static_minmax")),
      "FP8_DYNAMIC": QuantizationScheme(weights: weights(8, .float, .channel), inputActivations: tokenFloat8),
      "FP8_BLOCK": QuantizationScheme(
        weights: weights(8, .float, .block, block: BlockShape(rows: 128, columns: 128)),
        inputActivations: block128
      ),
      "NVFP4A16": QuantizationScheme(weights: nvfp4),
      "NVFP4": QuantizationScheme(weights: nvfp4, inputActivations: inputs(nvfp4, .local, "static_minmax")),
      "MXFP4A16": QuantizationScheme(weights: mxfp4),
      "MXFP4": QuantizationScheme(weights: mxfp4, inputActivations: inputs(mxfp4, .on, nil)),
      "MXFP8A16": QuantizationScheme(weights: mxfp8),
      "MXFP8": QuantizationScheme(weights: mxfp8, inputActivations: inputs(mxfp8, .on, nil)),
    ]
    for bits in 2...8 { table["W\(bits)A16"] = QuantizationScheme(weights: group(bits)) }
    for bits in 2...4 {
      table["W\(bits)A4"] = QuantizationScheme(weights: group(bits), inputActivations: tokenInt4)
    }
    for bits in 2...7 {
      table["W\(bits)A8"] = QuantizationScheme(weights: group(bits), inputActivations: tokenInt8)
    }
    return table
  }()

  @Test func thePresetsAreTheseAndNoOthers() {
    #expect(Set(Grammar.standard.presets.map(\.name)) == Set(Self.expected.keys))
    #expect(Grammar.standard.presets.count == Self.expected.count)
  }

  @Test(arguments: Grammar.standard.presets)
  func aPresetIsWhatItsNameStandsFor(preset: PresetEntry) {
    #expect(preset.scheme == Self.expected[preset.name])
  }

  @Test func presetsAndObserversAreFoundInAnySpelling() {
    let grammar = Grammar.standard
    #expect(grammar.preset("fp8_dynamic")?.name == "FP8_DYNAMIC")
    #expect(grammar.observer("static-minmax")?.name == "static_minmax")
    #expect(grammar.observer("MSE")?.name == "mse")
    #expect(grammar.observer("minmaxx") == nil)
  }
}
