import Diagnostics
import RecipeGrammar
import Syntax
import Vocabulary

/// The fields of one mapping after their types and ranges have been checked.
struct FieldValues: Sendable {
  /// The mapping they stand in.
  let span: SourceSpan
  /// Whether a field of the mapping was wrong; rules over several fields are then left out.
  private(set) var hasFailed = false

  private let entries: [FieldEntry]
  private var values: [String: Spanned<FieldValue>] = [:]
  private var keys: [String: SourceSpan] = [:]

  /// Reads all fields of a mapping and reports what is wrong with each.
  ///
  /// - Parameters:
  ///   - mapping: The fields as written.
  ///   - owner: What has the fields, as messages call it.
  ///   - entries: The fields that the grammar knows.
  ///   - history: What became of fields that are gone.
  ///   - context: Where findings go.
  init(
    _ mapping: MappingSyntax,
    of owner: String,
    entries: [FieldEntry],
    history: ModifierHistory? = nil,
    _ context: inout CheckContext
  ) {
    self.span = mapping.span
    self.entries = entries
    for entry in mapping.entries {
      if let field = entries.first(where: { $0.name == entry.key.text }) {
        read(field, entry, in: mapping, &context)
      } else if let past = history?.fields[entry.key.text], past.effect != nil {
        outlived(entry, past, in: mapping, of: owner, &context)
      } else {
        hasFailed = true
        if context.isFull { continue }
        context.report(
          FieldDiagnostics.unknownField(entry.key.spanned, of: owner, entries, grammar: context.grammar)
        )
      }
    }
    for field in entries where field.isRequired && keys[field.name] == nil {
      hasFailed = true
      context.report(FieldDiagnostics.missingField(field, of: owner, at: mapping.span))
    }
  }

  /// Whether the grammar knows a field here.
  func has(_ name: String) -> Bool { entries.contains { $0.name == name } }

  /// Whether the mapping says anything of a field, null included.
  func isGiven(_ name: String) -> Bool { keys[name] != nil }

  /// Whether a field is given as one word rather than a list or a mapping.
  func isScalar(_ name: String) -> Bool {
    guard case .strings(let items)? = values[name]?.value, let place = values[name]?.span else { return false }
    return items.count == 1 && items[0].span == place
  }

  /// Where a field's key stands, or nil when the field is omitted.
  func key(_ name: String) -> SourceSpan? { keys[name] }

  /// Where a field's value stands, or the whole mapping when the field is omitted.
  func place(_ name: String) -> SourceSpan { values[name]?.span ?? keys[name] ?? span }

  /// A boolean field, or its default.
  func boolean(_ name: String) -> Bool? {
    if case .boolean(let value)? = values[name]?.value { return value }
    return defaultScalar(name).flatMap(LaxCoercion.boolean)
  }

  /// An integer field, or its default.
  func integer(_ name: String) -> Int? {
    if case .integer(let value)? = values[name]?.value { return value }
    return defaultScalar(name).flatMap(LaxCoercion.integer)
  }

  /// A number field, or its default.
  func number(_ name: String) -> Double? {
    if case .number(let value)? = values[name]?.value { return value }
    return defaultScalar(name).flatMap(LaxCoercion.number)
  }

  /// A field whose value is one word, or its default.
  func string(_ name: String) -> String? { given(name)?.value ?? entry(name)?.defaultText }

  /// A field whose value is one word, when it is given.
  func given(_ name: String) -> Spanned<String>? {
    guard let value = values[name], case .string(let text) = value.value else { return nil }
    return Spanned(text, at: value.span)
  }

  /// A field whose value is a list of words, when it is given.
  func strings(_ name: String) -> [Spanned<String>]? {
    if case .strings(let items)? = values[name]?.value { items } else { nil }
  }

  /// A field whose value is a list of words, or its default as one word with the place given.
  func names(_ name: String, at span: SourceSpan) -> [Spanned<String>] {
    strings(name) ?? string(name).map { [Spanned($0, at: span)] } ?? []
  }

  /// How zeros are arranged, or the default.
  func mask(_ name: String) -> MaskStructure? {
    if case .mask(let structure)? = values[name]?.value { return structure }
    return entry(name)?.defaultText.flatMap(MaskStructure.init(text:))
  }

  /// How many weights become zero, when it is given.
  func sparsity(_ name: String) -> Sparsity? {
    if case .sparsity(let sparsity)? = values[name]?.value { sparsity } else { nil }
  }

  /// A block shape, when it is given.
  func block(_ name: String) -> BlockShape? {
    if case .block(let shape)? = values[name]?.value { shape } else { nil }
  }

  /// A field that is a mapping or has a form of its own, when it is given and not null.
  func node(_ name: String) -> SyntaxNode? {
    if case .node(let node)? = values[name]?.value { node } else { nil }
  }

  /// An integer field with its place, when it is given.
  func spannedInteger(_ name: String) -> Spanned<Int>? {
    guard let value = values[name], case .integer(let number) = value.value else { return nil }
    return Spanned(number, at: value.span)
  }

  private func entry(_ name: String) -> FieldEntry? {
    let entry = entries.first { $0.name == name }
    precondition(entry != nil, "the grammar has no field \(name) here")
    return entry
  }

  private func defaultScalar(_ name: String) -> ScalarSyntax? {
    guard keys[name] == nil || values[name]?.value.isNull == true else { return nil }
    return entry(name)?.defaultText.map(ScalarSyntax.init(unplaced:))
  }

  private mutating func read(
    _ field: FieldEntry,
    _ entry: MappingEntrySyntax,
    in mapping: MappingSyntax,
    _ context: inout CheckContext
  ) {
    let key = entry.key.spanned
    keys[field.name] = key.span
    guard let value = FieldReader(field: field).read(entry.value, &context) else {
      hasFailed = true
      return
    }
    values[field.name] = Spanned(value, at: entry.value.span)
    if value.isNull || field.status == .open { return }
    let removal = EntryRemoval.edit(entry, in: mapping, context.file)
    let reason = field.instead ?? "nothing reads it"
    switch field.status {
    case .open: break
    case .unused, .deprecated:
      context.report(FieldDiagnostics.fieldWithoutEffect(key, because: reason, removal: removal))
    case .overwritten:
      hasFailed = true
      context.report(FieldDiagnostics.overwrittenField(key, because: reason, removal: removal))
    case .internal:
      hasFailed = true
      context.report(FieldDiagnostics.internalField(key, removal: removal))
    }
  }

  /// Reads a field that only other releases have.
  private mutating func outlived(
    _ entry: MappingEntrySyntax,
    _ past: FieldHistory,
    in mapping: MappingSyntax,
    of owner: String,
    _ context: inout CheckContext
  ) {
    let key = entry.key.spanned
    let removal = EntryRemoval.edit(entry, in: mapping, context.file)
    switch past.effect {
    case .renamed?:
      guard let name = past.replacement, let field = entries.first(where: { $0.name == name }) else { return }
      let isGiven = mapping[name] != nil
      context.report(
        FieldDiagnostics.renamedField(key, past, of: owner, to: name, removal: isGiven ? removal : nil)
      )
      if !isGiven { read(field, entry, in: mapping, &context) }
    case .nothing?:
      if let accepted = past.accepts, entry.value.scalar?.text.lowercased() != accepted {
        hasFailed = true
        context.report(FieldDiagnostics.outlivedField(key, past, of: owner))
      } else {
        context.report(FieldDiagnostics.removedField(key, past, of: owner, removal: removal))
      }
    case .moved?, .unknown?, nil:
      hasFailed = true
      context.report(FieldDiagnostics.outlivedField(key, past, of: owner))
    }
  }
}
