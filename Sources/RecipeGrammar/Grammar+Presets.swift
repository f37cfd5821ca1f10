import Diagnostics
import Syntax
package import Vocabulary

extension Grammar {
  static func presetEntries(_ reader: TableReader) throws(GrammarError) -> [PresetEntry] {
    var entries: [PresetEntry] = []
    for entry in try reader.mapping("presets", in: reader.root).entries {
      let body = try reader.mapping(entry.value)
      try reader.expectKeys(["summary", "weights", "input_activations"], in: body)
      let scheme = QuantizationScheme(
        weights: try arguments("weights", in: body, reader),
        inputActivations: try arguments("input_activations", in: body, reader)
      )
      let summary = try reader.text("summary", in: body)
      entries.append(PresetEntry(name: entry.key.text, summary: summary, scheme: scheme))
    }
    return entries
  }

  /// The observer of weights that name none.
  package static let defaultObserver = "memoryless_minmax"

  private static func arguments(
    _ key: String,
    in parent: MappingSyntax,
    _ reader: TableReader
  ) throws(GrammarError) -> QuantizationArguments? {
    guard let node = parent[key] else { return nil }
    let body = try reader.mapping(node)
    try reader.expectKeys(
      [
        "num_bits", "type", "symmetric", "strategy", "group_size", "block_structure", "dynamic", "scale_dtype",
        "zp_dtype", "observer",
      ],
      in: body
    )
    let dynamic: Dynamic =
      try body["dynamic"]?.scalar?.text == "local" ? .local : reader.boolean("dynamic", in: body) ? .on : .off
    let named = body["observer"] == nil ? nil : try reader.text("observer", in: body)
    return QuantizationArguments(
      bitWidth: try integer("num_bits", in: body, reader) ?? 0,
      numberKind: try reader.word("type", in: body),
      isSymmetric: try reader.boolean("symmetric", in: body),
      strategy: try reader.word("strategy", in: body),
      groupSize: try integer("group_size", in: body, reader),
      blockShape: try blockShape(in: body, reader),
      dynamic: dynamic,
      scaleType: try elementType("scale_dtype", in: body, reader),
      zeroPointType: try elementType("zp_dtype", in: body, reader),
      observer: named ?? (key == "weights" ? defaultObserver : nil)
    )
  }

  private static func integer(
    _ key: String,
    in body: MappingSyntax,
    _ reader: TableReader
  ) throws(GrammarError) -> Int? {
    guard let number = try reader.number(key, in: body) else { return nil }
    guard let integer = Int(exactly: number) else { throw reader.fault(at: body.span, "\(key): no integer") }
    return integer
  }

  private static func elementType(
    _ key: String,
    in body: MappingSyntax,
    _ reader: TableReader
  ) throws(GrammarError) -> ElementType? {
    guard body[key] != nil else { return nil }
    let name = try reader.text(key, in: body)
    guard let type = elementType(named: name) else { throw reader.fault(at: body.span, "unknown type \(name)") }
    return type
  }

  private static func blockShape(
    in body: MappingSyntax,
    _ reader: TableReader
  ) throws(GrammarError) -> BlockShape? {
    let sides = try reader.texts("block_structure", in: body).compactMap { Int($0) }
    if sides.isEmpty { return nil }
    guard sides.count == 2 else { throw reader.fault(at: body.span, "block_structure: no two integers") }
    return BlockShape(rows: sides[0], columns: sides[1])
  }

  /// The element type that recipes call by its PyTorch name, with or without `torch.`; nil for other names.
  package static func elementType(named name: String) -> ElementType? {
    elementTypes[name.hasPrefix("torch.") ? String(name.dropFirst("torch.".count)) : name]
  }

  /// The PyTorch names of element types.
  package static let elementTypes: [String: ElementType] = [
    "bfloat16": .bfloat16, "bool": .bool, "double": .float64, "float": .float32, "float16": .float16,
    "float32": .float32, "float64": .float64, "float8_e4m3fn": .float8E4M3, "float8_e4m3fnuz": .float8E4M3FNUZ,
    "float8_e5m2": .float8E5M2, "float8_e5m2fnuz": .float8E5M2FNUZ, "float8_e8m0fnu": .float8E8M0, "half": .float16,
    "int16": .int16, "int32": .int32, "int64": .int64, "int8": .int8, "uint16": .uint16, "uint32": .uint32,
    "uint64": .uint64, "uint8": .uint8,
  ]
}
