import Foundation
import JSONDocuments
import Testing

extension DiagnosticCase {
  // MARK: Two checkpoints side by side, and models without a recipe

  static let pairs: [DiagnosticCase] = [
    command("compared-with-itself", exits: 0, "compare model ./model") { folder in try folder.copyBundledModel() },
    command("different-models", "compare model other") { folder in try folder.makeSmallerOther() },
    command("different-tokenizers", exits: 0, "eval other --text story.txt --against model --sequence-length 4") {
      folder in
      try folder.copyBundledModel()
      try folder.copyFolder("model", to: "other")
      try folder.write("story.txt", "Once upon a time, there was a little girl\n")
      try folder.changeJSON("other/tokenizer.json") { tokenizer in
        let merges = tokenizer["model"]?["merges"]?.array ?? []
        tokenizer["model"]?["merges"] = .array(Array(merges.prefix(10)))
      }
    },
    command("different-vocabularies", "eval other --text story.txt --against model") { folder in
      try folder.makeSmallerOther()
    },
    command("no-common-module", "compare model other") { folder in
      try folder.copyBundledModel()
      try folder.copyFolder("model", to: "other")
      try folder.changeJSON("model/config.json") { $0["model_type"] = .string("kangaroo") }
      try folder.changeWeights { file in
        file.tensors = file.tensors.map { tensor in
          WeightFile.Tensor(
            name: tensor.name.replacing("model.", with: "transformer."),
            type: tensor.type,
            shape: tensor.shape,
            bytes: tensor.bytes
          )
        }
      }
    },
    command("no-linear-layers", "init --model model -o written.yaml") { folder in
      try folder.copyBundledModel()
      try folder.changeJSON("model/config.json") { $0["model_type"] = .string("kangaroo") }
      try folder.changeWeights { file in file.tensors.removeAll { $0.name.contains("_proj") } }
    },
  ]
}

extension Workspace {
  /// Makes `other` of the bundled model, with the first half of its vocabulary only.
  fileprivate func makeSmallerOther() throws {
    try copyBundledModel()
    try changeJSON("model/config.json") { $0["vocab_size"] = .integer(512) }
    try changeWeights { file in
      file.tensors = try file.tensors.map { tensor in
        guard tensor.name == "model.embed_tokens.weight" else { return tensor }
        let columns = try #require(tensor.shape.array?.last)
        return WeightFile.Tensor(
          name: tensor.name,
          type: tensor.type,
          shape: .array([.integer(512), columns]),
          bytes: Array(tensor.bytes.prefix(tensor.bytes.count / 2))
        )
      }
    }
    try FileManager.default.moveItem(at: url("model"), to: url("other"))
    try copyBundledModel()
  }
}
