internal import ChatTemplates
internal import Diagnostics

/// What can be wrong with data in particular forms.
enum DataDiagnostics {
  static func chatTemplateFails(_ place: String, error: ChatTemplateError) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("chat-template-fails"),
      "\(place): line \(error.line) of the model's chat template: \(error.fault.text)",
      help: error.fault.isOfData
        ? "leave the conversation out, or give it the form that the template is for"
        : "render the conversations elsewhere, and give the texts"
    )
  }

  static func missingChatTemplate(_ place: String) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("missing-chat-template"),
      "\(place): the line holds a conversation, and the model has no chat template",
      help: "put a chat_template.jinja beside the weights, or give texts"
    )
  }

  static func parquetData(_ path: String) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("parquet-data"),
      "\(path) is a Parquet file, which Pare does not read",
      help: "make JSON Lines of it: python -c 'import pandas; "
        + "pandas.read_parquet(\"data.parquet\").to_json(\"data.jsonl\", orient=\"records\", lines=True)'"
    )
  }
}

extension ChatTemplateError.Fault {
  /// The fault in words.
  fileprivate var text: String {
    switch self {
    case .syntax(let what): "there is \(what)"
    case .unsupported(let what): "Pare does not have \(what)"
    case .undefined(let name): "\(name) is not defined"
    case .type(let message): message
    case .raised(let message): "it says: \(message)"
    case .limit(.nesting): "something lies in itself too deep"
    case .limit(.size): "a value grows too large"
    case .limit(.steps): "it comes to no end"
    }
  }

  /// Whether another conversation may be rendered.
  fileprivate var isOfData: Bool {
    switch self {
    case .raised, .undefined, .type: true
    case .syntax, .unsupported, .limit: false
    }
  }
}
