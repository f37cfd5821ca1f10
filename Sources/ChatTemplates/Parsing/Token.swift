/// A piece of a template.
struct Token {
  let kind: Kind
  /// The line that it begins in, from 1.
  let line: Int

  enum Kind: Equatable {
    /// Text outside of tags.
    case data(String)
    /// `{{` and `{%`.
    case begin(Tag)
    /// `}}` and `%}`.
    case end(Tag)
    case name(String)
    case string(String)
    case integer(Int)
    case float(Double)
    case sign(String)
    case endOfTemplate
  }

  /// What stands between two marks.
  enum Tag {
    case output
    case statement
  }

  /// What stands there, for messages.
  var text: String {
    switch kind {
    case .data: "text"
    case .begin(let tag): tag == .output ? "{{" : "{%"
    case .end(let tag): tag == .output ? "}}" : "%}"
    case .name(let name): "\"\(name)\""
    case .string: "a string"
    case .integer(let value): "\(value)"
    case .float(let value): "\(value)"
    case .sign(let sign): "\"\(sign)\""
    case .endOfTemplate: "the end of the template"
    }
  }
}
