import Diagnostics

extension SyntaxDiagnostics {
  /// libyaml's failure in our words, with the place where the construct began.
  static func syntaxError(_ file: SourceFile, _ failure: LibYAMLFailure, offsets: OffsetTable) -> Diagnostic {
    let place = offsets.byte(failure.place)
    let start = failure.context == nil ? nil : offsets.byte(failure.contextPlace)
    let here = width(file, at: place)
    var diagnostic = Diagnostic(
      .error,
      DiagnosticCode("syntax-error"),
      problems[failure.problem] ?? failure.problem,
      in: file,
      at: here
    )
    let opener = start.map { width(file, at: $0) }
    switch failure.problem {
    case "did not find expected ',' or ']'", "did not find expected ',' or '}'":
      let isSequence = failure.problem.hasSuffix("']'")
      diagnostic.message = isSequence ? "this list is not closed" : "this mapping is not closed"
      diagnostic.label = "opened here"
      diagnostic.span = opener ?? here
      diagnostic.secondary = [LabelledSpan(here, "expected \",\" or \"\(isSequence ? "]" : "}")\" before this")]
      diagnostic.help = "add `\(isSequence ? "]" : "}")`"
    case "found unexpected end of stream":
      diagnostic.message = "this quoted text is not closed"
      diagnostic.label = "opened here"
      diagnostic.span = opener ?? here
    case "found character that cannot start any token":
      diagnostic.label = "here"
      if file[here] == "\t" {
        diagnostic.message = "a tab cannot indent; YAML wants spaces"
      }
    default:
      diagnostic.label = "here"
      if let opener, opener.start != here.start, let what = failure.context.flatMap({ contexts[$0] }) {
        diagnostic.secondary = [LabelledSpan(opener, "\(what) begins here")]
      }
    }
    if failure.problem == "did not find expected key" {
      diagnostic.notes = ["is this line indented differently from those around it?"]
    }
    if failure.problem == "mapping values are not allowed in this context" {
      diagnostic.notes = ["text with a colon and a space in it must be quoted"]
    }
    return diagnostic
  }

  /// The problems of libyaml 0.2.5 that people meet; the others are shown as libyaml says them.
  static let problems: [String: String] = [
    "block sequence entries are not allowed in this context": "a list item cannot begin here",
    "could not find expected ':'": "this key has no colon after it",
    "did not find expected '-' indicator": "expected another list item or less indentation",
    "did not find expected <document start>": "expected the end of the document",
    "did not find expected alphabetic or numeric character": "a name of letters and digits must follow & or *",
    "did not find expected comment or line break": "only a comment may follow here",
    "did not find expected hexdecimal number": "expected hexadecimal digits in this escape",
    "did not find expected key": "expected a key at the indentation of the mapping",
    "did not find expected node content": "expected a value",
    "did not find expected whitespace or line break": "expected a space",
    "found a tab character that violates indentation": "a tab cannot indent; YAML wants spaces",
    "found a tab character where an indentation space is expected": "a tab cannot indent; YAML wants spaces",
    "found character that cannot start any token": "no value can begin with this character; quote the text",
    "found incompatible YAML document": "only YAML 1.1 and 1.2 are read",
    "found undefined tag handle": "this tag's handle is not declared",
    "found unexpected document indicator": "a document marker stands inside quoted text",
    "found unknown escape character": "this escape does not exist in double quotes; use single quotes",
    "mapping keys are not allowed in this context": "a key cannot begin here",
    "mapping values are not allowed in this context": "a second colon in one line makes no mapping",
  ]

  private static let contexts: [String: String] = [
    "while parsing a block collection": "the list",
    "while parsing a block mapping": "the mapping",
    "while parsing a flow mapping": "the mapping",
    "while parsing a flow node": "the value",
    "while parsing a flow sequence": "the list",
    "while parsing a block node": "the value",
    "while scanning a quoted scalar": "the text",
    "while scanning a simple key": "the key",
    "while scanning a plain scalar": "the text",
    "while scanning a block scalar": "the text",
    "while scanning an anchor": "the anchor",
    "while scanning an alias": "the alias",
    "while parsing a double-quoted scalar": "the text",
  ]

  /// The character at an offset, or the empty span at the end.
  private static func width(_ file: SourceFile, at offset: Int) -> SourceSpan {
    var end = min(offset + 1, file.bytes.count)
    while end < file.bytes.count, file.bytes[end] & 0xC0 == 0x80 { end += 1 }
    return SourceSpan(start: min(offset, end), end: end)
  }
}
