internal import JSONDocuments

extension Value {
  /// The text that `{{ value }}` leaves: Python's `str`.
  func text() throws(ChatTemplateError.Fault) -> String {
    switch self {
    case .undefined: return ""
    case .string(let text): return text
    default:
      var text = ""
      try write(to: &text)
      return text
    }
  }

  /// Writes Python's `repr`.
  private func write(to text: inout String) throws(ChatTemplateError.Fault) {
    guard text.utf8.count <= Bounds.textSize else { throw .limit(.size) }
    switch self {
    case .undefined: text += "Undefined"
    case .none: text += "None"
    case .boolean(let value): text += value ? "True" : "False"
    case .integer(let value): text += "\(value)"
    case .float(let value): text += "\(value)"
    case .string(let value): text += Self.quoted(value)
    case .list(let items): try Self.write(items.values, in: ("[", "]"), to: &text)
    case .tuple(let items):
      try Self.write(items.values, in: ("(", items.values.count == 1 ? ",)" : ")"), to: &text)
    case .dictionary(let members):
      text += "{"
      for (index, entry) in members.entries.enumerated() {
        if index > 0 { text += ", " }
        try entry.key.write(to: &text)
        text += ": "
        try entry.value.write(to: &text)
      }
      text += "}"
    case .namespace: text += "<Namespace>"
    case .loop(let loop): text += "<LoopContext \(loop.index + 1)/\(loop.items.count)>"
    case .callable: text += "<function>"
    }
  }

  private static func write(
    _ values: [Value],
    in marks: (String, String),
    to text: inout String
  ) throws(ChatTemplateError.Fault) {
    text += marks.0
    for (index, value) in values.enumerated() {
      if index > 0 { text += ", " }
      try value.write(to: &text)
    }
    text += marks.1
  }

  private static func quoted(_ value: String) -> String {
    let mark: Unicode.Scalar = value.contains("'") && !value.contains("\"") ? "\"" : "'"
    var text = String(mark)
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "\\": text += "\\\\"
      case mark: text += "\\\(mark)"
      default: text += scalar.isPrintable ? String(scalar) : scalar.pythonEscape
      }
    }
    return text + String(mark)
  }
}

extension Unicode.Scalar {
  /// Whether Python shows the character as it is.
  fileprivate var isPrintable: Bool {
    switch properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
    case .spaceSeparator: self == " "
    default: true
    }
  }

  fileprivate var pythonEscape: String {
    switch value {
    case ..<0x100: "\\x" + hexadecimal(2)
    case ..<0x10000: "\\u" + hexadecimal(4)
    default: "\\U" + hexadecimal(8)
    }
  }

  private func hexadecimal(_ digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(digits - text.count, 0)) + text
  }
}

extension Value {
  /// The value that a JSON document stands for.
  init(_ json: JSON) throws(ChatTemplateError.Fault) {
    switch json {
    case .null: self = .none
    case .boolean(let value): self = .boolean(value)
    case .integer(let value): self = .integer(Int(value))
    case .number(let value): self = .float(value)
    case .string(let text): self = .string(text)
    case .array(let elements):
      var values: [Value] = []
      for element in elements { values.append(try Value(element)) }
      self = .list(try Items(values))
    case .object(let members):
      var entries: [(key: Value, value: Value)] = []
      var places: [String: Int] = [:]
      for member in members {
        let value = try Value(member.value)
        if let place = places[member.key] {
          entries[place].value = value
        } else {
          places[member.key] = entries.count
          entries.append((.string(member.key), value))
        }
      }
      self = .dictionary(try Members(entries))
    }
  }
}

/// How `tojson` writes.
struct JSONStyle {
  var indent: String?
  var separators: (item: String, key: String)
  var isASCII = false
  var sortsKeys = false
}

extension Value {
  /// Writes JSON as Python's `json.dumps` does.
  func writeJSON(_ style: JSONStyle, level: Int = 0, to text: inout String) throws(ChatTemplateError.Fault) {
    guard text.utf8.count <= Bounds.textSize else { throw .limit(.size) }
    switch self {
    case .none: text += "null"
    case .boolean(let value): text += value ? "true" : "false"
    case .integer(let value): text += "\(value)"
    case .float(let value):
      text += value.isFinite ? "\(value)" : value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity"
    case .string(let value): Self.writeJSON(value, isASCII: style.isASCII, to: &text)
    case .list(let items), .tuple(let items):
      try Self.write(items.values, ("[", "]"), style, level, to: &text) {
        (value, text) throws(ChatTemplateError.Fault) in
        try value.writeJSON(style, level: level + 1, to: &text)
      }
    case .dictionary(let members):
      var entries: [(key: String, value: Value)] = []
      for entry in members.entries { entries.append((try entry.key.jsonKey(), entry.value)) }
      if style.sortsKeys { entries.sort { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) } }
      try Self.write(entries, ("{", "}"), style, level, to: &text) { (entry, text) throws(ChatTemplateError.Fault) in
        Self.writeJSON(entry.key, isASCII: style.isASCII, to: &text)
        text += style.separators.key
        try entry.value.writeJSON(style, level: level + 1, to: &text)
      }
    case .undefined, .namespace, .loop, .callable: throw .type("Object of type \(typeName) is not JSON serializable")
    }
  }

  private static func write<Element>(
    _ elements: [Element],
    _ marks: (String, String),
    _ style: JSONStyle,
    _ level: Int,
    to text: inout String,
    _ body: (Element, inout String) throws(ChatTemplateError.Fault) -> Void
  ) throws(ChatTemplateError.Fault) {
    text += marks.0
    for (index, element) in elements.enumerated() {
      if index > 0 { text += style.separators.item }
      if let indent = style.indent { text += "\n" + String(repeating: indent, count: level + 1) }
      try body(element, &text)
    }
    if let indent = style.indent, !elements.isEmpty { text += "\n" + String(repeating: indent, count: level) }
    text += marks.1
  }

  private func jsonKey() throws(ChatTemplateError.Fault) -> String {
    switch self {
    case .string(let text): return text
    case .none, .boolean, .integer, .float:
      var text = ""
      try writeJSON(JSONStyle(separators: (",", ":")), to: &text)
      return text
    default: throw .type("keys must be str, int, float, bool or None, not \(typeName)")
    }
  }

  private static func writeJSON(_ value: String, isASCII: Bool, to text: inout String) {
    text += "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "\u{8}": text += "\\b"
      case "\u{C}": text += "\\f"
      default:
        if scalar.value >= 0x20, scalar.value < 0x7F || !isASCII {
          text.unicodeScalars.append(scalar)
        } else {
          for unit in String(scalar).utf16 {
            let digits = String(unit, radix: 16)
            text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
          }
        }
      }
    }
    text += "\""
  }
}
