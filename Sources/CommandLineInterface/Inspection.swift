internal import Checkpoints
internal import JSONDocuments
internal import Models
internal import Vocabulary

/// What a checkpoint holds, from its config and headers.
struct Inspection {
  let headers: CheckpointHeaders
  let outline: ModelOutline
  let compression: QuantizationConfig?
  let listsTensors: Bool

  private var linears: Int { outline.modules.count { $0.linear != nil } }

  /// Bytes and counts by element type, the largest first.
  private var types: [(type: ElementType, count: Int, bytes: Int)] {
    Dictionary(grouping: outline.tensors, by: \.elementType)
      .map { (type: $0, count: $1.count, bytes: $1.map(\.byteCount).reduce(0, +)) }
      .sorted { ($1.bytes, $0.type.rawValue) < ($0.bytes, $1.type.rawValue) }
  }

  private var totalBytes: Int { outline.tensors.map(\.byteCount).reduce(0, +) }

  var text: String {
    var lines = [
      "model type    \(outline.modelType ?? "none")\(outline.decoder == nil ? " (no architecture document)" : "")"
    ]
    if let decoder = outline.decoder {
      let numbers = decoder.configuration
      lines.append(
        "shape         \(numbers.blockCount) blocks, hidden \(numbers.hiddenSize), feed-forward \(numbers.feedForwardSize), "
          + "\(numbers.queryHeads) heads over \(numbers.keyHeads), vocabulary \(numbers.vocabularySize)"
          + (numbers.tiesEmbeddings ? ", tied" : "")
      )
    }
    lines.append("modules       \(outline.modules.count), of them \(linears) linear")
    if let compression {
      lines.append("compression   \(compression.format.rawValue)")
      for group in compression.groups {
        lines.append("  \(group.name)     \(SchemeText.text(group.scheme)) on \(group.targets.joined(separator: ", "))")
      }
      let ignored = compression.ignored
      let shown =
        ignored.prefix(3).joined(separator: ", ") + (ignored.count > 3 ? " and \(ignored.count - 3) more" : "")
      lines.append("  unchanged   \(ignored.isEmpty ? "none" : shown)")
    } else if let block = headers.blockScaledFloat8?.blockShape {
      lines.append("compression   float8 in blocks of \(block.rows) x \(block.columns), read as bfloat16")
    } else {
      lines.append("compression   none")
    }
    lines.append(
      "tensors       \(outline.tensors.count) in \(headers.files.count) file\(headers.files.count == 1 ? "" : "s"), "
        + ByteCount.text(totalBytes)
    )
    for entry in types {
      lines.append("  \(entry.type.rawValue): \(entry.count) tensors, \(ByteCount.text(entry.bytes))")
    }
    if listsTensors {
      lines += outline.tensors.map { "\($0.name)  \($0.elementType.rawValue)  \($0.shape)" }
    }
    return lines.joined(separator: "\n")
  }

  var json: JSON {
    func number(_ value: Int) -> JSON { .integer(Int64(value)) }
    return .object([
      JSON.Member("schemaVersion", number(1)),
      JSON.Member("modelType", outline.modelType.map(JSON.string) ?? .null),
      JSON.Member("architecture", outline.decoder.map { .string($0.family) } ?? .null),
      JSON.Member("modules", number(outline.modules.count)),
      JSON.Member("linearModules", number(linears)),
      JSON.Member("compression", compression?.json ?? .null),
      JSON.Member(
        "float8Block",
        headers.blockScaledFloat8.map { .array([number($0.blockShape.rows), number($0.blockShape.columns)]) } ?? .null
      ),
      JSON.Member("files", .array(headers.files.map { .string($0.name) })),
      JSON.Member("bytes", number(totalBytes)),
      JSON.Member(
        "elementTypes",
        .object(
          types.map {
            JSON.Member(
              $0.type.rawValue,
              .object([JSON.Member("tensors", number($0.count)), JSON.Member("bytes", number($0.bytes))])
            )
          }
        )
      ),
      JSON.Member(
        "tensors",
        listsTensors
          ? .array(
            outline.tensors.map {
              .object([
                JSON.Member("name", .string($0.name)), JSON.Member("dtype", .string($0.elementType.rawValue)),
                JSON.Member("shape", .array($0.shape.map(number))),
              ])
            }
          ) : .null
      ),
    ])
  }
}
