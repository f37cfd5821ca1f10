package import Diagnostics
internal import JSONDocuments
internal import Syntax

extension Architecture {
  /// Reads a document.
  ///
  /// - Returns: The architecture, or errors that name the place of each mistake.
  package static func read(_ file: SourceFile) -> Checked<Architecture> {
    let tree = SyntaxTree.parse(file)
    guard !tree.diagnostics.hasErrors else { return Checked(nil, tree.diagnostics) }
    let findings = DocumentFindings(file)
    guard let root = tree.root?.mapping else {
      let span = tree.root?.span ?? SourceSpan(start: 0, end: 0)
      findings.add(ArchitectureDiagnostics.wrongValue(span, "the document", expected: "a mapping"))
      return Checked(nil, findings.diagnostics)
    }
    let reader = ArchitectureReader(DocumentMembers(mapping: root, path: "", findings: findings))
    let architecture = reader.read()
    return Checked(
      findings.diagnostics.hasErrors ? nil : architecture,
      (tree.diagnostics + findings.diagnostics).inSourceOrder()
    )
  }

  /// The families that Pare knows, in the order of their names.
  package static let standard: [Architecture] = StandardDocuments.all.map { name, bytes in
    let checked = read(SourceFile(name: name, bytes: bytes))
    guard let architecture = checked.value else {
      preconditionFailure("\(name): \(checked.diagnostics.first?.message ?? "")")
    }
    return architecture
  }
}

/// Reads the members of one document.
private struct ArchitectureReader {
  private let root: DocumentMembers
  private let modules: ModulePattern

  init(_ root: DocumentMembers) {
    self.root = root
    modules = Self.modules(root)
  }

  func read() -> Architecture? {
    root.expect([
      "family", "model_types", "class", "modules", "bases", "stored_names", "requires", "config", "norms", "decoder",
      "attention",
      "feed_forward", "experts",
    ])
    let decoder = self.decoder()
    let blocks = root.optionalMembers("decoder").map { $0.optionalText("blocks") ?? "" } ?? ""
    let block = "\(blocks).*"
    let attention = self.attention(block)
    let feedForward = self.feedForward(block)
    let experts = self.experts(block)
    if feedForward == nil, experts == nil { root.missing("feed_forward") }
    let types = root.texts("model_types")
    if types.isEmpty { root.missing("model_types") }
    guard let decoder, let attention else { return nil }
    return Architecture(
      family: root.text("family"),
      modelTypes: types,
      modules: modules,
      bases: texts(of: root.optionalMembers("bases")),
      storedNames: texts(of: root.optionalMembers("stored_names"))
        .map { Architecture.StoredName(module: $0, stored: $1) }.sorted { $0.module < $1.module },
      numbers: numbers(),
      requirements: requirements(),
      norms: norms(),
      decoder: decoder,
      attention: attention,
      feedForward: feedForward,
      experts: experts
    )
  }

  // MARK: Modules

  private static func modules(_ root: DocumentMembers) -> ModulePattern {
    var pattern = ModulePattern(className: root.text("class"))
    guard let members = root.members("modules") else { return pattern }
    for entry in members.mapping.entries {
      let parts = entry.key.text.split(separator: ".")
      guard parts.count(where: { $0 == "*" }) <= mostNumbers else {
        let expected = "a module of a block or of an expert in it, with two * at most"
        members.findings.add(ArchitectureDiagnostics.wrongValue(entry.key.span, entry.key.text, expected: expected))
        continue
      }
      guard let classes = classes(of: entry, members) else { continue }
      pattern.insert(parts, className: classes.dense, expertClassName: classes.expert)
    }
    return pattern
  }

  /// Numbers in a name: that of the block and that of the expert.
  private static let mostNumbers = 2

  /// One class, or two: that of blocks without experts, and that of blocks with some; `~` where there is none.
  private static func classes(
    of entry: MappingEntrySyntax,
    _ members: DocumentMembers
  ) -> (dense: String?, expert: String?)? {
    if let text = entry.value.scalar?.text, !text.isEmpty { return (text, text) }
    if let items = entry.value.sequence?.items, items.count == 2, items.allSatisfy({ $0.scalar != nil }) {
      let names = items.map { $0.isNull ? nil : $0.scalar?.text }
      return (names[0], names[1])
    }
    members.findings.add(
      ArchitectureDiagnostics.wrongValue(
        entry.value.span,
        entry.key.text,
        expected: "a class, or a list of the class without experts and the class with experts"
      )
    )
    return nil
  }

  /// A module's name, which must be among the modules.
  private func module(_ name: String?, _ key: String, in members: DocumentMembers, below parent: String = "")
    -> String?
  {
    guard let name, !name.isEmpty else { return nil }
    let full = parent.isEmpty ? name : "\(parent).\(name)"
    guard modules.classNames(of: full.split(separator: ".")).isEmpty else { return name }
    let prefix = parent.isEmpty ? "" : "\(parent)."
    let known = modules.names.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
    let span = members.mapping[key]?.span ?? members.mapping.span
    members.findings.add(ArchitectureDiagnostics.unknownModule(Spanned(name, at: span), known: known))
    return name
  }

  private func optional(_ key: String, _ members: DocumentMembers, _ parent: String) -> String? {
    module(members.optionalText(key), key, in: members, below: parent)
  }

  private func required(_ key: String, _ members: DocumentMembers, _ parent: String = "") -> String {
    module(members.text(key), key, in: members, below: parent) ?? ""
  }

  private func several(_ key: String, _ members: DocumentMembers, _ parent: String) -> [String] {
    members.texts(key).compactMap { module($0, key, in: members, below: parent) }
  }

  private func texts(of members: DocumentMembers?) -> [String: String] {
    guard let members else { return [:] }
    return Dictionary(members.mapping.entries.map { ($0.key.text, members.text($0.key.text)) }) { first, _ in first }
  }

  // MARK: Numbers and norms

  private func numbers() -> [NumberRole: NumberSource] {
    guard let members = root.members("config") else { return [:] }
    members.expect(NumberRole.allCases.map(\.rawValue))
    var numbers: [NumberRole: NumberSource] = [:]
    for entry in members.mapping.entries {
      guard let role = NumberRole(rawValue: entry.key.text) else { continue }
      if let key = entry.value.scalar?.text, !key.isEmpty {
        numbers[role] = NumberSource(keys: [key], standard: nil)
      } else if let source = members.optionalMembers(entry.key.text) {
        source.expect(["key", "default"])
        if !source.has("key"), !source.has("default") { source.missing("key") }
        numbers[role] = NumberSource(keys: source.texts("key"), standard: source.mapping["default"]?.json)
      }
    }
    for role in [NumberRole.hiddenSize, .blockCount, .queryHeads, .vocabularySize, .normEpsilon]
    where numbers[role] == nil && !members.has(role.rawValue) {
      members.missing(role.rawValue)
    }
    return numbers
  }

  private func requirements() -> [Architecture.Requirement] {
    guard let members = root.optionalMembers("requires") else { return [] }
    return members.mapping.entries.compactMap { entry in
      if let value = entry.value.json { return Architecture.Requirement(key: entry.key.text, value: value) }
      members.findings.add(ArchitectureDiagnostics.wrongValue(entry.value.span, entry.key.text, expected: "a value"))
      return nil
    }
  }

  private func norms() -> Architecture.NormNames {
    guard let members = root.members("norms") else { return .init(kind: .rootMeanSquare, offset: 0) }
    members.expect(["kind", "offset"])
    return Architecture.NormNames(
      kind: members.word("kind", standard: .rootMeanSquare),
      offset: Float(members.integer("offset") ?? 0)
    )
  }

  // MARK: Dataflow

  private func decoder() -> Architecture.DecoderNames? {
    guard let members = root.members("decoder") else { return nil }
    members.expect([
      "embedding", "positions", "first_position", "scales_embedding", "blocks", "final_norm", "head", "windows",
    ])
    var heads = members.texts("head")
    if heads.isEmpty {
      members.missing("head")
      heads = [""]
    }
    _ = module(heads[0], "head", in: members)
    return Architecture.DecoderNames(
      embedding: required("embedding", members),
      positions: optional("positions", members, ""),
      firstPosition: members.integer("first_position") ?? 0,
      scalesEmbedding: members.boolean("scales_embedding"),
      blocks: required("blocks", members),
      finalNorm: required("final_norm", members),
      heads: heads,
      windows: members.word("windows", standard: .all)
    )
  }

  private func attention(_ block: String) -> Architecture.AttentionNames? {
    guard let members = root.members("attention") else { return nil }
    members.expect([
      "name", "norm", "output_norm", "query", "key", "value", "fused", "low_rank", "query_norm", "key_norm",
      "norms_span_heads", "output", "rotary_layout",
    ])
    let fused = members.optionalMembers("fused").map { fused in
      fused.expect(["name", "order"])
      return Architecture.FusedNames(
        name: required("name", fused, block),
        order: fused.word("order", standard: .stacked)
      )
    }
    let lowRank = members.optionalMembers("low_rank").map { lowRank in
      let keys = ["query_down", "query_norm", "query_up", "key_value_down", "key_value_norm", "key_value_up"]
      lowRank.expect(keys)
      let names = keys.map { required($0, lowRank, block) }
      return Architecture.LowRankNames(
        queryDown: names[0],
        queryNorm: names[1],
        queryUp: names[2],
        keyValueDown: names[3],
        keyValueNorm: names[4],
        keyValueUp: names[5]
      )
    }
    if fused == nil, lowRank == nil {
      for key in ["query", "key", "value"] where !members.has(key) { members.missing(key) }
    }
    return Architecture.AttentionNames(
      name: required("name", members, block),
      norms: several("norm", members, block),
      outputNorm: optional("output_norm", members, block),
      query: optional("query", members, block),
      key: optional("key", members, block),
      value: optional("value", members, block),
      fused: fused,
      lowRank: lowRank,
      queryNorm: optional("query_norm", members, block),
      keyNorm: optional("key_norm", members, block),
      normsSpanHeads: members.boolean("norms_span_heads"),
      output: required("output", members, block),
      rotaryLayout: members.word("rotary_layout", standard: .halves)
    )
  }

  private static let productKeys = ["gate", "up", "gate_and_up", "down"]

  private func product(_ members: DocumentMembers, _ block: String) -> Architecture.ProductNames {
    let fused = optional("gate_and_up", members, block)
    if fused == nil, !members.has("up") { members.missing("up") }
    return Architecture.ProductNames(
      gate: optional("gate", members, block),
      up: optional("up", members, block),
      fused: fused,
      down: required("down", members, block)
    )
  }

  private func feedForward(_ block: String) -> Architecture.FeedForwardNames? {
    guard let members = root.optionalMembers("feed_forward") else { return nil }
    members.expect(["name", "norm", "output_norm"] + Self.productKeys)
    return Architecture.FeedForwardNames(
      name: members.optionalText("name").flatMap { module($0, "name", in: members, below: block) } ?? "",
      norms: several("norm", members, block),
      outputNorm: optional("output_norm", members, block),
      layers: product(members, block)
    )
  }

  private func experts(_ block: String) -> Architecture.ExpertNames? {
    guard let members = root.optionalMembers("experts") else { return nil }
    members.expect(
      ["name", "norm", "output_norm", "router", "correction", "scoring", "shared"] + Self.productKeys
    )
    let shared = members.optionalMembers("shared").map { shared in
      shared.expect(["weighed_by"] + Self.productKeys)
      return Architecture.SharedNames(layers: product(shared, block), gate: optional("weighed_by", shared, block))
    }
    return Architecture.ExpertNames(
      name: required("name", members, block),
      norms: several("norm", members, block),
      outputNorm: optional("output_norm", members, block),
      router: required("router", members, block),
      correction: members.optionalText("correction"),
      scoring: members.word("scoring", standard: .softmax),
      layers: product(members, block),
      shared: shared
    )
  }
}
