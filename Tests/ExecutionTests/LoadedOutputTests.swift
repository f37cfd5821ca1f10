import Checkpoints
import Foundation
import Models
import TestSupport
import Testing

/// What Pare writes for the small model of each family, against what transformers computes with it.
///
/// `tools/oracles/models/load_outputs.py` compressed the models, loaded the results and recorded the logits.
struct LoadedOutputTests {
  /// What was recorded of one model.
  struct Recorded: Decodable {
    /// The SHA-256 of the weight file; absent where nothing was written.
    let digest: String?
    let ids: [Int32]?
    let logits: Floats?
    /// Why transformers does not load it.
    let fails: String?
    /// Why Pare did not write it.
    let refused: String?

    struct Floats: Decodable {
      private let shape: [Int]
      private let data: Data

      var values: [Float] {
        stride(from: 0, to: data.count, by: 4).map { place in
          Float(bitPattern: (0..<4).reduce(UInt32(0)) { $0 | UInt32(data[data.startIndex + place + $1]) << (8 * $1) })
        }
      }
    }
  }

  /// How far logits may be off, as a share of the largest: transformers computes in float32, but keeps experts in the 16
  /// bits of the file, and all of a model that also sees images.
  private static func tolerance(of name: String) -> Float {
    if ["gemma3", "llava", "mistral3"].contains(name) { return 3e-2 }
    return name.contains("moe") || name.hasPrefix("deepseek") ? 1e-2 : 1e-4
  }

  private struct File: Decodable {
    let recipe: String
    let models: [String: Recorded]
  }

  private static func file() throws -> File {
    try JSONDecoder().decode(
      File.self,
      from: Data(contentsOf: Places.fixtures(of: "Execution").appending(path: "loads.json"))
    )
  }

  static let recorded = (try? file())?.models ?? [:]
  /// The models that transformers loads.
  static let loaded = recorded.filter { $0.value.logits != nil }.keys.sorted()

  /// Families of whose small models transformers loads none, and a word of the reason.
  private static let notLoaded = [
    // Its own linear class reads the weight past the compressed module.
    "falcon": "FalconLinear",
    // Layers that are stored transposed have no compressed form.
    "gpt2": "nothing-to-compress",
    // llm-compressor's names of the experts' layers, which vLLM reads and transformers does not.
    "mixtral": "experts",
  ]

  @Test func everyFamilyIsLoadedOrItIsSaidWhyNot() throws {
    #expect(Self.recorded.count >= 40)
    var families: [String: Bool] = [:]
    for (name, model) in Self.recorded where name != "opt-post-norm" {
      let folder = Places.fixtures(of: "Inference").appending(path: "models/\(name)")
      let family = try RecordedWalk.decoder(of: folder).family
      families[family] = (families[family] ?? false) || model.logits != nil
      let reason = model.fails ?? model.refused ?? ""
      #expect(Self.notLoaded[family].map(reason.contains) ?? (model.logits != nil), "\(name): \(reason)")
    }
    #expect(Set(families.filter { !$0.value }.keys) == Set(Self.notLoaded.keys))
    #expect(Set(families.keys) == Set(Architecture.standard.map(\.family)))
  }

  @Test(arguments: loaded)
  func whatTransformersLoadedIsWrittenAgainAndComputesTheSame(name: String) throws {
    let recorded = try #require(Self.recorded[name])
    let trial = try Trial(
      recipe: Self.file().recipe,
      model: Places.fixtures(of: "Inference").appending(path: "models/\(name)")
    )
    defer { trial.cleanUp() }
    try trial.run()
    let bytes = try Data(contentsOf: URL(filePath: trial.destination).appending(path: "model.safetensors"))
    #expect(LoopbackHub.sha256(Array(bytes)) == recorded.digest, "other bytes than those that were loaded")
    let walk = try RecordedWalk(Checkpoint.open(trial.destination), windows: [try #require(recorded.ids)])
    let expected = try #require(recorded.logits).values
    let largest = expected.reduce(0) { max($0, $1.magnitude) }
    #expect(walk.logits.count == expected.count)
    let worst = zip(walk.logits, expected).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
    #expect(worst <= Self.tolerance(of: name) * largest, "\(worst / largest)")
  }
}
