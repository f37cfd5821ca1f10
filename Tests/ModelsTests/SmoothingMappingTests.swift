import Foundation
import Models
import TestSupport
import Testing

/// The places where factors may pass, against those that llm-compressor has for each architecture.
///
/// The pairs are those that the tool's own resolver found on the recorded models
/// (`tools/oracles/models/smoothing_mappings.py`).
@Suite struct SmoothingMappingTests {
  /// What one modifier of the tool smooths in one model.
  private struct Pair {
    let producer: String
    let readers: [String]
  }

  /// Pairs that change what the model computes, because the producer does not feed the readers, or feeds more than those
  /// that are balanced.
  private static let broken: [String: Set<String>] = [
    // The feed-forward part of Gemma 2 and 3 reads another norm.
    "gemma2": ["post_attention_layernorm"], "gemma3-text": ["post_attention_layernorm"],
  ]

  /// Those whose pairs were found on the model that is recorded here.
  static let names =
    (try? recorded())?.keys.filter { RecordedModel.plainNames.contains($0) && $0 != "qwen2-window" }.sorted() ?? []

  private static func recorded() throws -> [String: [String: Any]] {
    let file = Places.fixtures(of: "Models").appending(path: "smoothing-mappings.json")
    let object = try JSONSerialization.jsonObject(with: Data(contentsOf: file))
    return try #require(object as? [String: [String: Any]])
  }

  private static func pairs(of model: [String: Any], _ modifier: String) -> [Pair] {
    let found = (model[modifier] as? [String: Any])?["pairs"] as? [[Any]] ?? []
    return found.compactMap { pair in
      guard let producer = pair.first as? String, let readers = pair.last as? [String] else { return nil }
      return Pair(producer: producer, readers: readers)
    }
  }

  @Test func theToolHasPairsForMostFamilies() throws {
    let recorded = try Self.recorded()
    let withPairs = Self.names.filter { name in
      ["smoothquant", "awq"].contains { !Self.pairs(of: recorded[name] ?? [:], $0).isEmpty }
    }
    #expect(withPairs.count >= 20)
  }

  @Test(arguments: names)
  func everyPairOfTheToolIsAPlaceUnlessItBreaksTheModel(name: String) throws {
    let model = try #require(try Self.recorded()[name])
    let decoder = try #require(try RecordedModel(name).outline().decoder)
    let sites = Dictionary(uniqueKeysWithValues: decoder.smoothingSites.map { ($0.producer, $0) })
    for modifier in ["smoothquant", "awq"] {
      for pair in Self.pairs(of: model, modifier) {
        // The tool has transformers' names for Mixtral's parts, and checkpoints their own.
        func own(_ text: String) -> String {
          name == "mixtral" ? text.replacing(".mlp", with: ".block_sparse_moe") : text
        }
        let site = sites[own(pair.producer)]
        if Self.broken[name]?.contains(where: pair.producer.hasSuffix) == true {
          let reached = Set(site?.readers.map(\.name) ?? [])
          #expect(!reached.isSuperset(of: pair.readers.map(own)), "\(pair.producer) feeds them after all")
          continue
        }
        let readers = try #require(site, "\(modifier): nothing passes from \(pair.producer)").readers.map(\.name)
        #expect(Set(readers).isSuperset(of: pair.readers.map(own)), "\(modifier): \(pair.producer)")
      }
    }
  }

  /// Each family's places by kind, for one block with and one without experts where there are both.
  @Test(arguments: [
    ("llama", "attentionInput 3, attentionOutput 1, feedForwardInput 2, feedForwardOutput 1"),
    ("phi3", "attentionInput 1, attentionOutput 1, feedForwardInput 1, feedForwardOutput 1"),
    ("gemma2", "attentionInput 3, attentionOutput 1, feedForwardInput 2, feedForwardOutput 1"),
    ("olmo2", "attentionOutput 1, feedForwardOutput 1"),
    ("opt", "attentionInput 3, attentionOutput 1, feedForwardInput 1, feedForwardOutput 1"),
    ("gpt2", "attentionInput 1, attentionOutput 1, feedForwardInput 1"),
    ("gpt-neox", "attentionInput 1, attentionOutput 1, feedForwardInput 1"),
    ("falcon-7b", "attentionInput 2, attentionOutput 1"),
    ("falcon-40b", "attentionInput 1, attentionOutput 1, feedForwardInput 1"),
    ("starcoder2", "attentionInput 3, attentionOutput 1, feedForwardInput 1"),
    (
      "mixtral",
      "attentionInput 3, attentionOutput 1, feedForwardInput 9, expertOutput(0) 1, expertOutput(1) 1, "
        + "expertOutput(2) 1, expertOutput(3) 1"
    ),
    (
      "deepseek-v3",
      "attentionInput 2, queryLatent 1, keyValueLatent 1, attentionOutput 1, feedForwardInput 2, feedForwardOutput 1"
    ),
  ])
  func aBlockHasItsPlaces(name: String, expected: String) throws {
    let decoder = try #require(try RecordedModel(name).outline().decoder)
    let sites = decoder.smoothingSites.filter { $0.block == 0 }.sorted { $0.kind.rank < $1.kind.rank }
    #expect(sites.map { "\($0.kind) \($0.readers.count)" }.joined(separator: ", ") == expected)
    for site in sites {
      let channels = site.rows?.channelCount
      #expect(channels == nil || site.readers.allSatisfy { $0.columns == (channels ?? 0) * site.repetition })
    }
  }
}
