import Checkpoints
import Foundation
import JSONDocuments
import TestSupport
import Testing
import Vocabulary

/// A checkpoint in a folder of its own, removed when the test lets go of it.
final class MadeCheckpoint: Sendable {
  let folder: URL

  /// A tensor of floats.
  struct Floats {
    let name: String
    let shape: [Int]
    var values: [Float]
  }

  /// Writes a checkpoint of float32 tensors.
  init(config: JSON, tensors: [Floats]) throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "made-\(UUID().uuidString)")
    let writer = try CheckpointWriter(
      destination: folder.path(percentEncoded: false),
      layout: SafetensorsLayout(
        tensors: tensors.map { TensorDescription(name: $0.name, elementType: .float32, shape: $0.shape) }
      )
    )
    for tensor in tensors { try tensor.values.withUnsafeBytes { try writer.write(tensor.name, bytes: $0) } }
    var config = config
    config["dtype"] = .string("float32")
    try writer.writeFile("config.json", bytes: Array(config.serialized(.pretty).utf8))
    try writer.finish()
  }

  /// Copies a checkpoint without some of its tensors, and with changes to its config.
  init(copying source: URL, leavingOut names: Set<String>, config change: (inout JSON) -> Void) throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "made-\(UUID().uuidString)")
    let checkpoint = try Checkpoint.open(source.path(percentEncoded: false))
    let kept = checkpoint.headers.tensorNames.filter { !names.contains($0) }
    let writer = try CheckpointWriter(
      destination: folder.path(percentEncoded: false),
      layout: SafetensorsLayout(tensors: kept.compactMap { checkpoint.headers.description(of: $0) })
    )
    for name in kept { try writer.copy(checkpoint.tensor(name)) }
    var config = checkpoint.headers.config
    change(&config)
    try writer.writeFile("config.json", bytes: Array(config.serialized(.pretty).utf8))
    try writer.finish()
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// A model in float32 whose weights are those of another; a head that there was not before differs from the embedding.
  convenience init(float32 source: URL, isTied: Bool) throws {
    let checkpoint = try Checkpoint.open(source.path(percentEncoded: false))
    var tensors = try checkpoint.headers.tensors.map { description in
      Floats(
        name: description.name,
        shape: description.shape,
        values: try checkpoint.tensor(description.name).floats()
      )
    }
    if isTied {
      tensors.removeAll { $0.name == "lm_head.weight" }
    } else if !tensors.contains(where: { $0.name == "lm_head.weight" }) {
      let table = try #require(tensors.first { $0.name == "model.embed_tokens.weight" })
      tensors.append(Floats(name: "lm_head.weight", shape: table.shape, values: table.values.map { 0.5 * $0 }))
    }
    var config = checkpoint.headers.config
    config["tie_word_embeddings"] = .boolean(isTied)
    try self.init(config: config, tensors: tensors)
  }
}
