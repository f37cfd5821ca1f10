internal import Patterns

/// The regular expressions of tokenizer.json, which are written for Oniguruma, in PCRE2's terms.
///
/// Both agree on properties, groups and repetition. They differ in `\s`, where PCRE2 counts U+180E, and in `\w`, where
/// it counts fewer characters; both are written out. What else they read differently (`\h`, word boundaries, classes in
/// classes, intersections) is refused.
enum OnigurumaSyntax {
  /// White space as Oniguruma has it, the inside of a class.
  private static let space = #"\x09-\x0D\x20\x85\xA0\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}"#
  /// Word characters as Oniguruma has them, the inside of a class: those of UTS #18, and the `²³¹¼½¾` of Latin-1.
  private static let word = #"\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\xB2\xB3\xB9\xBC-\xBE"#

  /// Compiles a pattern.
  ///
  /// - Throws: `unsupported` for what cannot be carried over, `pattern` for what does not compile.
  static func pattern(_ text: String) throws(TokenizerError) -> Pattern {
    try compile(translated(text), for: text)
  }

  /// Compiles a pattern that matches a text and nothing else.
  static func literal(_ text: String) throws(TokenizerError) -> Pattern {
    var escaped = ""
    for scalar in text.unicodeScalars {
      if scalar.isASCII && !("0"..."9" ~= scalar || "A"..."Z" ~= scalar || "a"..."z" ~= scalar) { escaped += "\\" }
      escaped.unicodeScalars.append(scalar)
    }
    return try compile(escaped, for: text)
  }

  private static func compile(_ translated: String, for text: String) throws(TokenizerError) -> Pattern {
    do throws(PatternError) {
      return try Pattern(translated)
    } catch {
      throw .pattern(text, error)
    }
  }

  private static func translated(_ text: String) throws(TokenizerError) -> String {
    let refusal = TokenizerError.unsupported(component: "regular expression \(text)")
    var result = ""
    var classStart: String.UnicodeScalarIndex?
    let scalars = text.unicodeScalars
    var index = scalars.startIndex
    while index < scalars.endIndex {
      let scalar = scalars[index]
      let next = scalars.index(after: index)
      let following = next < scalars.endIndex ? scalars[next] : nil
      if scalar == "\\", let following {
        switch following {
        case "s": result += classStart == nil ? "[\(space)]" : space
        case "w": result += classStart == nil ? "[\(word)]" : word
        case "S" where classStart == nil: result += "[^\(space)]"
        case "W" where classStart == nil: result += "[^\(word)]"
        case "S", "W", "h", "H", "b", "B": throw refusal
        default: result.unicodeScalars.append(contentsOf: scalars[index...next])
        }
        index = scalars.index(after: next)
        continue
      }
      if let start = classStart {
        if scalar == "&" && following == "&" || scalar == "[" { throw refusal }
        let lead = scalars[start..<index]
        // A bracket that comes first in a class stands for itself.
        let isLiteral = lead.elementsEqual("[".unicodeScalars) || lead.elementsEqual("[^".unicodeScalars)
        if scalar == "]" && !isLiteral { classStart = nil }
      } else if scalar == "[" {
        classStart = index
      }
      result.unicodeScalars.append(scalar)
      index = next
    }
    return result
  }
}
