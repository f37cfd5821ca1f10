import Diagnostics
import RecipeGrammar
import Syntax
import Vocabulary

/// Reads the value of one field by its type.
struct FieldReader {
  let field: FieldEntry

  /// The value, or nil after a report of what is wrong with it.
  func read(_ written: SyntaxNode, _ context: inout CheckContext) -> FieldValue? {
    guard let node = expanded(written, &context) else { return nil }
    if node.isNull {
      if field.isNullable { return .null }
      context.report(FieldDiagnostics.wrongType(field, node))
      return nil
    }
    switch field.type {
    case .boolean: return scalar(node, LaxCoercion.boolean, &context).map(FieldValue.boolean)
    case .integer:
      return inRange(scalar(node, LaxCoercion.integer, &context), node, { Double($0) }, &context)
        .map(FieldValue.integer)
    case .number:
      return inRange(scalar(node, LaxCoercion.number, &context), node, { $0 }, &context).map(FieldValue.number)
    case .string: return scalar(node, LaxCoercion.string, &context).map(FieldValue.string)
    case .choice: return choice(node, &context)
    case .strings, .namesList: return strings(node, allowsOne: false, &context)
    case .names: return strings(node, allowsOne: true, &context)
    case .observer: return observer(node, &context)
    case .activationOrder: return activationOrder(node, &context)
    case .dynamic: return dynamic(node, &context)
    case .block: return block(node, &context)
    case .elementType: return elementType(node, &context)
    case .format: return format(node, &context)
    case .groups, .arguments, .observers, .observerArguments, .transform: return mapping(node, &context)
    case .any: return .node(node)
    case .autoInteger: return autoInteger(node, &context)
    case .byteCount: return byteCount(node, &context)
    case .balanceMappings, .list, .smoothingMappings: return sequence(node, &context)
    case .choices: return choices(node, &context)
    case .device: return device(node, &context)
    case .mask, .maskShape: return mask(node, &context)
    case .runtime: return runtime(node, &context)
    case .sparsity: return sparsity(node, &context)
    case .scheme:
      if node.sequence == nil { return .node(node) }
      context.report(FieldDiagnostics.wrongType(field, node))
      return nil
    }
  }

  /// The node with an `eval(…)` in it computed; nil after a report of a placeholder that nothing replaces.
  private func expanded(_ node: SyntaxNode, _ context: inout CheckContext) -> SyntaxNode? {
    guard let scalar = node.scalar, !scalar.text.hasPrefix(Target.patternPrefix),
      FieldDiagnostics.isPlaceholder(scalar.text)
    else { return node }
    do throws(ExpressionError) {
      if let computed = try Expression.expand(scalar, arguments: context.arguments) {
        context.report(FieldDiagnostics.evaluatedExpression(scalar.spanned, value: computed.text))
        return .scalar(computed)
      }
      context.report(FieldDiagnostics.unexpandedPlaceholder(scalar.spanned, field: field))
    } catch {
      context.report(FieldDiagnostics.unexpandedPlaceholder(scalar.spanned, field: field, fault: error.description))
    }
    return nil
  }

  private func scalar<Value>(
    _ node: SyntaxNode,
    _ coerce: (ScalarSyntax) -> Value?,
    _ context: inout CheckContext
  ) -> Value? {
    if let scalar = node.scalar, let value = coerce(scalar) {
      if let difference = scalar.versionDifference(for: field.type) {
        context.report(FieldDiagnostics.versionDependentScalar(scalar, field, difference))
      }
      return value
    }
    context.report(FieldDiagnostics.wrongType(field, node))
    return nil
  }

  private func inRange<Number>(
    _ value: Number?,
    _ node: SyntaxNode,
    _ size: (Number) -> Double,
    _ context: inout CheckContext
  ) -> Number? {
    guard let value, !field.range.contains(size(value)) else { return value }
    context.report(FieldDiagnostics.outOfRange(field, found: node.scalar?.text ?? "", at: node.span))
    return nil
  }

  private func choice(_ node: SyntaxNode, _ context: inout CheckContext) -> FieldValue? {
    guard let scalar = node.scalar else {
      context.report(FieldDiagnostics.wrongType(field, node))
      return nil
    }
    let word = scalar.text.lowercased()
    if let choice = field.choices.first(where: { $0.lowercased() == word }) { return .string(choice) }
    if field.choices.contains("true"), let value = LaxCoercion.boolean(scalar) { return .string("\(value)") }
    context.report(FieldDiagnostics.unknownValue(scalar.spanned, of: field, choices: field.choices))
    return nil
  }

  private func strings(_ node: SyntaxNode, allowsOne: Bool, _ context: inout CheckContext) -> FieldValue? {
    if allowsOne, let scalar = node.scalar, LaxCoercion.string(scalar) != nil { return .strings([scalar.spanned]) }
    guard let items = node.sequence?.items else {
      context.report(FieldDiagnostics.wrongType(field, node))
      return nil
    }
    var strings: [Spanned<String>] = []
    var isRight = true
    for item in items {
      if let scalar = item.scalar, !scalar.text.hasPrefix(Target.patternPrefix),
        FieldDiagnostics.isPlaceholder(scalar.text)
      {
        isRight = false
        context.report(FieldDiagnostics.unexpandedPlaceholder(scalar.spanned, field: field))
      } else if let scalar = item.scalar, LaxCoercion.string(scalar) != nil {
        strings.append(scalar.spanned)
      } else {
        isRight = false
        context.report(FieldDiagnostics.wrongItem(field, item))
      }
    }
    return isRight ? .strings(strings) : nil
  }

  private func observer(_ node: SyntaxNode, _ context: inout CheckContext) -> FieldValue? {
    guard let name = scalar(node, LaxCoercion.string, &context) else { return nil }
    if let observer = context.grammar.observer(name) { return .string(observer.name) }
    context.report(FieldDiagnostics.unknownObserver(Spanned(name, at: node.span), context.grammar.observers))
    return nil
  }

  /// Booleans are an old spelling: true is `group`, false is null.
  private func activationOrder(_ node: SyntaxNode, _ context: inout CheckContext) -> FieldValue? {
    if let scalar = node.scalar {
      switch scalar.text.lowercased() {
      case "static", "weight": return .string(ActivationOrder.static.rawValue)
      case "group", "dynamic":
        context.report(FieldDiagnostics.removedActivationOrder(scalar.spanned))
        return nil
      default: break
      }
      switch scalar.plainValue {
      case .boolean(false): return .null
      case .boolean(true):
        context.report(FieldDiagnostics.removedActivationOrder(scalar.spanned))
        return nil
      case .string:
        context.report(FieldDiagnostics.unknownValue(scalar.spanned, of: field, choices: ["static", "weight", "null"]))
        return nil
      default: break
      }
    }
    context.report(FieldDiagnostics.wrongType(field, node))
    return nil
  }

  private func dynamic(_ node: SyntaxNode, _ context: inout CheckContext) -> FieldValue? {
    if let scalar = node.scalar {
      if case .string(let text) = scalar.plainValue {
        if text == "local" { return .string(text) }
        context.report(FieldDiagnostics.unknownValue(scalar.spanned, of: field, choices: ["false", "true", "local"]))
        return nil
      }
      if let value = LaxCoercion.boolean(scalar) { return .string(value ? "true" : "false") }
    }
    context.report(FieldDiagnostics.wrongType(field, node))
    return nil
  }

  /// `[128, 128]` or `"128x128"`.
  private func block(_ node: SyntaxNode, _ context: inout CheckContext) -> FieldValue? {
    var sides: [Int?] = []
    if let scalar = node.scalar {
      sides = scalar.text.lowercased().split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    } else if let items = node.sequence?.items {
      sides = items.map { $0.scalar.flatMap(LaxCoercion.integer) }
    }
    let known = sides.compactMap { $0 }.filter { $0 > 0 }
    if sides.count == 2, known.count == 2 { return .block(BlockShape(rows: known[0], columns: known[1])) }
    context.report(FieldDiagnostics.wrongType(field, node))
    return nil
  }

  private func elementType(_ node: SyntaxNode, _ context: inout CheckContext) -> FieldValue? {
    guard let name = scalar(node, LaxCoercion.string, &context) else { return nil }
    if Grammar.elementType(named: name) != nil { return .string(name) }
    let known = Grammar.elementTypes.keys.sorted()
    context.report(FieldDiagnostics.unknownValue(Spanned(name, at: node.span), of: field, choices: known))
    return nil
  }

  private func format(_ node: SyntaxNode, _ context: inout CheckContext) -> FieldValue? {
    guard let name = scalar(node, LaxCoercion.string, &context) else { return nil }
    let settable = context.grammar.formats.filter(\.isSettable).map(\.format.rawValue)
    if settable.contains(name) { return .string(name) }
    context.report(FieldDiagnostics.unknownValue(Spanned(name, at: node.span), of: field, choices: settable))
    return nil
  }

  private func mapping(_ node: SyntaxNode, _ context: inout CheckContext) -> FieldValue? {
    if node.mapping != nil { return .node(node) }
    context.report(FieldDiagnostics.wrongType(field, node))
    return nil
  }
}
