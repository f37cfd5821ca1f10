import Foundation
import JSONDocuments
import TestSupport
import Testing
import Tokenization

/// Tokenizers of real models, which are too large for this repository; without the folder that holds them nothing runs.
@Suite(.enabled(if: Places.shared("data/tokenizers") != nil, "no tokenizers beside the checkout"))
struct SharedTokenizerTests {
  private func folder(_ path: String) throws -> URL { try #require(Places.shared(path)) }

  /// Tokenizers and the llama.cpp vectors of their vocabulary, which Phi-3 shares with Llama 2.
  @Test(arguments: [("gpt2", "gpt-2"), ("qwen2.5", "qwen2"), ("phi-3-mini", "phi-3"), ("phi-3-mini", "llama-spm")])
  func llamaCppsVectorsAreMet(name: String, vectors: String) throws {
    let tokenizer = try Tokenizer(at: folder("data/tokenizers/\(name)/tokenizer.json"))
    let file = try folder("data/tokenizers/llama.cpp-vectors/ggml-vocab-\(vectors).gguf.inp")
    let texts = try String(decoding: Data(contentsOf: file), as: UTF8.self)
      .components(separatedBy: "\n__ggml_vocab_test__\n")
    let answers = try String(
      decoding: Data(contentsOf: file.deletingPathExtension().appendingPathExtension("out")),
      as: UTF8.self
    )
    .components(separatedBy: "\n")
    #expect(texts.count >= 40)
    for (text, answer) in zip(texts, answers) {
      let expected = answer.split(separator: " ").compactMap { Int32($0) }
      #expect(tokenizer.encode(text, addingSpecialTokens: false) == expected, "\(vectors): \(text.debugDescription)")
    }
  }

  @Test func recordedVectorsOfStories260KAreMet() throws {
    let tokenizer = try Tokenizer(at: folder("models/stories260K/tokenizer.json"))
    let recorded = try String(contentsOf: folder("specs/goldens/tokenizer_vectors.txt"), encoding: .utf8)
    let lines = recorded.components(separatedBy: "\n").drop { !$0.hasPrefix("## stories260K") }.dropFirst()
      .prefix { !$0.hasPrefix("##") && !$0.isEmpty }
    #expect(lines.count == 17)
    for line in lines {
      let text = try #require(line.firstMatch(of: /^(?:'([^']*)'|"([^"]*)") \[([0-9, ]*)\]/))
      let quoted = text.1 ?? text.2 ?? ""
      let plain = quoted.replacing("\\n", with: "\n").replacing("\\r", with: "\r").replacing("\\t", with: "\t")
      let ids = text.3.split(separator: ", ").compactMap { Int32($0) }
      #expect(tokenizer.encode(String(plain), addingSpecialTokens: true) == ids, "\(line)")
    }
  }

  /// Megabytes of prose, conversations and sums, against digests that tools/oracles/tokenizers recorded.
  @Test(.enabled(if: Places.shared("data/text") != nil, "no texts beside the checkout"))
  func wholeTextsBecomeTheReferencesIDs() throws {
    let file = Places.fixtures(of: "Tokenization").appending(path: "whole-texts.json")
    let recorded = try #require(JSON.parse([UInt8](Data(contentsOf: file)))["tokenizers"]?.object)
    #expect(recorded.count == 5)
    for (name, texts) in recorded.map({ ($0.key, $0.value.object ?? []) }) {
      let tokenizer = try Tokenizer(at: folder("data/tokenizers/\(name)/tokenizer.json"))
      #expect(texts.count == 4)
      for text in texts {
        let content = try String(contentsOf: folder("data/text/\(text.key)"), encoding: .utf8)
        let ids = tokenizer.encode(content, addingSpecialTokens: false)
        #expect(ids.count == text.value["count"]?.int, "\(name): \(text.key)")
        let bytes = ids.flatMap { id in withUnsafeBytes(of: id.littleEndian, Array.init) }
        #expect(LoopbackHub.sha256(bytes) == text.value["sha256"]?.string, "\(name): \(text.key)")
      }
    }
  }

  @Test(arguments: [
    ("data/tokenizers/gpt2", 50257), ("data/tokenizers/qwen2.5", 151_665), ("data/tokenizers/phi-3-mini", 32011),
    ("data/tokenizers/granite-3.1", 49155), ("data/tokenizers/mistral-v1", 32000), ("models/stories260K", 512),
  ])
  func everyTokenizerOfAModelIsRead(path: String, size: Int) throws {
    #expect(try Tokenizer(at: folder(path).appending(path: "tokenizer.json")).vocabularySize == size)
  }
}
