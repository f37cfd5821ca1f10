import JSONDocuments
import Models
import Testing

@Suite struct SmoothingSiteTests {
  @Test(arguments: ["llama", "mistral", "qwen2"])
  func everyBlockHasFourPlacesInTheOrderOfItsFlow(name: String) throws {
    let decoder = try #require(try RecordedModel(name).outline().decoder)
    let block = "model.layers.1"
    let sites = decoder.smoothingSites.filter { $0.block == 1 }
    #expect(sites.map(\.kind) == [.attentionInput, .attentionOutput, .feedForwardInput, .feedForwardOutput])
    #expect(
      sites.map(\.producer) == [
        "\(block).input_layernorm", "\(block).self_attn.v_proj", "\(block).post_attention_layernorm",
        "\(block).mlp.up_proj",
      ]
    )
    #expect(
      sites.map { $0.readers.map { $0.name.split(separator: ".").last } } == [
        ["q_proj", "k_proj", "v_proj"], ["o_proj"], ["gate_proj", "up_proj"], ["down_proj"],
      ]
    )
    #expect(decoder.smoothingSites.count { $0.block != nil } == 4 * decoder.blocks.count)
  }

  @Test func sharedHeadsRepeatTheChannelsOfValues() throws {
    let decoder = try #require(try RecordedModel("llama").outline().decoder)
    let heads = decoder.configuration.queryHeads / decoder.configuration.keyHeads
    #expect(heads > 1)
    for site in decoder.smoothingSites {
      #expect(site.repetition == (site.kind == .attentionOutput ? heads : 1))
      // What is read is what is written, as often as heads share it.
      guard site.kind == .attentionOutput || site.kind == .feedForwardOutput, let block = site.block else { continue }
      let producer = try #require(decoder.blocks[block].linears.first { $0.name == site.producer })
      #expect(site.readers.allSatisfy { $0.columns == producer.rows * site.repetition })
    }
  }

  @Test func theFinalNormFeedsTheHeadUnlessItIsTied() throws {
    let untied = try #require(try RecordedModel("llama").outline().decoder)
    let head = try #require(untied.smoothingSites.last)
    #expect(head.kind == .headInput)
    #expect(head.producer == "model.norm")
    #expect(head.readers.map(\.name) == ["lm_head"])
    let tied = try #require(try RecordedModel("llama-tied").outline().decoder)
    #expect(!tied.smoothingSites.isEmpty)
    #expect(tied.smoothingSites.allSatisfy { $0.kind != .headInput })
  }

  @Test func layersOfOneInputAreFusedSets() throws {
    let decoder = try #require(try RecordedModel("qwen2").outline().decoder)
    for block in decoder.blocks {
      #expect(
        block.fusedSets.map { $0.map { $0.name.split(separator: ".").last } } == [
          ["q_proj", "k_proj", "v_proj"], ["gate_proj", "up_proj"],
        ]
      )
    }
  }
}
