import Checkpoints
import Foundation
import JSONDocuments
import Models
import TestSupport
import Testing
import Vocabulary

@Suite struct ModuleTreeTests {
  @Test func thereAreRecordedModelsOfEveryFamily() throws {
    #expect(RecordedModel.names.count >= 40)
    let families = try Set(RecordedModel.names.compactMap { try RecordedModel($0).outline().decoder?.family })
    #expect(families == Set(Architecture.standard.map(\.family)))
  }

  @Test(arguments: RecordedModel.plainNames)
  func modulesAreThoseOfTransformersInItsOrder(name: String) throws {
    let model = try RecordedModel(name)
    #expect(try model.outline().modules.map { [$0.name, $0.className] } == model.modules)
  }

  @Test(arguments: RecordedModel.names.filter { !RecordedModel.plainNames.contains($0) })
  func modulesOfAWrappedDecoderAreThoseOfTransformersInItsOrder(name: String) throws {
    let model = try RecordedModel(name)
    let root = try #require(model.modules.first?[1])
    let outline = try model.with(["architectures": .array([.string(root)])]).outline()
    // Files have `language_model.model.layers` where transformers has `model.language_model.layers`.
    let inner = "model.language_model."
    let expected = model.modules.filter { $0[0].hasPrefix(inner) }
      .map { ["language_model.model.\($0[0].dropFirst(inner.count))", $0[1]] }
    let found = outline.modules.filter { $0.name.hasPrefix("language_model.model.") }.map { [$0.name, $0.className] }
    #expect(!found.isEmpty && found == expected)
    #expect(outline.modules.first?.className == root)
    let tower = outline.modules.filter { $0.role == .vision }
    #expect(!tower.isEmpty && tower.allSatisfy { !$0.name.hasPrefix("language_model") })
    #expect(outline.tensors.count == model.tensors.count)
  }

  @Test(arguments: RecordedModel.plainNames)
  func tensorsComeInTheOrderOfTheStateDictionaryWhateverTheOrderOfTheFiles(name: String) throws {
    let model = try RecordedModel(name)
    var shuffled = model
    shuffled.tensors.sort { $0.name > $1.name }
    let outline = try shuffled.outline()
    // Masks belong to no module.
    let owned = model.tensors.filter { !$0.name.hasSuffix("attn.bias") }
    #expect(outline.tensors.filter { !$0.name.hasSuffix("attn.bias") } == owned)
    #expect(try shuffled.outline().modules == model.outline().modules)
  }

  @Test(arguments: RecordedModel.names)
  func everyLinearModuleHasTheShapeAndTheBiasOfItsTensors(name: String) throws {
    let model = try RecordedModel(name)
    let shapes = Dictionary(uniqueKeysWithValues: model.tensors.map { ($0.name, $0.shape) })
    let outline = try model.outline()
    let decoder = try #require(outline.decoder)
    let linears = outline.modules.compactMap(\.linear)
    #expect(Set(decoder.blocks.flatMap(\.linears)).isSubset(of: linears))
    for linear in linears {
      let isTied = linear.name == decoder.headName && decoder.head == nil
      let source = outline.storedName(of: "\(isTied ? decoder.embedding : linear.name).weight")
      let shape = linear.isTransposed ? [linear.columns, linear.rows] : [linear.rows, linear.columns]
      #expect(shapes[source] == shape, "\(linear.name)")
      let bias = outline.storedName(of: "\(linear.name).bias")
      #expect((shapes[bias] != nil) == linear.hasBias, "\(linear.name)")
    }
  }

  @Test func qwen2HasBiasesOnQueryKeyAndValueAlone() throws {
    let linears = try RecordedModel("qwen2").outline().modules.compactMap(\.linear)
    let biased = Set(linears.filter(\.hasBias).map { $0.name.split(separator: ".").last })
    #expect(biased == ["q_proj", "k_proj", "v_proj"])
  }

  @Test func stepsOfABlockShareTheirInput() throws {
    let decoder = try #require(try RecordedModel("mistral").outline().decoder)
    for block in decoder.blocks {
      #expect(block.steps.map(\.kind) == [.attentionInput, .attentionOutput, .feedForwardInput, .feedForwardOutput])
      for step in block.steps { #expect(step.linears.allSatisfy { $0.columns == step.width }) }
      let names = block.linears.map { String($0.name.dropFirst(block.name.count + 1)) }
      #expect(
        names == [
          "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.gate_proj",
          "mlp.up_proj", "mlp.down_proj",
        ]
      )
    }
    // Four heads of 16 channels over a residual stream of 32: the output projection is no square.
    #expect(decoder.blocks[0].steps.map(\.width) == [32, 64, 32, 48])
  }

  @Test func aTiedHeadIsAModuleWithoutATensor() throws {
    let outline = try RecordedModel("llama-tied").outline()
    let decoder = try #require(outline.decoder)
    #expect(decoder.head == nil)
    #expect(decoder.headName == "lm_head")
    let head = try #require(outline.modules.last?.linear)
    #expect((head.rows, head.columns) == (40, 32))
    #expect(!outline.tensors.contains { $0.name.hasPrefix("lm_head") })
  }

  @Test func theBundledModelIsATiedLlamaOfFourBlocks() throws {
    let folder = Places.inRepository("models/tiny-stories").path(percentEncoded: false)
    let headers = try CheckpointHeaders.read(folder)
    let outline = try ModelOutline(config: headers.config, tensors: Self.tensors(headers))
    let decoder = try #require(outline.decoder)
    let numbers = decoder.configuration
    #expect(decoder.family == "llama")
    #expect((numbers.blockCount, numbers.hiddenSize, numbers.feedForwardSize) == (4, 128, 384))
    #expect(numbers.vocabularySize == 1024)
    #expect((numbers.queryHeads, numbers.keyHeads, numbers.headDimension) == (4, 2, 32))
    #expect(numbers.tiesEmbeddings && decoder.head == nil)
    #expect(outline.elementType == .bfloat16)
    #expect(outline.modules.count == 59)
    #expect(outline.modules.count { $0.linear != nil } == 29)
  }

  @Test func aCompressedCheckpointHasTheOutlineOfTheDenseOne() throws {
    let fixtures = Places.fixtures(of: "Checkpoints")
    let dense = try CheckpointHeaders.read(fixtures.appending(path: "base_untied").path(percentEncoded: false))
    let expected = try ModelOutline(config: dense.config, tensors: Self.tensors(dense))
    #expect(expected.decoder?.head != nil)
    for format in ["w4a16_gptq", "w4a16_asym_rtn", "w8a8", "fp8_dynamic"] {
      let folder = fixtures.appending(path: "out/\(format)").path(percentEncoded: false)
      let headers = try CheckpointHeaders.read(folder)
      let outline = try ModelOutline(config: headers.config, tensors: Self.tensors(headers))
      #expect(outline.modules == expected.modules, "\(format)")
      #expect(outline.decoder == expected.decoder, "\(format)")
      #expect(outline.elementType == .bfloat16, "\(format)")
      #expect(outline.tensors.count == headers.tensorNames.count)
    }
  }

  @Test(.enabled(if: Places.shared("specs/goldens/base_tied") != nil, "reads material beside the checkout"))
  func theTiedGoldenDiffersFromTheUntiedOneInItsHeadAlone() throws {
    let tiedFolder = try #require(Places.shared("specs/goldens/base_tied")).path(percentEncoded: false)
    let untiedFolder = Places.fixtures(of: "Checkpoints").appending(path: "base_untied").path(percentEncoded: false)
    let (tied, untied) = (try CheckpointHeaders.read(tiedFolder), try CheckpointHeaders.read(untiedFolder))
    let first = try ModelOutline(config: tied.config, tensors: Self.tensors(tied))
    let second = try ModelOutline(config: untied.config, tensors: Self.tensors(untied))
    #expect(first.modules == second.modules)
    #expect(first.decoder?.blocks == second.decoder?.blocks)
    #expect(first.decoder?.head == nil)
    #expect(second.decoder?.head?.rows == 512)
  }

  @Test func matricesOfAnUnknownArchitectureAreTakenForLinearModules() throws {
    let model = try RecordedModel("qwen2").with(["model_type": .string("kangaroo")])
    let outline = try model.outline()
    #expect(outline.decoder == nil)
    #expect(outline.modelType == "kangaroo")
    let known = try RecordedModel("qwen2").outline()
    #expect(outline.modules.compactMap(\.linear) == known.modules.compactMap(\.linear))
    let embedding = try #require(outline.modules.first { $0.name == "model.embed_tokens" })
    #expect(embedding.kind == .embedding(rows: 40, columns: 32))
    #expect(outline.modules.first { $0.name == "model.norm" }?.kind == .other)
    #expect(try model.with(["model_type": nil]).outline().modelType == nil)
  }

  @Test func aMissingTensorIsNamed() throws {
    var model = try RecordedModel("llama")
    let name = "model.layers.1.mlp.up_proj.weight"
    model.tensors.removeAll { $0.name == name }
    #expect(throws: ModelError.missingTensor(name)) { try model.outline() }
  }

  @Test func anUntiedHeadMustBeThere() throws {
    var model = try RecordedModel("llama")
    model.tensors.removeAll { $0.name == "lm_head.weight" }
    #expect(throws: ModelError.missingTensor("lm_head.weight")) { try model.outline() }
    #expect(try model.with(["tie_word_embeddings": .boolean(true)]).outline().decoder?.head == nil)
  }

  @Test(arguments: [
    ("model.embed_tokens.weight", [40, 31], [40, 32]), ("model.layers.0.self_attn.k_proj.weight", [32, 32], [16, 32]),
    ("model.layers.1.mlp.down_proj.weight", [48, 32], [32, 48]), ("model.norm.weight", [32, 1], [32]),
    ("model.layers.0.input_layernorm.weight", [31], [32]),
  ])
  func aWrongShapeIsNamedWithBothShapes(tensor: String, found: [Int], expected: [Int]) throws {
    var model = try RecordedModel("llama")
    let index = try #require(model.tensors.firstIndex { $0.name == tensor })
    model.tensors[index] = TensorDescription(name: tensor, elementType: .bfloat16, shape: found)
    #expect(throws: ModelError.shape(tensor: tensor, found: found, expected: expected)) { try model.outline() }
  }

  @Test func aBiasOfAWrongLengthIsNamed() throws {
    var model = try RecordedModel("qwen2")
    let name = "model.layers.0.self_attn.v_proj.bias"
    let index = try #require(model.tensors.firstIndex { $0.name == name })
    model.tensors[index] = TensorDescription(name: name, elementType: .bfloat16, shape: [15])
    #expect(throws: ModelError.shape(tensor: name, found: [15], expected: [16])) { try model.outline() }
  }

  private static func tensors(_ headers: CheckpointHeaders) -> [TensorDescription] {
    headers.tensors
  }
}
