import Checkpoints
import Evaluation
import Inference
import Kernels
import Models
import Tensors
import TestSupport
import Testing

struct ModelComparisonTests {
  static let compressed = ["fp8_dynamic", "mxfp4", "nvfp4a16", "w4a16_asym_rtn", "w4a16_gptq", "w8a8"]

  private static func compare(
    _ reference: ReadableModel,
    _ other: ReadableModel,
    threads: Int = 2
  ) throws -> ModelComparison {
    let pairing = WeightPairing(try reference.inventory(), try other.inventory())
    return try ModelComparison.measure(pairing, on: Processor(threadCount: threads)) { _ in }
  }

  @Test(arguments: compressed)
  func everyFormatIsComparedAsItIsServed(name: String) throws {
    let (dense, other) = (try ReadableModel.dense(), try ReadableModel.compressed(name))
    let found = try Self.compare(dense, other)
    #expect(found.onlyInReference.isEmpty && found.onlyInOther.isEmpty)
    let reader = try WeightReader(other.checkpoint, outline: other.outline, processor: Processor(threadCount: 1))
    let changed = found.rows.filter { !$0.difference.isEqual }
    #expect(changed.count == found.changedCount && !changed.isEmpty)
    for row in changed {
      let scheme = try #require(reader.scheme(of: row.name))
      #expect(row.other.scheme == scheme && row.reference.scheme == nil)
      let weight = try dense.checkpoint.tensor("\(row.name).weight").matrix()
      let served = try other.checkpoint.decompressedWeight(of: row.name, scheme: scheme)
      #expect(row.shape == [weight.rowCount, weight.columnCount])
      #expect(row.difference == WeightDifference(from: weight, to: served, on: Processor(threadCount: 1)))
      // Four bits keep more than one decimal digit of the largest weight of a group.
      #expect(row.difference.relativeError < 0.2 && row.difference.signalToNoise > 14)
    }
  }

  @Test(arguments: compressed)
  func bytesOfAllRowsAreThoseOfTheFiles(name: String) throws {
    let (dense, other) = (try ReadableModel.dense(), try ReadableModel.compressed(name))
    let found = try Self.compare(dense, other)
    #expect(found.referenceByteCount == dense.checkpoint.headers.tensorByteCount)
    #expect(found.rows.map(\.reference.byteCount).reduce(0, +) == found.referenceByteCount)
    #expect(found.rows.map(\.other.byteCount).reduce(0, +) == found.otherByteCount)
    #expect(found.total.count == found.rows.map(\.difference.count).reduce(0, +))
  }

  @Test func rowsAreTheSameForAnyNumberOfThreads() throws {
    let (dense, other) = (try ReadableModel.dense(), try ReadableModel.compressed("w8a8"))
    let found = try [1, 2, 3, 5].map { try Self.compare(dense, other, threads: $0).rows.map(\.difference) }
    #expect(found.allSatisfy { $0 == found[0] })
  }

  @Test func aModelIsEqualToItself() throws {
    let model = try ReadableModel.small("qwen2")
    let found = try Self.compare(model, model)
    #expect(found.changedCount == 0 && found.total.isEqual && found.equalCount == found.rows.count)
    let names = found.rows.map(\.name)
    #expect(names.contains("model.norm") && names.contains("model.layers.0.self_attn.q_proj.bias"))
  }

  @Test func aHeadThatIsTheEmbeddingIsComparedWithOneOfItsOwn() throws {
    // The small models differ in their weights; what counts here is what is held against what.
    let (tied, untied) = (try ReadableModel.small("llama-tied"), try ReadableModel.small("llama"))
    let pairing = WeightPairing(try tied.inventory(), try untied.inventory())
    let head = try #require(pairing.pairs.first { $0.other.name == "lm_head" })
    #expect(head.reference.isTied && !head.other.isTied)
    #expect(head.reference.byteCount == 0 && head.reference.name == "lm_head")
    #expect(!pairing.onlyInOther.contains("lm_head"))
    let embedding = try #require(pairing.pairs.first { $0.other.name == "model.embed_tokens" }?.reference)
    let processor = Processor(threadCount: 2)
    #expect(
      try pairing.reference.values(of: head.reference, on: processor)
        == pairing.reference.values(of: embedding, on: processor)
    )
    let reversed = WeightPairing(try untied.inventory(), try tied.inventory())
    #expect(reversed.pairs.contains { $0.reference.name == "lm_head" && $0.other.isTied })
    #expect(try WeightPairing(tied.inventory(), tied.inventory()).pairs.allSatisfy { $0.reference.name != "lm_head" })
  }

  @Test func pairsOfTwoShapesAreFound() throws {
    let pairing = WeightPairing(try ReadableModel.small("llama").inventory(), try ReadableModel.dense().inventory())
    #expect(!pairing.pairs.isEmpty && !pairing.misshapen.isEmpty)
    #expect(pairing.misshapen.allSatisfy { $0.reference.shape != $0.other.shape })
  }
}
