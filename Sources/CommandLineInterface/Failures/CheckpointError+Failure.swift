package import Checkpoints
internal import Diagnostics
internal import Glibc
internal import Vocabulary

extension CheckpointError {
  /// The error in words, with the status that it ends a command with.
  package var failure: CommandFailure {
    switch self {
    case .system(let failure):
      CommandFailure(
        CommandDiagnostics.systemRefused(failure.operation.rawValue, path: failure.path, code: failure.code),
        status: failure.code == ENOENT || failure.code == ENOTDIR ? .usage : .machineFailed
      )
    case .diskFull(let path, let needed, let available):
      CommandFailure(
        CommandDiagnostics.diskFull(path, needed: needed, available: available),
        status: .machineFailed
      )
    case .inUse(let path): CommandFailure(CommandDiagnostics.runInProgress(path), status: .usage)
    case .destinationExists(let path):
      CommandFailure(CommandDiagnostics.outputExists(path), status: .usage)
    case .missingFile(let path):
      CommandFailure(diagnostic(DiagnosticCode("missing-file"), "\(path) is not there"), status: .usage)
    case .otherWeights(let folder, let file):
      CommandFailure(WeightFormDiagnostics.otherWeightFiles(file, in: folder), status: .usage)
    default: CommandFailure(fault)
    }
  }

  /// What is wrong with the checkpoint itself.
  private var fault: Diagnostic {
    switch self {
    case .notARegularFile(let path): diagnostic(DiagnosticCode("missing-file"), "\(path) is not a regular file")
    case .fileTooLarge(let path, let count, let limit):
      diagnostic(
        DiagnosticCode("unexpected-file"),
        "\(path) has \(ByteCount.text(count)), more than the \(ByteCount.text(limit)) that any such file has"
      )
    case .fileChanged(let path, let expected, let found):
      diagnostic(
        DiagnosticCode("unexpected-file"),
        "\(path) changed from \(expected) to \(found) bytes while it was read"
      )
    case .fileName(let name):
      diagnostic(DiagnosticCode("unexpected-file"), "\"\(name)\" cannot be the name of a file beside the weights")
    case .header(let file, let fault): diagnostic(DiagnosticCode("malformed-safetensors"), "\(file): \(fault.text)")
    case .json(let file, let error): diagnostic(DiagnosticCode("malformed-json"), "\(file): \(error)")
    case .notAnObject(let file): diagnostic(DiagnosticCode("malformed-json"), "\(file): the document is not an object")
    case .index(let file, let fault): diagnostic(DiagnosticCode("malformed-shard-index"), "\(file): \(fault.text)")
    case .quantizationConfig(let member, let fault):
      diagnostic(DiagnosticCode("malformed-quantization-config"), "config.json: \(member) \(fault.text)")
    case .missingTensor(let name): diagnostic(DiagnosticCode("missing-tensor"), "the tensor \(name) is in no file")
    case .duplicateTensor(let name, let files):
      diagnostic(
        DiagnosticCode("duplicate-tensor"),
        "the tensor \(name) stands twice, in \(files.joined(separator: " and "))"
      )
    case .elementType(let tensor, let found, let expected):
      diagnostic(
        DiagnosticCode("unexpected-tensor"),
        "\(tensor) has type \(found.rawValue) where \(expected.map(\.rawValue).joined(separator: " or ")) is needed"
      )
    case .shape(let tensor, let found, let expected):
      diagnostic(
        DiagnosticCode("unexpected-tensor"),
        "\(tensor) has shape \(found) where \(Self.text(expected)) is needed"
      )
    case .contents(let tensor):
      diagnostic(DiagnosticCode("unexpected-tensor"), "the contents of \(tensor) contradict the module's other tensors")
    case .notFinite(let tensor, let position):
      diagnostic(DiagnosticCode("not-finite"), "\(tensor) holds NaN or infinity at \(position)")
    case .unevenGroups(let columns, let size):
      diagnostic(DiagnosticCode("unsupported-compression"), "\(columns) columns do not divide into groups of \(size)")
    case .unsupportedScheme(let format):
      diagnostic(DiagnosticCode("unsupported-compression"), "a scheme has no tensors in the format \(format.rawValue)")
    case .byteCount(let tensor, let found, let expected):
      diagnostic(DiagnosticCode("output-incomplete"), "\(tensor) has \(found) bytes where its layout has \(expected)")
    case .writtenTwice(let name): diagnostic(DiagnosticCode("output-incomplete"), "\(name) was written twice")
    case .unwritten(let names):
      diagnostic(
        DiagnosticCode("output-incomplete"),
        "\(names.count) tensors were not written, the first \(names.first ?? "")"
      )
    case .system, .diskFull, .inUse, .destinationExists, .missingFile, .otherWeights: failure.diagnostics[0]
    }
  }

  private static func text(_ shape: [Int?]) -> String {
    "[" + shape.map { $0.map(String.init) ?? "any" }.joined(separator: ", ") + "]"
  }
}

/// An error without a place in a recipe.
private func diagnostic(_ code: DiagnosticCode, _ message: String) -> Diagnostic {
  Diagnostic(.error, code, message)
}

extension HeaderFault {
  /// The fault in words.
  fileprivate var text: String {
    switch self {
    case .tooShort(let count): "the file has \(count) bytes, too few for a header"
    case .headerTooLarge(let count, let limit): "the header claims \(count) bytes, and the limit is \(limit)"
    case .headerBeyondFile(let count, let file): "the header claims \(count) bytes, and the file has \(file)"
    case .json(let error): "the header: \(error)"
    case .notAnObject: "the header is not an object"
    case .malformedMetadata: "__metadata__ is not an object of strings"
    case .repeatedMetadata: "__metadata__ stands twice"
    case .repeatedTensor(let name): "the tensor \"\(name)\" stands twice"
    case .malformedEntry(let tensor): "the entry of \"\(tensor)\" is not an object"
    case .repeatedMember(let tensor, let member): "\(member) of \"\(tensor)\" stands twice"
    case .malformedMember(let tensor, let member): "\(member) of \"\(tensor)\" is missing or malformed"
    case .unknownElementType(let tensor, let found): "\"\(tensor)\" has the unknown dtype \"\(found)\""
    case .tooManyDimensions(let tensor, let found, let limit):
      "\"\(tensor)\" has \(found) dimensions, and the limit is \(limit)"
    case .sizeOverflow(let tensor): "the size of \"\(tensor)\" overflows"
    case .partialByte(let tensor): "the elements of \"\(tensor)\" do not fill whole bytes"
    case .sizeMismatch(let tensor, let found, let expected):
      "data_offsets of \"\(tensor)\" span \(found) bytes where its type and shape need \(expected)"
    case .misplaced(let tensor, let begin, let expected):
      "\"\(tensor)\" begins at byte \(begin) of the data where \(expected) is expected: tensors overlap or leave a hole"
    case .fileByteCount(let found, let expected):
      "the file has \(found) bytes where its tensors end at \(expected): it is truncated or has trailing bytes"
    }
  }
}

extension IndexFault {
  /// The fault in words.
  fileprivate var text: String {
    switch self {
    case .malformedWeightMap: "weight_map is missing or not an object of strings"
    case .repeatedTensor(let name): "the tensor \"\(name)\" is listed twice"
    case .fileName(let tensor, let file):
      "\"\(tensor)\" is said to be in \"\(file)\", which is not a plain file name in the folder"
    case .missingShard(let file): "the shard \(file) is not there"
    case .missingTensor(let name, let file): "\"\(name)\" is not in \(file), where the index has it"
    case .unlistedTensor(let name, let file): "\(file) holds \"\(name)\", which the index does not list there"
    case .unlistedShard(let file): "\(file) is named like a shard and is not in the index"
    case .fileBesideShards(let file):
      "\(file) stands beside the shards and is not in the index, and loaders differ in which they take"
    }
  }
}

extension ConfigFault {
  /// The fault in words that follow the member's name.
  fileprivate var text: String {
    switch self {
    case .missing: "is missing"
    case .malformed: "is malformed"
    case .unknown(let value): "has the unknown value \"\(value)\""
    }
  }
}
