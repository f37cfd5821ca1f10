extension Diagnostic {
  /// One line without the source: `file:line:column: error: message [code]`.
  package var concise: String {
    var place = ""
    if let file {
      place = file.name.visible
      if let position { place += ":\(position.line):\(position.column)" }
      place += ": "
    }
    return "\(place)\(severity.rawValue): \(message.visible) [\(code)]"
  }

  /// The message with the source lines that it is about; ends with a line feed.
  package func rendered(color: RenderingColor = .none) -> String {
    DiagnosticRendering(self, paint: Paint(color: color)).text
  }
}

extension [Diagnostic] {
  /// All of them rendered, with an empty line between two.
  package func rendered(color: RenderingColor = .none) -> String {
    map { $0.rendered(color: color) }.joined(separator: "\n")
  }
}

/// One diagnostic laid out: its message, the places in each file, remarks, and what its fix-its would make of the lines.
private struct DiagnosticRendering {
  /// Places besides the primary one that are shown at most.
  private static let secondaryLimit = 12

  private let diagnostic: Diagnostic
  private let paint: Paint
  private let snippets: [(file: SourceFile, snippet: Snippet)]
  private let previews: [(fixIt: FixIt, preview: FixPreview)]
  private let remarks: [(kind: String, text: String)]
  private let numberWidth: Int

  init(_ diagnostic: Diagnostic, paint: Paint) {
    self.diagnostic = diagnostic
    self.paint = paint
    snippets = DiagnosticRendering.snippets(of: diagnostic)
    let fixIts = diagnostic.fixIts.map { (fixIt: $0, preview: FixPreview($0, in: diagnostic.file)) }
    previews = fixIts.compactMap { fixIt, preview in preview.map { (fixIt, $0) } }
    let hidden = diagnostic.secondary.count - DiagnosticRendering.secondaryLimit
    remarks =
      (diagnostic.help.map { [("help", $0)] } ?? [])
      + fixIts.filter { $0.preview == nil }.map { ("help", $0.fixIt.message) }
      + diagnostic.notes.map { ("note", $0) }
      + (hidden > 0 ? [("note", "\(hidden) more \(hidden == 1 ? "place is" : "places are") not shown")] : [])
    let numbers = snippets.flatMap { $0.snippet.lineNumbers } + previews.flatMap { $0.preview.lines.map(\.number) }
    numberWidth = String(numbers.max() ?? 0).count
  }

  private var margin: String { String(repeating: " ", count: numberWidth + 1) }
  private var bar: String { paint("\(margin) |", .gutter) }

  var text: String {
    let severity = paint("\(diagnostic.severity.rawValue):", .severity(diagnostic.severity))
    var lines = ["\(severity)\(paint(" \(diagnostic.message.visible)", .bold)) [\(diagnostic.code)]"]
    if let file = diagnostic.file, file != snippets.first?.file { lines.append(heading(file, nil)) }
    for entry in snippets {
      if lines.count > 1 { lines.append(bar) }
      lines.append(heading(entry.file, entry.file == diagnostic.file ? diagnostic.position : entry.snippet.position))
      lines.append(bar)
      lines += entry.snippet.rows.map(line)
    }
    if !snippets.isEmpty, !remarks.isEmpty { lines.append(bar) }
    for (kind, text) in remarks {
      lines.append(margin + paint(" =", .gutter) + paint(" \(kind):", .bold) + " \(text.visible)")
    }
    for (fixIt, preview) in previews {
      lines.append(bar)
      lines.append(paint("help:", .bold) + " \(fixIt.message.visible)")
      lines += preview.otherFile.map { [heading($0, nil)] } ?? []
      lines.append(bar)
      lines += preview.lines.flatMap(self.lines)
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func heading(_ file: SourceFile, _ position: SourcePosition?) -> String {
    let place = position.map { ":\($0.line):\($0.column)" } ?? ""
    return margin + paint("-->", .gutter) + " \(file.name.visible)\(place)"
  }

  private func line(_ row: Snippet.Row) -> String {
    switch row {
    case .source(let number, let cells): join(numbered(number, "|", .gutter), cells)
    case .marks(let cells): join(bar, cells)
    case .gap(let cells): paint("\(margin)...", .gutter) + cells.rendered(paint)
    }
  }

  private func lines(_ line: FixPreview.Line) -> [String] {
    var source = CellRow()
    switch line.kind {
    case .changed(let marks):
      source.put(line.text, at: 0, .plain)
      let rules = LineMarks(marks).rows(from: 0).map { join(bar, $0) }
      return [join(numbered(line.number, "|", .gutter), source)] + rules
    case .removed:
      source.put(line.text, at: 0, .removal)
      return [join(numbered(line.number, "-", .removal), source)]
    case .added:
      source.put(line.text, at: 0, .addition)
      return [join(numbered(line.number, "+", .addition), source)]
    }
  }

  private func numbered(_ number: Int, _ sign: String, _ style: Paint.Style) -> String {
    let padding = String(repeating: " ", count: max(numberWidth + 1 - String(number).count, 0))
    return paint("\(padding)\(number) ", .gutter) + paint(sign, style)
  }

  private func join(_ left: String, _ cells: CellRow) -> String {
    let right = cells.rendered(paint)
    return right.isEmpty ? left : "\(left) \(right)"
  }

  /// The places by file: first the file that the diagnostic is about, then the others as they come.
  private static func snippets(of diagnostic: Diagnostic) -> [(file: SourceFile, snippet: Snippet)] {
    var places: [(file: SourceFile, places: [Snippet.Place])] = []
    func add(_ place: Snippet.Place, in file: SourceFile?) {
      guard let file = file ?? diagnostic.file else { return }
      if let index = places.firstIndex(where: { $0.file == file }) {
        places[index].places.append(place)
      } else {
        places.append((file, [place]))
      }
    }
    if let span = diagnostic.span {
      let style = Paint.Style.severity(diagnostic.severity)
      add(Snippet.Place(span: span, label: diagnostic.label, isPrimary: true, style: style), in: nil)
    }
    for other in diagnostic.secondary.prefix(secondaryLimit) {
      add(Snippet.Place(span: other.span, label: other.label, isPrimary: false, style: .gutter), in: other.file)
    }
    return places.map { ($0.file, Snippet($0.file, $0.places)) }
  }
}
