/// HTML that is also well-formed XML.
///
/// A `String` is escaped where it is interpolated, so text from outside cannot become markup; literals and other markup
/// are taken as they are.
struct Markup: ExpressibleByStringInterpolation, Hashable, Sendable {
  private(set) var text: String

  init(stringLiteral value: String) { text = value }

  init(stringInterpolation: StringInterpolation) { text = stringInterpolation.text }

  /// Takes text of Pare's own that is markup already.
  init(trusted text: String) { self.text = text }

  static let empty: Markup = ""

  /// Literals with holes.
  struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var text = ""

    init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity) }

    mutating func appendLiteral(_ literal: String) { text += literal }

    mutating func appendInterpolation(_ outside: String) { text += Markup.escaped(outside) }

    mutating func appendInterpolation(_ markup: Markup) { text += markup.text }

    mutating func appendInterpolation(_ parts: [Markup]) { for part in parts { text += part.text } }

    mutating func appendInterpolation(_ number: Int) { text += String(number) }

    /// A place in a drawing, to a tenth of a unit.
    mutating func appendInterpolation(at place: Double) { text += Numeral.place(place) }
  }

  private static func escaped(_ text: String) -> String {
    var escaped = ""
    escaped.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      case "\t", "\n", "\r": escaped.unicodeScalars.append(scalar)
      // XML has no form for these.
      case "\0"..<" ", "\u{FFFE}", "\u{FFFF}": escaped += "\u{FFFD}"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
