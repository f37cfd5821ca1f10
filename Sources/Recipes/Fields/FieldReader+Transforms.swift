import Diagnostics
import RecipeGrammar
import Syntax
import Vocabulary

/// Values that only pruning, smoothing and rotation modifiers have, and those of Pare's own sections.
extension FieldReader {
  func autoInteger(_ node: SyntaxNode, _ context: inout CheckContext) -> FieldValue? {
    if node.scalar?.text.lowercased() == "auto" { return .string("auto") }
    // Versions of the tool disagree on whether booleans may stand here; nothing follows from either.
    if case .boolean(let value)? = node.scalar?.plainValue { return .boolean(value) }
    guard let value = node.scalar.flatMap(LaxCoercion.integer) else {
      context.report(FieldDiagnostics.wrongType(field, node))
      return nil
    }
    guard field.range.contains(Double(value)) else {
      context.report(FieldDiagnostics.outOfRange(field, found: node.scalar?.text ?? "", at: node.span))
      return nil
    }
    return .integer(value)
  }

  /// A positive number of bytes, perhaps with a unit; what does not come to whole bytes is cut off.
  func byteCount(_ node: SyntaxNode, _ context: inout CheckContext) -> FieldValue? {
    guard let text = node.scalar?.text else {
      context.report(FieldDiagnostics.wrongType(field, node))
      return nil
    }
    let compact = text.uppercased().filter { $0 != " " }
    let unit = Self.units.first { compact.hasSuffix($0.name) }
    guard let number = Double(compact.dropLast(unit?.name.count ?? 0)), number.isFinite,
      number * (unit?.bytes ?? 1) < Self.mostBytes
    else {
      context.report(FieldDiagnostics.wrongType(field, node))
      return nil
    }
    let count = number * (unit?.bytes ?? 1)
    guard field.range.contains(count) else {
      context.report(FieldDiagnostics.outOfRange(field, found: text, at: node.span))
      return nil
    }
    return .integer(Int(count))
  }

  /// Decimal units, as Hugging Face's tools have them; the longest names first.
  private static let units: [(name: String, bytes: Double)] = [
    ("KB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12), ("B", 1),
  ]
  /// More bytes than a file system holds.
  private static let mostBytes = 1e18

  /// One word or a list of words, each among the field's own.
  func choices(_ node: SyntaxNode, _ context: inout CheckContext) -> FieldValue? {
    guard let items = node.sequence?.items else {
      context.report(FieldDiagnostics.wrongType(field, node))
      return nil
    }
    var words: [Spanned<String>] = []
    for item in items {
      guard let scalar = item.scalar else {
        context.report(FieldDiagnostics.wrongItem(field, item))
        continue
      }
      if let choice = field.choices.first(where: { $0.lowercased() == scalar.text.lowercased() }) {
        words.append(Spanned(choice, at: scalar.span))
      } else {
        context.report(FieldDiagnostics.unknownValue(scalar.spanned, of: field, choices: field.choices))
      }
    }
    return words.count == items.count ? .strings(words) : nil
  }

  /// `cpu`, `meta`, or a kind of accelerator with or without a number.
  func device(_ node: SyntaxNode, _ context: inout CheckContext) -> FieldValue? {
    guard let scalar = node.scalar, let text = LaxCoercion.string(scalar) else {
      context.report(FieldDiagnostics.wrongType(field, node))
      return nil
    }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    let isNumbered = parts.count == 2 && Int(parts[1]) != nil
    if let kind = parts.first, Self.devices.contains(String(kind)), parts.count == 1 || isNumbered {
      return .string(text)
    }
    context.report(FieldDiagnostics.unknownValue(scalar.spanned, of: field, choices: Self.devices))
    return nil
  }

  /// Kinds of devices that PyTorch knows and people have.
  private static let devices = ["cpu", "cuda", "meta", "mps", "npu", "xpu"]

  /// `n:m`; without quotes YAML 1.1 makes a number in base 60 of it, which nobody means.
  func mask(_ node: SyntaxNode, _ context: inout CheckContext) -> FieldValue? {
    guard let scalar = node.scalar else {
      context.report(FieldDiagnostics.wrongType(field, node))
      return nil
    }
    guard let structure = MaskStructure(text: scalar.text), field.type == .maskShape || scalar.text.contains(":") else {
      context.report(FieldDiagnostics.unknownMask(scalar, field))
      return nil
    }
    if case .nOfM(let zeros, let size) = structure, zeros >= size || size > Self.largestMaskPattern {
      context.report(FieldDiagnostics.impossibleMask(scalar, zeros: zeros, of: size, limit: Self.largestMaskPattern))
      return nil
    }
    if scalar.style == .plain, case .integer(let number) = scalar.plainValue {
      context.report(FieldDiagnostics.unquotedMask(scalar, number: number))
    }
    return .mask(structure)
  }

  /// Columns of the longest pattern that is pruned.
  private static let largestMaskPattern = 16

  func runtime(_ node: SyntaxNode, _ context: inout CheckContext) -> FieldValue? {
    guard let scalar = node.scalar, let text = LaxCoercion.string(scalar) else {
      context.report(FieldDiagnostics.wrongType(field, node))
      return nil
    }
    if let runtime = context.grammar.runtime(text.lowercased()) { return .string(runtime.name) }
    let known = context.grammar.runtimes.map(\.name)
    context.report(FieldDiagnostics.unknownValue(scalar.spanned, of: field, choices: known))
    return nil
  }

  func sequence(_ node: SyntaxNode, _ context: inout CheckContext) -> FieldValue? {
    if node.sequence != nil { return .node(node) }
    context.report(FieldDiagnostics.wrongType(field, node))
    return nil
  }

  func sparsity(_ node: SyntaxNode, _ context: inout CheckContext) -> FieldValue? {
    if let items = node.sequence?.items {
      let fractions = items.compactMap { fraction($0, &context) }
      return fractions.count == items.count ? .sparsity(.perLayer(fractions)) : nil
    }
    return fraction(node, &context).map { .sparsity(.uniform($0)) }
  }

  private func fraction(_ node: SyntaxNode, _ context: inout CheckContext) -> Double? {
    guard let scalar = node.scalar, let value = LaxCoercion.number(scalar) else {
      context.report(FieldDiagnostics.noFraction(field, node))
      return nil
    }
    guard field.range.contains(value) else {
      context.report(FieldDiagnostics.fractionOutOfRange(field, scalar, value))
      return nil
    }
    return value
  }
}

extension MaskStructure {
  /// Reads `n:m` or `unstructured`; no zeros of any number are no structure.
  init?(text: String) {
    if text.lowercased() == "unstructured" {
      self = .unstructured
      return
    }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let zeros = parts[0], let size = parts[1], zeros >= 0, size >= 0 else { return nil }
    self = zeros == 0 ? .unstructured : .nOfM(zeros: zeros, of: size)
  }
}
