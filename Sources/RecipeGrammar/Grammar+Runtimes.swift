import Syntax
import Vocabulary

extension Grammar {
  static func runtimeEntries(_ reader: TableReader) throws(GrammarError) -> [RuntimeEntry] {
    var entries: [RuntimeEntry] = []
    for entry in try reader.mapping("runtimes", in: reader.root).entries {
      let body = try reader.mapping(entry.value)
      try reader.expectKeys(
        ["version", "summary", "fused", "experts", "head_by_name", "cache", "rotations", "tensor_parallel", "kernels"],
        in: body
      )
      entries.append(
        RuntimeEntry(
          name: entry.key.text,
          version: try reader.text("version", in: body),
          summary: try reader.text("summary", in: body),
          fusedLayers: try fusedLayers(body, reader),
          expertsPart: try reader.optionalText("experts", in: body),
          findsHeadByName: try reader.boolean("head_by_name", in: body),
          cache: try body["cache"].map { node throws(GrammarError) in try argumentsRule(node, reader) },
          rotations: body["rotations"] == nil ? [] : try words("rotations", in: body, reader),
          tensorParallel: try body["tensor_parallel"].map { node throws(GrammarError) in
            try tensorParallelRule(node, reader)
          },
          kernels: try kernels(body, reader)
        )
      )
    }
    return entries
  }

  private static func fusedLayers(_ body: MappingSyntax, _ reader: TableReader) throws(GrammarError) -> [[String]] {
    var sets: [[String]] = []
    for node in try items("fused", in: body, reader) {
      guard let names = node.sequence?.items.compactMap(\.scalar?.text), names.count > 1 else {
        throw reader.fault(node, "expected names of layers")
      }
      sets.append(names)
    }
    return sets
  }

  private static func kernels(_ body: MappingSyntax, _ reader: TableReader) throws(GrammarError) -> [RuntimeKernel] {
    var kernels: [RuntimeKernel] = []
    for node in try items("kernels", in: body, reader) {
      let kernel = try reader.mapping(node)
      try reader.expectKeys(
        ["summary", "weights", "without_inputs", "inputs", "formats", "columns", "rows", "embeddings", "cpu"],
        in: kernel
      )
      var inputs: [ArgumentsRule] = []
      for rule in try items("inputs", in: kernel, reader) { inputs.append(try argumentsRule(rule, reader)) }
      kernels.append(
        RuntimeKernel(
          summary: try reader.text("summary", in: kernel),
          weights: try argumentsRule(reader.node("weights", in: kernel), reader),
          takesPlainInputs: try reader.boolean("without_inputs", in: kernel),
          inputs: inputs,
          formats: try words("formats", in: kernel, reader),
          columnMultiple: try multiple("columns", in: kernel, reader),
          rowMultiple: try multiple("rows", in: kernel, reader),
          servesEmbeddings: try reader.boolean("embeddings", in: kernel),
          processor: try kernel["cpu"].map { node throws(GrammarError) in try processorRule(node, reader) }
        )
      )
    }
    return kernels
  }

  private static func tensorParallelRule(
    _ node: SyntaxNode,
    _ reader: TableReader
  ) throws(GrammarError) -> TensorParallelRule {
    let body = try reader.mapping(node)
    try reader.expectKeys(["vocabulary"], in: body)
    return TensorParallelRule(vocabularyMultiple: try multiple("vocabulary", in: body, reader))
  }

  private static func processorRule(_ node: SyntaxNode, _ reader: TableReader) throws(GrammarError) -> ProcessorRule {
    let body = try reader.mapping(node)
    try reader.expectKeys(["bits", "with_inputs", "columns", "rows"], in: body)
    return ProcessorRule(
      bitWidths: try integers("bits", in: body, reader),
      needsInputs: try reader.boolean("with_inputs", in: body),
      columnMultiple: try multiple("columns", in: body, reader),
      rowMultiple: try multiple("rows", in: body, reader)
    )
  }

  private static func argumentsRule(_ node: SyntaxNode, _ reader: TableReader) throws(GrammarError) -> ArgumentsRule {
    let body = try reader.mapping(node)
    try reader.expectKeys(
      ["type", "bits", "symmetric", "strategies", "group_sizes", "dynamic", "scale_dtype"],
      in: body
    )
    var dynamics: [Dynamic] = []
    for word in try reader.texts("dynamic", in: body) {
      switch word {
      case "false": dynamics.append(.off)
      case "true": dynamics.append(.on)
      case "local": dynamics.append(.local)
      default: throw reader.fault(node, "dynamic: unknown word \(word)")
      }
    }
    let scaleType = try reader.optionalText("scale_dtype", in: body)
    if let scaleType, elementType(named: scaleType) == nil { throw reader.fault(node, "unknown type \(scaleType)") }
    return ArgumentsRule(
      numberKind: try reader.word("type", in: body),
      bitWidths: try integers("bits", in: body, reader),
      symmetry: body["symmetric"] == nil ? nil : try reader.boolean("symmetric", in: body),
      strategies: try words("strategies", in: body, reader),
      groupSizes: try integers("group_sizes", in: body, reader),
      dynamics: dynamics,
      scaleType: scaleType.flatMap(elementType)
    )
  }

  private static func items(
    _ key: String,
    in body: MappingSyntax,
    _ reader: TableReader
  ) throws(GrammarError) -> [SyntaxNode] {
    guard let node = body[key] else { return [] }
    guard let items = node.sequence?.items else { throw reader.fault(node, "expected a list") }
    return items
  }

  private static func words<Word: RawRepresentable>(
    _ key: String,
    in body: MappingSyntax,
    _ reader: TableReader
  ) throws(GrammarError) -> [Word] where Word.RawValue == String {
    var words: [Word] = []
    for text in try reader.texts(key, in: body) {
      guard let word = Word(rawValue: text) else { throw reader.fault(at: body.span, "\(key): unknown word \(text)") }
      words.append(word)
    }
    return words
  }

  private static func integers(
    _ key: String,
    in body: MappingSyntax,
    _ reader: TableReader
  ) throws(GrammarError) -> [Int] {
    var integers: [Int] = []
    for text in try reader.texts(key, in: body) {
      guard let integer = Int(text) else { throw reader.fault(at: body.span, "\(key): no integer") }
      integers.append(integer)
    }
    return integers
  }

  private static func multiple(
    _ key: String,
    in body: MappingSyntax,
    _ reader: TableReader
  ) throws(GrammarError) -> Int {
    guard let number = try reader.number(key, in: body) else { return 1 }
    guard let multiple = Int(exactly: number), multiple > 0 else {
      throw reader.fault(at: body.span, "\(key): no positive integer")
    }
    return multiple
  }
}
