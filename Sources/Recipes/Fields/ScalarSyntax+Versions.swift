import RecipeGrammar
import Syntax

extension ScalarSyntax {
  /// What two versions of YAML make of one text.
  struct VersionDifference {
    /// What it is in YAML 1.1.
    let old: String
    /// What it is in YAML 1.2.
    let new: String
    /// A text that means in both what is read.
    let value: String
  }

  /// The difference where a number or a boolean is expected; nil when both versions agree or quotes settle it.
  func versionDifference(for type: FieldType) -> VersionDifference? {
    guard style == .plain else { return nil }
    switch (type, plainValue) {
    case (.boolean, .boolean(let value)) where !["true", "false"].contains(text.lowercased()):
      return VersionDifference(old: "a boolean", new: "a string", value: "\(value)")
    case (.integer, .integer(let value)), (.number, .integer(let value)):
      if text.hasPrefix("0"), text.count > 1, text.allSatisfy({ $0.isNumber || $0 == "_" }) {
        return VersionDifference(old: "octal", new: "decimal", value: "\(value)")
      }
      if text.contains(":") { return VersionDifference(old: "base 60", new: "a string", value: "\(value)") }
      if text.contains("_") || text.hasPrefix("0b") {
        return VersionDifference(old: "an integer", new: "a string", value: "\(value)")
      }
      return nil
    case (.number, .string(let text)):
      guard let value = Double(text), let mantissa = text.firstIndex(where: { "eE".contains($0) }) else { return nil }
      let exponent = text[mantissa...].dropFirst()
      let sign = exponent.first == "-" || exponent.first == "+" ? "" : "+"
      let dotted = text[..<mantissa].contains(".") ? text[..<mantissa] : text[..<mantissa] + ".0"
      return VersionDifference(old: "a string", new: "the number \(value)", value: "\(dotted)e\(sign)\(exponent)")
    default: return nil
    }
  }
}
