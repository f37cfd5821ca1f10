import Checkpoints
import Foundation
import JSONDocuments
import Models
import TestSupport
import Testing
import Vocabulary

/// A tiny model as transformers built it, recorded by `tools/oracles/models/module_names.py`.
struct RecordedModel: Sendable, CustomTestStringConvertible {
  let name: String
  var config: JSON
  var tensors: [TensorDescription]
  /// Names and classes in the order of `named_modules`.
  let modules: [[String]]

  var testDescription: String { name }

  /// All but the shape that is refused, and the one whose tensors are shown otherwise when a checkpoint is opened.
  static let names = Places.files(in: folder, suffix: "json").map { $0.deletingPathExtension().lastPathComponent }
    .filter { !["opt-post-norm", "qwen3-moe-fused"].contains($0) }
  /// Those that are no part of a model with other parts.
  static let plainNames = names.filter { !["gemma3", "llava", "mistral3"].contains($0) }
  private static let folder = Places.fixtures(of: "Models").appending(path: "modules")

  init(_ name: String) throws {
    let document = try JSON.parse(Array(Data(contentsOf: Self.folder.appending(path: "\(name).json"))))
    self.name = name
    config = try #require(document["config"])
    tensors = try #require(document["tensors"]?.array).map { row in
      let row = try #require(row.array)
      return TensorDescription(
        name: try #require(row[0].string),
        elementType: .bfloat16,
        shape: try #require(row[1].array).compactMap(\.int)
      )
    }
    // llm-compressor puts a module for each layer of an expert in the place of transformers' fused ones.
    let rows = try #require((document["calibrated_modules"] ?? document["modules"])?.array)
    let renamed = [name.hasPrefix("mixtral") ? ("mlp", "block_sparse_moe") : nil].compactMap { $0 }
    modules = try rows.map { row in
      var row = try #require(row.array).compactMap(\.string)
      for (old, new) in renamed { row[0] = row[0].replacing(".\(old)", with: ".\(new)") }
      // The head goes by the name of its tensor.
      if name.hasPrefix("gpt-neox"), row[0] == "lm_head" { row[0] = "embed_out" }
      return row
    }
  }

  func outline() throws(ModelError) -> ModelOutline {
    try ModelOutline(config: config, tensors: tensors)
  }

  /// The decoder's numbers, as its architecture document reads them.
  func configuration() throws -> ModelConfiguration {
    try #require(try outline().decoder).configuration
  }

  /// The same model with other values in its config; nil removes a key.
  func with(_ changes: [String: JSON?]) -> RecordedModel {
    var copy = self
    for (key, value) in changes { copy.config[key] = value }
    return copy
  }

  /// The same model with as many copies of its first block.
  func with(blocks count: Int) -> RecordedModel {
    var copy = with(["num_hidden_layers": .integer(Int64(count))])
    let first = "model.layers.0."
    copy.tensors.removeAll { $0.name.hasPrefix("model.layers.") && !$0.name.hasPrefix(first) }
    for tensor in copy.tensors where tensor.name.hasPrefix(first) {
      for block in 1..<count {
        copy.tensors.append(
          TensorDescription(
            name: "model.layers.\(block).\(tensor.name.dropFirst(first.count))",
            elementType: tensor.elementType,
            shape: tensor.shape
          )
        )
      }
    }
    return copy
  }
}
