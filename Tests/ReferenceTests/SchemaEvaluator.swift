import JSONDocuments

/// Evaluates the keywords of JSON Schema that the schema of recipes uses, and refuses to pass over any other.
struct SchemaEvaluator {
  let schema: JSON
  private let patterns: [String: Regex<AnyRegexOutput>]

  enum Fault: Error {
    case unknownKeyword(String)
    case unknownReference(String)
  }

  /// Keywords that say nothing of what is valid.
  private static let annotations: Set<String> = [
    "$schema", "$defs", "title", "description", "default", "deprecated", "deprecationMessage",
  ]

  init(_ schema: JSON) throws {
    self.schema = schema
    var patterns: [String: Regex<AnyRegexOutput>] = [:]
    for pattern in Self.patterns(in: schema) { patterns[pattern] = try Regex(pattern) }
    self.patterns = patterns
  }

  /// Where a document does not keep to the schema: paths of keys and indices with the keyword at fault.
  func faults(in document: JSON) throws -> [String] { try faults(document, schema, at: "") }

  private func faults(_ value: JSON, _ schema: JSON, at path: String) throws -> [String] {
    guard case .object(let keywords) = schema else { return schema == .boolean(false) ? ["\(path): no such key"] : [] }
    return try keywords.flatMap { try faults(value, keyword: $0, in: schema, at: path) }
  }

  private func faults(_ value: JSON, keyword: JSON.Member, in schema: JSON, at path: String) throws -> [String] {
    func unless(_ isKept: Bool) -> [String] { isKept ? [] : ["\(path): \(keyword.key)"] }
    let argument = keyword.value
    switch keyword.key {
    case "$ref": return try faults(value, referred(argument), at: path)
    case "type": return unless(value.has(type: argument.string ?? ""))
    case "enum": return unless(argument.elements.contains(value))
    case "const": return unless(argument == value)
    case "anyOf":
      return unless(try argument.elements.contains { try faults(value, $0, at: path).isEmpty })
    case "pattern": return unless(value.string.map { matches($0, argument) } ?? true)
    case "minimum": return unless(value.double.map { $0 >= argument.double ?? 0 } ?? true)
    case "maximum": return unless(value.double.map { $0 <= argument.double ?? 0 } ?? true)
    case "exclusiveMinimum": return unless(value.double.map { $0 > argument.double ?? 0 } ?? true)
    case "exclusiveMaximum": return unless(value.double.map { $0 < argument.double ?? 0 } ?? true)
    case "required":
      return unless(argument.elements.allSatisfy { value.members == nil || value[$0.string ?? ""] != nil })
    case "minProperties": return unless(value.members.map { $0.count >= argument.int ?? 0 } ?? true)
    case "minItems": return unless(value.items.map { $0.count >= argument.int ?? 0 } ?? true)
    case "maxItems": return unless(value.items.map { $0.count <= argument.int ?? 0 } ?? true)
    case "items":
      return try (value.items ?? []).enumerated().flatMap { try faults($1, argument, at: "\(path)/\($0)") }
    case "propertyNames":
      return try (value.members ?? []).flatMap { try faults(.string($0.key), argument, at: "\(path)/\($0.key)") }
    case "properties", "patternProperties", "additionalProperties":
      return try (value.members ?? []).flatMap { member in
        try schemas(for: member.key, keyword, in: schema).flatMap {
          try faults(member.value, $0, at: "\(path)/\(member.key)")
        }
      }
    case let key where Self.annotations.contains(key): return []
    default: throw Fault.unknownKeyword(keyword.key)
    }
  }

  /// The schemas that one of the three keywords on keys has for a key.
  private func schemas(for key: String, _ keyword: JSON.Member, in schema: JSON) -> [JSON] {
    let named = schema["properties"]?[key]
    let matching = schema["patternProperties"]?.members?.filter { matches(key, .string($0.key)) }.map(\.value) ?? []
    switch keyword.key {
    case "properties": return named.map { [$0] } ?? []
    case "patternProperties": return matching
    default: return named == nil && matching.isEmpty ? [keyword.value] : []
    }
  }

  private func matches(_ text: String, _ pattern: JSON) -> Bool {
    guard let pattern = pattern.string.flatMap({ patterns[$0] }) else { return false }
    return text.firstMatch(of: pattern) != nil
  }

  private func referred(_ reference: JSON) throws -> JSON {
    let name = reference.string.map { String($0.dropFirst("#/$defs/".count)) } ?? ""
    guard let target = schema["$defs"]?[name] else { throw Fault.unknownReference(name) }
    return target
  }

  private static func patterns(in schema: JSON) -> [String] {
    switch schema {
    case .array(let elements): elements.flatMap(patterns)
    case .object(let members):
      members.flatMap { member -> [String] in
        if member.key == "pattern", let pattern = member.value.string { return [pattern] }
        let keys = member.key == "patternProperties" ? member.value.members?.map(\.key) ?? [] : []
        return keys + patterns(in: member.value)
      }
    default: []
    }
  }
}

extension JSON {
  fileprivate var members: [Member]? {
    if case .object(let members) = self { members } else { nil }
  }

  fileprivate var items: [JSON]? {
    if case .array(let items) = self { items } else { nil }
  }

  fileprivate var elements: [JSON] { items ?? [] }

  fileprivate func has(type: String) -> Bool {
    switch (type, self) {
    case ("null", .null), ("boolean", .boolean), ("string", .string), ("array", .array), ("object", .object): true
    case ("integer", .integer), ("number", .integer), ("number", .number): true
    case ("integer", .number(let value)): value == value.rounded()
    default: false
    }
  }
}
