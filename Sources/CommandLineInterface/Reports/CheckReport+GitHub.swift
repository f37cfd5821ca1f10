internal import Diagnostics

extension CheckReport.Entry {
  /// The diagnostic as a workflow command of GitHub Actions, which shows it beside the line in a pull request.
  ///
  /// - SeeAlso: "Workflow commands for GitHub Actions", docs.github.com; escapes as in actions/toolkit `command.ts`.
  var workflowCommand: String {
    let level =
      switch diagnostic.severity {
      case .error: "error"
      case .warning: "warning"
      case .note: "notice"
      }
    var properties: [(name: String, value: String)] = fileName.map { [("file", $0)] } ?? []
    if let file = diagnostic.file, let span = diagnostic.span {
      let (start, end) = (file.position(at: span.start), file.position(at: span.end))
      properties += [("line", "\(start.line)"), ("endLine", "\(end.line)")]
      // GitHub takes columns within one line only.
      if start.line == end.line {
        properties += [("col", "\(start.column)"), ("endColumn", "\(end.column)")]
      }
    }
    properties.append(("title", diagnostic.code.name))
    let list = properties.map { "\($0.name)=\($0.value.escapedAsProperty)" }.joined(separator: ",")
    return "::\(level) \(list)::\(diagnostic.prose.escapedAsData)"
  }
}

extension Diagnostic {
  /// The message, and a line for each remark, for tools that show no source line.
  var prose: String {
    let remarks =
      (help.map { ["help: \($0)"] } ?? []) + fixIts.map { "help: \($0.message)" } + notes.map { "note: \($0)" }
    return ([message] + remarks).map(\.visible).joined(separator: "\n")
  }
}

extension String {
  /// The text with what would end a command's message written as escapes.
  fileprivate var escapedAsData: String {
    replacing("%", with: "%25").replacing("\r", with: "%0D").replacing("\n", with: "%0A")
  }

  /// The text with what would end a property's value written as escapes.
  fileprivate var escapedAsProperty: String {
    escapedAsData.replacing(":", with: "%3A").replacing(",", with: "%2C")
  }
}
