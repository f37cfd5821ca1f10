internal import RecipeGrammar

extension FieldEntry {
  /// What may be given, as running text: `an integer, at least 1`.
  var valueText: String {
    let range = range.phrase
    return kindText + (range.isEmpty ? "" : ", " + range) + (isNullable ? ", or null" : "")
  }

  /// What holds when nothing is given, as running text.
  var omissionText: String {
    if isRequired { return "an error" }
    return defaultText.map { "`\($0)`" } ?? ""
  }

  private var kindText: String {
    switch type {
    case .any: "anything"
    case .boolean: "true or false"
    case .integer: "an integer"
    case .number: "a number"
    case .string: "text"
    case .choice: Self.alternatives(choices)
    case .choices: "a list of " + Self.alternatives(choices)
    case .strings: "a list of texts"
    case .names: "a name or a list of names"
    case .namesList: "a list of names"
    case .scheme: "a preset, or presets with their targets"
    case .groups: "names with their groups"
    case .arguments: "quantization arguments"
    case .observer: "an observer"
    case .observers: "`weights`, `input`, `output` with observers"
    case .observerArguments: "the observer's arguments"
    case .activationOrder: "`static` or `weight`, which are the same"
    case .dynamic: "`false`, `true` or `local`"
    case .block: "`[rows, columns]`"
    case .elementType: "a type by its PyTorch name"
    case .format: "a checkpoint format"
    case .autoInteger: "`auto` or an integer"
    case .balanceMappings: "a list of mappings"
    case .byteCount: "a number of bytes, plain or as `5GB`"
    case .device: "a device"
    case .list: "a list"
    case .mask: "`\"n:m\"`"
    case .maskShape: "`unstructured` or `\"n:m\"`"
    case .runtime: "a runtime"
    case .smoothingMappings: "a list of `[[readers], writer]`"
    case .sparsity: "a number or a list of numbers"
    case .transform: "rotations in full"
    }
  }

  private static func alternatives(_ words: [String]) -> String {
    let words = words.map { "`\($0)`" }
    guard let last = words.last, words.count > 1 else { return words.joined() }
    return words.dropLast().joined(separator: ", ") + " or " + last
  }

  /// What follows from setting a field that is not open, in a sentence; nil for an open one.
  var statusText: String? {
    let reason = instead.map { ": \($0)" } ?? ""
    switch status {
    case .open: return nil
    case .unused: return "Nothing follows from it\(reason)."
    case .deprecated: return "Nothing follows from it any more\(reason)."
    case .overwritten: return "What is given is not used\(reason)."
    case .internal: return "It is a run's own, and an error in a recipe."
    }
  }
}

extension [FieldEntry] {
  /// The fields as a table.
  var table: Document.Table {
    Document.Table(
      ["field", "value", "when omitted", "meaning"],
      map { ["`\($0.name)`", $0.valueText, $0.omissionText, $0.summary] }
    )
  }
}
