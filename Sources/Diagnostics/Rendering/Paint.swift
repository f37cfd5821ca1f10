/// Whether rendered text carries terminal colours.
package enum RenderingColor: Hashable, Sendable {
  /// Plain text.
  case none
  /// ANSI escape sequences.
  case ansi
}

/// Terminal colours, or none.
struct Paint {
  /// What a piece of text is, which decides how it looks.
  enum Style: Hashable {
    /// The source, and prose.
    case plain
    /// A word that leads a line.
    case bold
    /// Line numbers, bars, and marks of further places.
    case gutter
    /// The marks of the place that the diagnostic is about.
    case severity(Severity)
    /// What a fix-it writes.
    case addition
    /// What a fix-it takes away.
    case removal
  }

  let color: RenderingColor

  /// The text in its style's colour.
  func callAsFunction(_ text: String, _ style: Style) -> String {
    guard color == .ansi, !text.isEmpty, let attributes = Paint.attributes(of: style) else { return text }
    return "\u{1B}[\(attributes)m\(text)\u{1B}[0m"
  }

  /// Parameters of the escape sequence Select Graphic Rendition (ECMA-48); nil for the terminal's own look.
  private static func attributes(of style: Style) -> String? {
    switch style {
    case .plain: nil
    case .bold: "1"
    case .gutter: "1;34"
    case .severity(.error): "1;31"
    case .severity(.warning): "1;33"
    case .severity(.note): "1;36"
    case .addition: "32"
    case .removal: "31"
    }
  }
}
