internal import Patterns

/// The regular expressions of tokenizer.json, which are written for Oniguruma, in PCRE2's terms.
///
/// Both agree on what these files use, but for `\s`: PCRE2 counts U+180E as white space. What the two read
/// differently beyond that (`\h`, classes in classes, intersections) is refused.
enum OnigurumaSyntax {
  /// White space as Oniguruma has it, the inside of a class.
  private static let space = #"\x09-\x0D\x20\x85\xA0\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}"#

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
        case "S" where classStart == nil: result += "[^\(space)]"
        case "h", "H": throw refusal
        default: result.unicodeScalars.append(contentsOf: scalars[index...next])
        }
        index = scalars.index(after: next)
        continue
      }
      if let start = classStart {
        if scalar == "&" && following == "&" || scalar == "[" && following != ":" { throw refusal }
        let lead = scalars[start..<index]
        // A bracket that comes first in a class stands for itself; that of `[:alpha:]` ends the name only.
        let isLiteral = lead.elementsEqual("[".unicodeScalars) || lead.elementsEqual("[^".unicodeScalars)
        if scalar == "]" && !isLiteral && lead.last != ":" { classStart = nil }
      } else if scalar == "[" {
        classStart = index
      }
      result.unicodeScalars.append(scalar)
      index = next
    }
    return result
  }
}
