/// Calls of functions, of methods, and of macros.
extension Renderer {
  mutating func call(_ callee: Value, _ arguments: Arguments) throws(Fault) -> Value {
    switch callee {
    case .undefined(let hint): throw .undefined(hint)
    case .callable(.function(let function)):
      let value = try call(function, arguments)
      try charge([value])
      return value
    case .callable(.method(let receiver, let name)):
      try charge([receiver] + arguments.positional)
      return try Method.call(name, of: receiver, arguments)
    case .callable(.macro(let macro)): return try call(macro, arguments)
    case .loop: throw .unsupported("a loop that is recursive")
    default: throw .type("'\(callee.typeName)' object is not callable")
    }
  }

  private func call(_ function: Function, _ arguments: Arguments) throws(Fault) -> Value {
    switch function {
    case .range: return try Self.range(arguments)
    case .dict:
      var entries: [(key: Value, value: Value)] = []
      if case .dictionary(let members)? = arguments.positional.first { entries = members.entries }
      for argument in arguments.named {
        entries.removeAll { $0.key.string == argument.name }
        entries.append((.string(argument.name), argument.value))
      }
      return .dictionary(try Members(entries))
    case .namespace:
      let namespace = Namespace()
      if case .dictionary(let members)? = arguments.positional.first {
        for entry in members.entries { try namespace.set(try entry.key.text(), to: entry.value) }
      }
      for argument in arguments.named { try namespace.set(argument.name, to: argument.value) }
      return .namespace(namespace)
    case .raiseException: throw .raised(try arguments.value(0, "message")?.text() ?? "")
    case .timeNow:
      guard let format = arguments.value(0, "format")?.string else { throw .type("strftime_now needs a format") }
      return .string(try PythonText.formatted(date, format))
    }
  }

  private static func range(_ arguments: Arguments) throws(Fault) -> Value {
    var bounds: [Int] = []
    for argument in arguments.positional {
      guard let bound = argument.integer else {
        throw .type("'\(argument.typeName)' object cannot be interpreted as an integer")
      }
      bounds.append(bound)
    }
    guard (1...3).contains(bounds.count) else { throw .type("range expected 1 to 3 arguments, got \(bounds.count)") }
    let (start, end) = bounds.count == 1 ? (0, bounds[0]) : (bounds[0], bounds[1])
    let step = bounds.count == 3 ? bounds[2] : 1
    guard step != 0 else { throw .type("range() arg 3 must not be zero") }
    let values = stride(from: start, to: end, by: step).lazy.prefix(Bounds.range + 1).map { Value.integer($0) }
    guard values.count <= Bounds.range else { throw .limit(.size) }
    return .list(try Items(Array(values)))
  }
}

/// What Python's objects can do.
enum Method {
  typealias Fault = ChatTemplateError.Fault

  private static let ofStrings: Set<String> = [
    "strip", "lstrip", "rstrip", "split", "rsplit", "splitlines", "startswith", "endswith", "upper", "lower", "title",
    "capitalize", "replace", "find", "rfind", "index", "count", "join", "format", "removeprefix", "removesuffix",
    "isdigit", "isalpha", "isalnum", "isspace", "isupper", "islower", "zfill", "encode",
  ]
  private static let ofDictionaries: Set<String> = [
    "get", "items", "keys", "values", "copy", "pop", "update", "setdefault", "clear", "popitem",
  ]
  private static let ofLists: Set<String> = [
    "index", "count", "copy", "append", "extend", "insert", "pop", "remove", "reverse", "sort", "clear",
  ]

  static func exists(_ name: String, of value: Value) -> Bool {
    switch value {
    case .string: ofStrings.contains(name)
    case .dictionary: ofDictionaries.contains(name)
    case .list: ofLists.contains(name)
    case .tuple: name == "index" || name == "count"
    default: false
    }
  }

  static func call(_ name: String, of receiver: Value, _ arguments: Arguments) throws(Fault) -> Value {
    switch receiver {
    case .string(let text): return try call(name, of: text, arguments)
    case .dictionary(let members): return try call(name, of: members, arguments)
    case .list(let items), .tuple(let items): return try call(name, of: items, arguments)
    case .loop(let loop): return try call(name, of: loop, arguments)
    default: throw .unsupported("the method \(name)")
    }
  }

  private static func call(_ name: String, of members: Members, _ arguments: Arguments) throws(Fault) -> Value {
    switch name {
    case "get":
      guard let key = arguments.value(0, "key") else { throw .type("get expected at least 1 argument, got 0") }
      return members[key] ?? arguments.value(1, "default") ?? .none
    case "keys": return .list(try Items(members.entries.map(\.key)))
    case "values": return .list(try Items(members.entries.map(\.value)))
    case "items": return .list(try items(of: members))
    case "copy": return .dictionary(members)
    default: throw .type("\(name) would change a dictionary, which templates must not")
    }
  }

  /// Keys and values, in pairs.
  static func items(of members: Members) throws(Fault) -> Items {
    var pairs: [Value] = []
    for entry in members.entries { pairs.append(.tuple(try Items([entry.key, entry.value]))) }
    return try Items(pairs)
  }

  private static func call(_ name: String, of items: Items, _ arguments: Arguments) throws(Fault) -> Value {
    guard name == "index" || name == "count" || name == "copy" else {
      throw .type("\(name) would change a list, which templates must not")
    }
    if name == "copy" { return .list(items) }
    guard let value = arguments.positional.first else { throw .type("\(name) expected at least 1 argument, got 0") }
    if name == "count" { return .integer(items.values.count { $0.equals(value) }) }
    guard let index = items.values.firstIndex(where: { $0.equals(value) }) else { throw .type("value is not in list") }
    return .integer(index)
  }

  private static func call(_ name: String, of loop: Loop, _ arguments: Arguments) throws(Fault) -> Value {
    if name == "cycle" {
      guard !arguments.positional.isEmpty else { throw .type("no items for cycling given") }
      return arguments.positional[loop.index % arguments.positional.count]
    }
    let isSame =
      loop.lastChanged.map { last in
        last.count == arguments.positional.count && zip(last, arguments.positional).allSatisfy { $0.equals($1) }
      } ?? false
    loop.lastChanged = arguments.positional
    return .boolean(!isSame)
  }

  private static func call(_ name: String, of text: String, _ arguments: Arguments) throws(Fault) -> Value {
    func string(_ index: Int, _ name: String) throws(Fault) -> String? {
      guard let value = arguments.value(index, name) else { return nil }
      if case .none = value { return nil }
      guard let text = value.string else { throw .type("a str is required, not \(value.typeName)") }
      return text
    }
    func needed(_ index: Int) throws(Fault) -> String {
      guard let text = try string(index, "") else { throw .type("\(name) needs a str") }
      return text
    }
    func limit(_ index: Int, _ name: String) throws(Fault) -> Int {
      guard let value = arguments.value(index, name) else { return -1 }
      guard let limit = value.integer else { throw .type("an integer is required, not \(value.typeName)") }
      return limit
    }
    let scalars = text.unicodeScalars
    switch name {
    case "strip": return .string(PythonText.stripped(text, of: try string(0, "chars")))
    case "lstrip": return .string(PythonText.stripped(text, of: try string(0, "chars"), right: false))
    case "rstrip": return .string(PythonText.stripped(text, of: try string(0, "chars"), left: false))
    case "split":
      return try list(PythonText.split(text, by: try string(0, "sep"), at: try limit(1, "maxsplit")))
    case "rsplit":
      guard let separator = try string(0, "sep") else { throw .unsupported("rsplit without a separator") }
      return try list(PythonText.splitFromEnd(text, by: separator, at: try limit(1, "maxsplit")))
    case "splitlines":
      return try list(PythonText.lines(text, keepingEnds: arguments.value(0, "keepends")?.isTrue ?? false))
    case "startswith": return .boolean(try ends(arguments) { scalars.starts(with: $0.unicodeScalars) })
    case "endswith":
      return .boolean(try ends(arguments) { scalars.reversed().starts(with: $0.unicodeScalars.reversed()) })
    case "upper": return .string(text.uppercased())
    case "lower": return .string(text.lowercased())
    case "title": return .string(PythonText.titled(text) { !$0.properties.isCased })
    case "capitalize": return .string(PythonText.capitalized(text))
    case "replace":
      return .string(try PythonText.replaced(text, try needed(0), by: try needed(1), at: try limit(2, "count")))
    case "find": return .integer(PythonText.find(try needed(0), in: text) ?? -1)
    case "rfind":
      let (whole, part) = (Array(scalars), Array(try needed(0).unicodeScalars))
      return .integer(PythonText.findLast(part, in: whole, before: whole.count) ?? -1)
    case "index":
      guard let place = PythonText.find(try needed(0), in: text) else { throw .type("substring not found") }
      return .integer(place)
    case "count":
      let part = try needed(0)
      return .integer(part.isEmpty ? scalars.count + 1 : try PythonText.split(text, by: part, at: -1).count - 1)
    case "join": return .string(try joined(arguments.positional.first?.elements() ?? [], by: text))
    case "removeprefix":
      let part = try needed(0).unicodeScalars
      return .string(scalars.starts(with: part) ? String(scalars.dropFirst(part.count)) : text)
    case "removesuffix":
      let part = try needed(0).unicodeScalars
      let isThere = scalars.reversed().starts(with: part.reversed())
      return .string(isThere ? String(scalars.dropLast(part.count)) : text)
    case "isdigit":
      return holds(scalars) { $0.properties.numericType == .decimal || $0.properties.numericType == .digit }
    case "isalpha": return holds(scalars, \.isLetter)
    case "isalnum": return holds(scalars) { $0.isLetter || $0.properties.numericType != nil }
    case "isspace": return holds(scalars) { $0.properties.isWhitespace }
    case "isupper": return .boolean(scalars.contains { $0.properties.isCased } && text == text.uppercased())
    case "islower": return .boolean(scalars.contains { $0.properties.isCased } && text == text.lowercased())
    case "zfill":
      let zeros = max(try limit(0, "width") - scalars.count, 0)
      guard zeros <= Bounds.textSize else { throw .limit(.size) }
      let sign = text.hasPrefix("-") || text.hasPrefix("+") ? 1 : 0
      return .string(text.prefix(sign) + String(repeating: "0", count: zeros) + text.dropFirst(sign))
    default: throw .unsupported("the method \(name) of texts")
    }
  }

  private static func list(_ parts: [String]) throws(Fault) -> Value { .list(try Items(parts.map { .string($0) })) }

  /// Whether a text has one of several beginnings or ends, given as one text or as a tuple of them.
  private static func ends(_ arguments: Arguments, _ fits: (String) -> Bool) throws(Fault) -> Bool {
    let candidates: [Value]
    switch arguments.positional.first {
    case .tuple(let items): candidates = items.values
    case let value?: candidates = [value]
    case nil: throw .type("at least 1 argument is expected")
    }
    for candidate in candidates {
      guard let text = candidate.string else {
        throw .type("first arg must be str or a tuple of str, not \(candidate.typeName)")
      }
      if fits(text) { return true }
    }
    return false
  }

  private static func joined(_ parts: [Value], by separator: String) throws(Fault) -> String {
    var text = ""
    for (index, part) in parts.enumerated() {
      guard let part = part.string else {
        throw .type("sequence item \(index): expected str instance, \(part.typeName) found")
      }
      text += (index > 0 ? separator : "") + part
      guard text.utf8.count <= Bounds.textSize else { throw .limit(.size) }
    }
    return text
  }

  private static func holds(
    _ scalars: String.UnicodeScalarView,
    _ fits: (Unicode.Scalar) -> Bool
  ) -> Value {
    .boolean(!scalars.isEmpty && scalars.allSatisfy(fits))
  }
}

extension Unicode.Scalar {
  /// What Python counts as alphabetic: letters, and nothing that only goes with them.
  fileprivate var isLetter: Bool {
    switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
    default: false
    }
  }
}
