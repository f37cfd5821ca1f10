/// Jinja's filters.
extension Renderer {
  mutating func apply(_ name: String, to value: Value, _ arguments: Arguments) throws(Fault) -> Value {
    switch name {
    case "default", "d":
      let isMissing = value.isUndefined || (arguments.value(1, "boolean")?.isTrue == true && !value.isTrue)
      return isMissing ? arguments.value(0, "default_value") ?? .string("") : value
    case "tojson": return .string(try json(value, arguments))
    case "string": return .string(try value.text())
    case "safe": return value
    case "trim", "upper", "lower", "title", "capitalize", "replace", "escape", "e", "indent", "format":
      return .string(try applyToText(name, try value.text(), arguments))
    case "int", "float", "abs", "round": return try applyToNumber(name, value, arguments)
    case "length", "count": return .integer(try count(value))
    case "items":
      guard case .dictionary(let members) = value else {
        if value.isUndefined { return .list(.empty) }
        throw .type("Can only get item pairs from a mapping.")
      }
      return .list(try Method.items(of: members))
    case "dictsort":
      guard case .dictionary(let members) = value else { throw .type("dictsort needs a mapping") }
      let isReversed = arguments.value(2, "reverse")?.isTrue == true
      let pairs = try Method.items(of: members).values
      let keys = pairs.map { if case .tuple(let pair) = $0 { pair.values[0] } else { $0 } }
      return .list(try Items(try sorted(pairs, by: keys, isReversed: isReversed, ignoresCase: true)))
    case "map", "select", "reject", "selectattr", "rejectattr": return try applyToEach(name, value, arguments)
    case "join", "first", "last", "list", "reverse", "sort", "unique", "sum", "min", "max":
      return try applyToElements(name, value, arguments)
    default: throw .unsupported("the filter \"\(name)\"")
    }
  }

  private func json(_ value: Value, _ arguments: Arguments) throws(Fault) -> String {
    // transformers gives its arguments names of json.dumps; by place they are ensure_ascii, indent, separators, sort_keys.
    var style = JSONStyle(separators: (", ", ": "))
    style.isASCII = arguments.value(0, "ensure_ascii")?.isTrue ?? false
    style.sortsKeys = arguments.value(3, "sort_keys")?.isTrue ?? false
    switch arguments.value(1, "indent") {
    case .integer(let count)?: style.indent = String(repeating: " ", count: min(max(count, 0), 64))
    case .string(let text)?: style.indent = text
    default: break
    }
    if style.indent != nil { style.separators.item = "," }
    if let given = arguments.value(2, "separators"), !given.isUndefined, case .tuple(let parts) = given,
      parts.values.count == 2
    {
      style.separators = (try parts.values[0].text(), try parts.values[1].text())
    }
    var text = ""
    try value.writeJSON(style, to: &text)
    return text
  }

  private func applyToText(_ name: String, _ text: String, _ arguments: Arguments) throws(Fault) -> String {
    switch name {
    case "trim": return PythonText.stripped(text, of: arguments.value(0, "chars")?.string)
    case "upper": return text.uppercased()
    case "lower": return text.lowercased()
    case "title":
      // Words begin behind white space, hyphens and opening brackets.
      return PythonText.titled(text) { $0.properties.isWhitespace || "-({[<".unicodeScalars.contains($0) }
    case "capitalize": return PythonText.capitalized(text)
    case "replace":
      guard let old = try arguments.value(0, "old")?.text(), let new = try arguments.value(1, "new")?.text() else {
        throw .type("replace needs two texts")
      }
      return try PythonText.replaced(text, old, by: new, at: arguments.value(2, "count")?.integer ?? -1)
    case "escape", "e":
      var escaped = text
      for (plain, entity) in [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&#34;"), ("'", "&#39;")] {
        escaped = try PythonText.replaced(escaped, plain, by: entity, at: -1)
      }
      return escaped
    case "indent": return try indented(text, arguments)
    default:
      let values = try Items(arguments.positional)
      return try PythonText.formatted(text, .tuple(values))
    }
  }

  private func indented(_ text: String, _ arguments: Arguments) throws(Fault) -> String {
    let indentation =
      switch arguments.value(0, "width") {
      case .string(let text)?: text
      case let width?: String(repeating: " ", count: min(max(width.integer ?? 4, 0), 1024))
      case nil: "    "
      }
    let indentsBlank = arguments.value(2, "blank")?.isTrue == true
    var lines = PythonText.lines(text + "\n")
    guard lines.count.multipliedReportingOverflow(by: indentation.utf8.count + 1).partialValue <= Bounds.textSize else {
      throw .limit(.size)
    }
    for index in lines.indices where index > 0 && (indentsBlank || !lines[index].isEmpty) {
      lines[index] = indentation + lines[index]
    }
    return (arguments.value(1, "first")?.isTrue == true ? indentation : "") + lines.joined(separator: "\n")
  }

  private func applyToNumber(_ name: String, _ value: Value, _ arguments: Arguments) throws(Fault) -> Value {
    switch name {
    case "int":
      if let integer = value.integer { return .integer(integer) }
      if let number = value.number ?? value.string.flatMap({ Double(PythonText.stripped($0)) }),
        let integer = Int(exactly: number.rounded(.towardZero))
      {
        return .integer(integer)
      }
      return arguments.value(0, "default") ?? .integer(0)
    case "float":
      if let number = value.number ?? value.string.flatMap({ Double(PythonText.stripped($0)) }) {
        return .float(number)
      }
      return arguments.value(0, "default") ?? .float(0)
    case "abs":
      if let integer = value.integer, integer != .min { return .integer(abs(integer)) }
      guard let number = value.number else { throw .type("bad operand type for abs(): '\(value.typeName)'") }
      return .float(abs(number))
    default:
      guard let number = value.number else { throw .type("type \(value.typeName) doesn't define __round__ method") }
      let scale = PythonText.power(10, Double(arguments.value(0, "precision")?.integer ?? 0))
      let rule: FloatingPointRoundingRule =
        switch arguments.value(1, "method")?.string {
        case "ceil": .up
        case "floor": .down
        default: .toNearestOrEven
        }
      return .float((number * scale).rounded(rule) / scale)
    }
  }

  private func count(_ value: Value) throws(Fault) -> Int {
    switch value {
    case .string(let text): return text.unicodeScalars.count
    case .list(let items), .tuple(let items): return items.values.count
    case .dictionary(let members): return members.entries.count
    case .undefined: return 0
    case .loop(let loop): return loop.items.count
    default: throw .type("object of type '\(value.typeName)' has no len()")
    }
  }

  // MARK: Sequences

  private mutating func applyToEach(_ name: String, _ value: Value, _ arguments: Arguments) throws(Fault) -> Value {
    var results: [Value] = []
    for element in try value.elements() {
      try step(line)
      switch name {
      case "map":
        if let path = arguments.named.first(where: { $0.name == "attribute" })?.value {
          let standard = arguments.named.first { $0.name == "default" }?.value
          results.append(try member(path, of: element, default: standard))
        } else {
          guard let filter = arguments.positional.first?.string else { throw .type("map requires a filter argument") }
          results.append(try apply(filter, to: element, arguments.dropFirst()))
        }
      default:
        let usesMember = name.hasSuffix("attr")
        var rest = arguments
        var tested = element
        if usesMember {
          guard let path = arguments.positional.first else { throw .type("\(name) needs the name of an attribute") }
          tested = try member(path, of: element)
          rest = rest.dropFirst()
        }
        let test = rest.positional.first?.string
        let isKept = if let test { try holds(test, of: tested, rest.dropFirst()) } else { tested.isTrue }
        if isKept == name.hasPrefix("select") { results.append(element) }
      }
    }
    return .list(try Items(results))
  }

  /// What a path of names and numbers with points between them leads to; the default stands for each part that is missing.
  private func member(_ path: Value, of value: Value, default standard: Value? = nil) throws(Fault) -> Value {
    guard let text = path.string else { return try item(path, of: value) }
    var current = value
    for part in text.split(separator: ".", omittingEmptySubsequences: false) {
      current = try item(Int(part).map { .integer($0) } ?? .string(String(part)), of: current)
      if let standard, current.isUndefined { current = standard }
    }
    return current
  }

  private mutating func applyToElements(_ name: String, _ value: Value, _ arguments: Arguments) throws(Fault) -> Value {
    let elements = try value.elements()
    switch name {
    case "join":
      let path = arguments.value(1, "attribute")
      let separator = try arguments.value(0, "d")?.text() ?? ""
      var text = ""
      for (index, element) in elements.enumerated() {
        let part = if let path { try member(path, of: element) } else { element }
        text += (index > 0 ? separator : "") + (try part.text())
        guard text.utf8.count <= Bounds.textSize else { throw .limit(.size) }
      }
      return .string(text)
    case "first": return elements.first ?? .undefined("the first item of nothing")
    case "last": return elements.last ?? .undefined("the last item of nothing")
    case "list": return .list(try Items(elements))
    case "reverse":
      if case .string(let text) = value { return .string(PythonText.text(text.unicodeScalars.reversed())) }
      return .list(try Items(elements.reversed()))
    case "sum":
      var total = arguments.value(1, "start") ?? .integer(0)
      for element in elements {
        let part = if let path = arguments.value(0, "attribute") { try member(path, of: element) } else { element }
        guard let one = total.number, let two = part.number else {
          throw .type("unsupported operand type(s) for +: '\(total.typeName)' and '\(part.typeName)'")
        }
        if let left = total.integer, let right = part.integer, !left.addingReportingOverflow(right).overflow {
          total = .integer(left + right)
        } else {
          total = .float(one + two)
        }
      }
      return total
    default: break
    }
    // sort, unique, min and max look at elements or at members of them, as a rule without regard to case.
    let path = arguments.named.first { $0.name == "attribute" }?.value
    let ignoresCase = arguments.named.first { $0.name == "case_sensitive" }?.value.isTrue != true
    var keys: [Value] = []
    for element in elements {
      let key = if let path { try member(path, of: element) } else { element }
      keys.append(key)
    }
    if name == "unique" {
      var seen: [Value] = []
      var kept: [Value] = []
      for (element, key) in zip(elements, keys.map { ignoresCase ? $0.withoutCase : $0 }) {
        try step(line)
        if seen.contains(where: { $0.equals(key) }) { continue }
        seen.append(key)
        kept.append(element)
      }
      return .list(try Items(kept))
    }
    let isReversed = name == "sort" && arguments.value(0, "reverse")?.isTrue == true
    let ordered = try sorted(elements, by: keys, isReversed: isReversed, ignoresCase: ignoresCase)
    if name == "sort" { return .list(try Items(ordered)) }
    return (name == "min" ? ordered.first : ordered.last) ?? .undefined("the \(name) of nothing")
  }

  /// Elements in the order of their keys; those with equal keys stay as they are.
  private func sorted(
    _ elements: [Value],
    by keys: [Value],
    isReversed: Bool,
    ignoresCase: Bool
  ) throws(Fault) -> [Value] {
    let keys = ignoresCase ? keys.map(\.withoutCase) : keys
    var fault: Fault?
    let order = keys.indices.sorted { one, two in
      do throws(Fault) {
        if try (isReversed ? keys[two].isLess(than: keys[one]) : keys[one].isLess(than: keys[two])) { return true }
        let isGreater = try isReversed ? keys[one].isLess(than: keys[two]) : keys[two].isLess(than: keys[one])
        return !isGreater && one < two
      } catch {
        fault = error
        return one < two
      }
    }
    if let fault { throw fault }
    return order.map { elements[$0] }
  }
}

extension Value {
  /// A text in small letters; anything else as it is.
  fileprivate var withoutCase: Value { string.map { .string($0.lowercased()) } ?? self }
}

/// Jinja's tests.
extension Renderer {
  func holds(_ name: String, of value: Value, _ arguments: Arguments) throws(Fault) -> Bool {
    func operand() throws(Fault) -> Value {
      guard let operand = arguments.positional.first else { throw .type("the test \"\(name)\" needs a value") }
      return operand
    }
    switch name {
    case "defined": return !value.isUndefined
    case "undefined": return value.isUndefined
    case "none": return if case .none = value { true } else { false }
    case "string": return value.string != nil
    case "boolean": return if case .boolean = value { true } else { false }
    case "integer": return if case .integer = value { true } else { false }
    case "float": return if case .float = value { true } else { false }
    case "number": return value.number != nil
    case "true": return if case .boolean(true) = value { true } else { false }
    case "false": return if case .boolean(false) = value { true } else { false }
    case "mapping": return if case .dictionary = value { true } else { false }
    case "sequence", "iterable":
      switch value {
      case .string, .list, .tuple, .dictionary: return true
      case .undefined: return true
      default: return false
      }
    case "callable": return if case .callable = value { true } else { false }
    case "lower": return try value.text() == value.text().lowercased()
    case "upper": return try value.text() == value.text().uppercased()
    case "odd", "even", "divisibleby":
      let divisor = name == "divisibleby" ? try operand().integer ?? 0 : 2
      guard let integer = value.integer, divisor != 0 else { throw .type("the test \"\(name)\" needs integers") }
      let isDivisible = integer.remainderReportingOverflow(dividingBy: divisor).partialValue == 0
      return name == "odd" ? !isDivisible : isDivisible
    case "eq", "equalto", "==": return value.equals(try operand())
    case "ne", "!=": return !value.equals(try operand())
    case "lt", "lessthan", "<": return try Self.holds(.less, value, try operand())
    case "le", "<=": return try Self.holds(.lessOrEqual, value, try operand())
    case "gt", "greaterthan", ">": return try Self.holds(.greater, value, try operand())
    case "ge", ">=": return try Self.holds(.greaterOrEqual, value, try operand())
    case "in": return try Self.holds(.contained, value, try operand())
    case "sameas":
      let operand = try operand()
      return value.typeName == operand.typeName && value.equals(operand)
    default: throw .unsupported("the test \"\(name)\"")
    }
  }
}
