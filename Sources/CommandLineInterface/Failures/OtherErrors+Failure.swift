internal import Checkpoints
internal import Diagnostics
package import Execution
internal import Kernels
internal import Models
internal import Patterns
internal import Tokenization

extension ModelError {
  /// The error in words.
  var failure: CommandFailure {
    switch self {
    case .missingKey(let key, let family):
      CommandFailure(
        CommandDiagnostics.malformedModelConfig("\(key) is missing, which a \(family) model needs")
      )
    case .malformedValue(let key, let expected):
      CommandFailure(CommandDiagnostics.malformedModelConfig("\(key) is not \(expected)"))
    case .unsupported(let key, let value, let known):
      CommandFailure(CommandDiagnostics.unsupportedModel(key: key, value: value, known: known))
    case .missingTensor(let name):
      CommandFailure(Diagnostic(.error, DiagnosticCode("missing-tensor"), "the tensor \(name) is in no file"))
    case .shape(let tensor, let found, let expected):
      CommandFailure(
        Diagnostic(
          .error,
          DiagnosticCode("unexpected-tensor"),
          "\(tensor) has shape \(found) where config.json leads to \(expected)"
        )
      )
    }
  }
}

extension ExecutionError {
  /// The error in words.
  ///
  /// - Parameters:
  ///   - calibration: The path of the calibration data, if there was any.
  ///   - output: The path of the folder that was to be.
  /// - Returns: What the command ends with.
  package func failure(calibration: String, output: String) -> CommandFailure {
    switch self {
    case .checkpoint(.inUse): CommandFailure(CommandDiagnostics.runInProgress(output), status: .usage)
    case .checkpoint(let error): error.failure
    case .factorization(let layer, .noInput): CommandFailure(CommandDiagnostics.layerWithoutInput(layer))
    case .factorization(let layer, .notFinite): CommandFailure(CommandDiagnostics.momentsNotFinite(layer))
    case .factorization(let layer, .notPositiveDefinite(let dampening)):
      CommandFailure(CommandDiagnostics.notPositiveDefinite(layer, dampening: dampening))
    case .tokenOutOfRange(let id, let size):
      CommandFailure(CommandDiagnostics.tokenOutOfRange(id: Int(id), vocabularySize: size, path: calibration))
    case .noCalibrationData:
      CommandFailure(
        CommandDiagnostics.malformedCalibrationData(calibration, place: "", fault: "there are no sequences")
      )
    case .unaccounted(let names): CommandFailure(CommandDiagnostics.unaccountedTensor(names))
    case .interrupted: CommandFailure(CommandDiagnostics.interrupted(), status: .machineFailed)
    case .unfinished(let run): CommandFailure(CommandDiagnostics.unfinishedRun(of: output, run), status: .usage)
    case .differs(let run, let differences):
      CommandFailure(CommandDiagnostics.differentRun(of: output, run, differences), status: .usage)
    case .stopped(let run, .interrupted):
      CommandFailure(CommandDiagnostics.interrupted(keeping: run), status: .machineFailed)
    case .stopped(let run, by: let error):
      error.failure(calibration: calibration, output: output).adding(CommandDiagnostics.runKept(run))
    }
  }
}

extension TokenizerError {
  /// The error in words.
  func failure(path: String) -> CommandFailure {
    switch self {
    case .malformed(let member):
      CommandFailure(CommandDiagnostics.malformedTokenizer(path, fault: "\(member) is missing or malformed"))
    case .unsupported(let component):
      CommandFailure(CommandDiagnostics.unsupportedTokenizer(path, component: component))
    case .pattern(let text, let error):
      CommandFailure(
        CommandDiagnostics.malformedTokenizer(
          path,
          fault: "the pattern \"\(text)\" does not compile: \(error.message) at \(error.offset)"
        )
      )
    case .mergeOutsideVocabulary(let index):
      CommandFailure(
        CommandDiagnostics.malformedTokenizer(path, fault: "merge \(index) makes a token that is not in the vocabulary")
      )
    case .unknownTokenMissing(let token):
      CommandFailure(
        CommandDiagnostics.malformedTokenizer(path, fault: "unk_token \"\(token)\" is not in the vocabulary")
      )
    }
  }
}

extension CalibrationError {
  /// The error in words.
  func failure(path: String) -> CommandFailure {
    func fault(_ text: String, line: Int? = nil) -> CommandFailure {
      CommandFailure(
        CommandDiagnostics.malformedCalibrationData(path, place: line.map { ":\($0)" } ?? "", fault: text)
      )
    }
    return switch self {
    case .empty: fault("the file is empty")
    case .noFullWindow(let tokens, let length):
      fault("the file has \(tokens) tokens, not enough for one sequence of \(length)")
    case .invalidLine(let line, .json(let error)): fault("\(error)", line: line)
    case .invalidLine(let line, .notAnObject): fault("the line is not a JSON object", line: line)
    case .invalidLine(let line, .wrongKind(let member)): fault("\"\(member)\" is of the wrong kind", line: line)
    case .noText(let line, let member, let keys):
      fault(
        "there is neither \"\(member)\" nor \"messages\" nor \"input_ids\"; the line has \(keys.map { "\"\($0)\"" }.joined(separator: ", "))",
        line: line
      )
    case .noTemplate(let line): CommandFailure(DataDiagnostics.missingChatTemplate("\(path):\(line)"))
    case .template(let line, let error):
      CommandFailure(DataDiagnostics.chatTemplateFails("\(path):\(line)", error: error))
    case .noTokenizer(let line): fault("the line holds text, and the model has no tokenizer.json", line: line)
    case .noIDs(let line): fault("input_ids is empty, or its mask leaves nothing of it", line: line)
    case .invalidID(let line, let index, let id, let size):
      id.map { id in
        CommandFailure(
          CommandDiagnostics.tokenOutOfRange(
            id: id,
            vocabularySize: size,
            path: path + (line.map { ":\($0)" } ?? "")
          )
        )
      } ?? fault("input_ids[\(index)] is not an integer", line: line)
    case .invalidUTF8(let offset): fault("byte \(offset) does not continue UTF-8 text")
    }
  }
}
