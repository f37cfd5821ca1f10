/// Whether rendered text carries terminal colours.
package enum RenderingColor: Hashable, Sendable {
  /// Plain text.
  case none
  /// ANSI escape sequences.
  case ansi
}

extension Diagnostic {
  /// One line without the source: `file:line:column: error: message [code]`.
  package var concise: String {
    var place = ""
    if let file {
      place = file.name
      if let position { place += ":\(position.line):\(position.column)" }
      place += ": "
    }
    return "\(place)\(severity.rawValue): \(message) [\(code)]"
  }

  /// The message with the source lines that it is about; ends with a line feed.
  package func rendered(color: RenderingColor = .none) -> String {
    let paint = Paint(color: color)
    var lines = [paint.severity(severity, "\(severity.rawValue):") + paint.bold(" \(message)") + " [\(code)]"]
    let excerpts = excerpts()
    let numberWidth = excerpts.map { String($0.line).count }.max() ?? 1
    let margin = String(repeating: " ", count: numberWidth + 1)
    let bar = paint.gutter("\(margin) |")
    if let file {
      let place = position.map { ":\($0.line):\($0.column)" } ?? ""
      lines.append(margin + paint.gutter("-->") + " \(file.name)\(place)")
    }
    if !excerpts.isEmpty {
      lines.append(bar)
      var previous: Int?
      for excerpt in excerpts {
        if let previous, excerpt.line > previous + 1 { lines.append(paint.gutter("\(margin)...")) }
        let number = String(excerpt.line)
        let padding = String(repeating: " ", count: numberWidth + 1 - number.count)
        lines.append((paint.gutter("\(padding)\(number) |") + " \(excerpt.text)").withoutTrailingSpace)
        for mark in excerpt.marks {
          let indent = String(repeating: " ", count: mark.start)
          let rule = String(repeating: mark.isPrimary ? "^" : "-", count: mark.width)
          let text = mark.label.isEmpty ? rule : "\(rule) \(mark.label)"
          lines.append("\(bar) \(indent)" + (mark.isPrimary ? paint.severity(severity, text) : paint.gutter(text)))
        }
        previous = excerpt.line
      }
    }
    let remarks = (help.map { [("help", $0)] } ?? []) + fixIts.map { ("help", $0.message) } + notes.map { ("note", $0) }
    if !excerpts.isEmpty, !remarks.isEmpty { lines.append(bar) }
    for (kind, text) in remarks {
      lines.append(margin + paint.gutter(" =") + paint.bold(" \(kind):") + " \(text)")
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

extension [Diagnostic] {
  /// All of them rendered, with an empty line between two.
  package func rendered(color: RenderingColor = .none) -> String {
    map { $0.rendered(color: color) }.joined(separator: "\n")
  }
}

/// A source line with the marks under it.
private struct Excerpt {
  let line: Int
  let text: String
  let marks: [Mark]
}

/// A rule under part of a line, in terminal cells.
private struct Mark {
  let start: Int
  let width: Int
  let label: String
  let isPrimary: Bool
}

extension Diagnostic {
  /// The lines to show, in order; a span over several lines is marked on its first.
  private func excerpts() -> [Excerpt] {
    guard let file else { return [] }
    var spans: [(span: SourceSpan, label: String, isPrimary: Bool)] = []
    if let span { spans.append((span, label, true)) }
    spans += secondary.filter { $0.file == nil || $0.file == file }.map { ($0.span, $0.label, false) }
    let byLine = Dictionary(grouping: spans) { file.lines.line(at: min($0.span.start, file.bytes.count)) }
    return byLine.sorted { $0.key < $1.key }.map { line, spans in
      let range = file.lines.range(ofLine: line)
      let display = DisplayLine(file.bytes[range], around: (spans.first?.span.start ?? 0) - range.lowerBound)
      let marks = spans.map { entry in
        let start = display.cell(at: entry.span.start - range.lowerBound)
        let end = display.cell(at: entry.span.end - range.lowerBound)
        return Mark(start: start, width: max(end - start, 1), label: entry.label, isPrimary: entry.isPrimary)
      }
      return Excerpt(line: line, text: display.text, marks: marks)
    }
  }
}

/// Terminal colours, or none.
private struct Paint {
  let color: RenderingColor

  func severity(_ severity: Severity, _ text: String) -> String {
    switch severity {
    case .error: wrap(text, "1;31")
    case .warning: wrap(text, "1;33")
    case .note: wrap(text, "1;36")
    }
  }

  func gutter(_ text: String) -> String { wrap(text, "1;34") }
  func bold(_ text: String) -> String { wrap(text, "1") }

  private func wrap(_ text: String, _ attributes: String) -> String {
    color == .ansi ? "\u{1B}[\(attributes)m\(text)\u{1B}[0m" : text
  }
}

extension String {
  /// The text without spaces at its end, so that no rendering has any.
  fileprivate var withoutTrailingSpace: String {
    var text = self
    while text.hasSuffix(" ") { text.removeLast() }
    return text
  }
}
