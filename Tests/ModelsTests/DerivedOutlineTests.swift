import Checkpoints
import JSONDocuments
import Models
import Testing
import Vocabulary

@Suite struct DerivedOutlineTests {
  // The masks that old GPT-2 files hold follow from nothing.
  @Test(arguments: RecordedModel.plainNames.filter { $0 != "gpt2-bare" })
  func configAndNamesLeadToTheOutlineThatHeadersLeadTo(name: String) throws {
    let model = try RecordedModel(name)
    let known = try model.outline()
    let derived = try #require(
      try ModelOutline.derived(config: model.config, tensorNames: model.tensors.map(\.name).reversed())
    )
    #expect(derived.decoder == known.decoder)
    #expect(derived.modules == known.modules)
    #expect(derived.tensors == known.tensors)
    #expect(derived.hasDerivedShapes)
    #expect(!known.hasDerivedShapes)
  }

  @Test func aNameThatTheIndexLacksIsMissed() throws {
    let model = try RecordedModel("llama")
    let names = model.tensors.map(\.name).filter { $0 != "model.norm.weight" }
    #expect(throws: ModelError.missingTensor("model.norm.weight")) {
      try ModelOutline.derived(config: model.config, tensorNames: names)
    }
  }

  @Test func anUnknownArchitectureHasNoShapesToDerive() throws {
    let model = try RecordedModel("llama").with(["model_type": .string("kangaroo")])
    #expect(try ModelOutline.derived(config: model.config, tensorNames: model.tensors.map(\.name)) == nil)
  }

  @Test func theConfigSaysWhichTypeWeightsHave() throws {
    for (word, type) in [("float16", "F16"), ("float32", "F32"), ("bfloat16", "BF16")] {
      for key in ["dtype", "torch_dtype"] {
        let model = try RecordedModel("llama").with(["dtype": nil, "torch_dtype": nil]).with([key: .string(word)])
        let outline = try ModelOutline.derived(config: model.config, tensorNames: model.tensors.map(\.name))
        #expect(outline?.elementType.rawValue == type)
      }
    }
  }
}
