import Foundation
import TestSupport
import Testing
import Vocabulary

/// Results that do not depend on the number of threads, nor on the day.
struct DeterminismTests {
  private static let recipes = [
    "pruned": """
    quant_stage:
      quant_modifiers:
        SmoothQuantModifier: {smoothing_strength: 0.5}
        SparseGPTModifier: {sparsity: 0.5, mask_structure: '2:4', targets: ['re:.*layers.*_proj$']}
        GPTQModifier: {scheme: W4A16, targets: [Linear], ignore: [lm_head]}
    """,
    "awq": """
    quant_stage:
      quant_modifiers:
        AWQModifier: {duo_scaling: both}
        QuantizationModifier: {scheme: W4A16_ASYM, targets: [Linear], ignore: [lm_head]}
    """,
    "nvfp4": """
    quant_stage:
      quant_modifiers:
        QuantizationModifier: {scheme: NVFP4, targets: [Linear], ignore: [lm_head]}
    """,
  ]

  @Test(arguments: recipes.keys.sorted(), ProductType.allCases)
  func weightFilesAreTheSameBitForBit(name: String, products: ProductType) throws {
    let recipe = try #require(Self.recipes[name])
    // The first number stands twice: from run to run.
    let files = try [2, 2, 1, 4].map { threads in
      let trial = try BundledText.run(recipe, samples: 8, threads: threads, products: products)
      defer { trial.cleanUp() }
      return try Data(contentsOf: URL(fileURLWithPath: trial.destination + "/model.safetensors"))
    }
    #expect(files[0].count > 100_000)
    for (file, place) in zip(files, ["first", "again", "one thread", "four threads"]) {
      #expect(file == files[0], "\(name), \(place)")
    }
  }
}
