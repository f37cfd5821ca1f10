internal import Diagnostics
internal import Evaluation
internal import Glibc

/// What can be wrong with the files that a command is given, outside the recipe's text.
enum CommandDiagnostics {
  static func activationsNotSimulated(_ module: String, count: Int) -> Diagnostic {
    Diagnostic(
      .warning,
      DiagnosticCode("activations-not-simulated"),
      "the inputs of \(module)\(count > 1 ? " and \(count - 1) more" : "") are quantized in a way that eval does not simulate",
      notes: [
        "simulated are inputs with scales found at run time, one a token or a group, and with one scale found by calibration"
      ]
    )
  }

  static func calibrationMissing(_ file: SourceFile, modifier: Spanned<String>) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("calibration-missing"),
      "\(modifier.value) calibrates on data, and none is given",
      in: file,
      at: modifier.span,
      label: "needs calibration data",
      help:
        "give --calibration FILE (JSON Lines with text, messages or input_ids, or plain text), or a calibration: section with dataset:"
    )
  }

  static func comparedWithItself(_ folder: String) -> Diagnostic {
    Diagnostic(.note, DiagnosticCode("compared-with-itself"), "\(folder) is compared with itself")
  }

  static func differentModels(_ pairing: WeightPairing) -> Diagnostic {
    let pairs = pairing.misshapen
    let folders = (pairing.reference.folder, pairing.other.folder)
    return Diagnostic(
      .error,
      DiagnosticCode("different-models"),
      "\(folders.0) and \(folders.1) hold different models: "
        + (pairs.first.map { "\($0.reference.name) is \($0.reference.shape) in one and \($0.other.shape) in the other" }
          ?? ""),
      help: "compare a checkpoint with one that was made from it",
      notes: pairs.count > 1 ? ["so are \(pairs.count - 1) more of \(pairing.pairs.count)"] : []
    )
  }

  static func differentTokenizers(_ model: EvaluatedModel, _ reference: EvaluatedModel) -> Diagnostic {
    Diagnostic(
      .note,
      DiagnosticCode("different-tokenizers"),
      "the tokenizers of \(model.folder) and \(reference.folder) read the text differently; both models are given the tokens of \(reference.folder)"
    )
  }

  static func differentVocabularies(_ model: EvaluatedModel, _ reference: EvaluatedModel) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("different-vocabularies"),
      "\(model.folder) has \(model.vocabularySize) tokens and \(reference.folder) has \(reference.vocabularySize): their predictions cannot be compared",
      help: "give --against the model that this one was made from"
    )
  }

  static func diskFull(_ path: String, needed: Int, available: Int) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("disk-full"),
      "no room at \(path): \(ByteCount.text(needed)) are needed, \(ByteCount.text(available)) are free"
    )
  }

  static func fewerSequences(asked: Int, found: Int, path: String) -> Diagnostic {
    Diagnostic(
      .note,
      DiagnosticCode("fewer-calibration-sequences"),
      "\(path) has \(found) of the \(asked) sequences asked for"
    )
  }

  static func layerWithoutInput(_ layer: String) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("layer-without-input"),
      "no calibration token reached \(layer) with a value other than zero",
      help: "calibrate on other text, or list the layer under ignore"
    )
  }

  static func malformedCalibrationData(_ path: String, place: String, fault: String) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("malformed-calibration-data"),
      "\(path)\(place): \(fault)"
    )
  }

  static func malformedModelConfig(_ fault: String) -> Diagnostic {
    Diagnostic(.error, DiagnosticCode("malformed-model-config"), "config.json: \(fault)")
  }

  static func malformedTokenizer(_ path: String, fault: String) -> Diagnostic {
    Diagnostic(.error, DiagnosticCode("malformed-tokenizer"), "\(path): \(fault)")
  }

  static func missingOutputParent(_ path: String) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("missing-file"),
      "the folder that \(path) is to appear in is not there",
      help: "make it first"
    )
  }

  static func missingTokenizer(_ path: String) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("missing-tokenizer"),
      "there is no \(path), which is needed to read text",
      help: "copy the model's tokenizer.json there, or give JSON Lines with input_ids"
    )
  }

  static func momentsNotFinite(_ layer: String) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("moments-not-finite"),
      "the activations that reach \(layer) grow beyond what float32 can hold",
      help: "check the model with pare eval: its own outputs are then not finite either"
    )
  }

  static func moreDampening(_ layer: String, asked: Double, used: Double) -> Diagnostic {
    Diagnostic(
      .warning,
      DiagnosticCode("more-dampening"),
      "\(layer): the Hessian is not positive definite with dampening_frac \(Float(asked)); \(Float(used)) was used",
      help: "more calibration sequences make the Hessian better conditioned"
    )
  }

  static func noCommonModule(_ pairing: WeightPairing) -> Diagnostic {
    let sides = [(pairing.reference.folder, pairing.onlyInReference), (pairing.other.folder, pairing.onlyInOther)]
    return Diagnostic(
      .error,
      DiagnosticCode("no-common-module"),
      "\(sides[0].0) and \(sides[1].0) have no weight of the same name",
      help: "compare a checkpoint with one that was made from it",
      notes: sides.map { folder, names in
        "\(folder) has " + (names.first.map { "\(names.count) weights, the first \($0)" } ?? "none")
      }
    )
  }

  static func noLinearLayers(_ folder: String) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("no-linear-layers"),
      "the model in \(folder) has no linear layers that compression is for",
      notes: ["heads, routers of experts and parts that read images are left out"]
    )
  }

  static func notPositiveDefinite(_ layer: String, dampening: Double) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("not-positive-definite"),
      "the Hessian of \(layer) has no Cholesky factor even with dampening_frac \(Float(dampening))",
      help: "calibrate on more sequences"
    )
  }

  static func outputExists(_ path: String, as kind: String = "folder") -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("output-exists"),
      "\(path) exists already, and Pare never writes over anything",
      help: "name another \(kind), or remove this one"
    )
  }

  static func systemRefused(_ operation: String, path: String, code: Int32) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("system-refused"),
      "cannot \(operation) \(path): \(String(cString: strerror(code)))"
    )
  }

  static func tokenOutOfRange(id: Int, vocabularySize: Int, path: String) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("token-out-of-range"),
      "\(path) holds the token id \(id), and the model's embedding has \(vocabularySize) rows",
      help: "use data and a tokenizer made for this model"
    )
  }

  static func unaccountedTensor(_ names: [String]) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("unaccounted-tensor"),
      "the plan says nothing of \(names.count) tensors of the input, first \(names.first ?? "")",
      help: "report it with the model's config.json; nothing was written"
    )
  }

  static func unknownTopic(_ name: String, near: [String]) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("unknown-topic"),
      "nothing is called \"\(name)\"" + (near.first.map { "; did you mean \($0)?" } ?? ""),
      help: "pare explain without a name lists everything that can be explained",
      notes: near.count > 1 ? ["there are also \(near.dropFirst().joined(separator: ", "))"] : []
    )
  }

  static func unreadableFile(_ path: String, reason: String) -> Diagnostic {
    Diagnostic(.error, DiagnosticCode("unreadable-file"), "cannot read \(path): \(reason)")
  }

  static func unsupportedModel(key: String, value: String, known: [String]) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("unsupported-model"),
      "config.json: Pare's forward pass does not have \(key) \"\(value)\"",
      notes: ["known are \(known.joined(separator: ", "))"]
    )
  }

  static func unsupportedTokenizer(_ path: String, component: String) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("unsupported-tokenizer"),
      "\(path): Pare does not have the component \(component)",
      help: "tokenize elsewhere and give JSON Lines with input_ids"
    )
  }

  static func unwritableFile(_ path: String, reason: String) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("unwritable-file"),
      "cannot write \(path): \(reason)",
      notes: ["the file is as it was"]
    )
  }

  static func evaluationNeedsArchitecture(modelType: String?) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("evaluation-needs-architecture"),
      "Pare has no architecture document for "
        + (modelType.map { "model_type \"\($0)\"" } ?? "a model without model_type") + " and cannot run it"
    )
  }
}
