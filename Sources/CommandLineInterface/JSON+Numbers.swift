internal import JSONDocuments

extension JSON {
  /// A number; null where it is infinite or none, which JSON has no words for.
  static func finite(_ value: Double) -> JSON { value.isFinite ? .number(value) : .null }
}
