import Checkpoints
import Execution
import Foundation
import JSONDocuments
import Modifiers
import Planning
import TestSupport
import Testing
import Vocabulary

/// Activations in files, and layers rounded some rows at a time: the same bytes with less memory.
struct StreamingTests {
  private static let modifiers = [
    "GPTQModifier: {scheme: W4A16, targets: [Linear], ignore: [lm_head]}",
    "{SmoothQuantModifier: {smoothing_strength: 0.5}, GPTQModifier: {scheme: W8A8, targets: [Linear], ignore: [lm_head]}}",
    "GPTQModifier: {scheme: W8A16, targets: [Linear]}",
    "QuantizationModifier: {scheme: FP8, targets: [Linear], ignore: [lm_head]}",
  ]
  /// A dense block, parts that read one stream, experts, and latents.
  private static let families = ["llama", "falcon-7b", "qwen2-moe", "deepseek-v3", "opt"]

  private static func recipe(_ modifiers: String) -> String {
    "quant_stage:\n  quant_modifiers: \(modifiers.hasPrefix("{") ? modifiers : "{\(modifiers)}")\n"
  }

  /// The weight file of a run, and its layers' reports.
  private static func run(_ trial: Trial, inFiles: Bool, _ windows: [[Int32]]) throws -> (Data, [LayerReport]) {
    defer { trial.cleanUp() }
    let report = try trial.run(windows: windows, keepsActivationsInFiles: inFiles)
    #expect(trial.traces == ["out"])
    return (try Data(contentsOf: URL(fileURLWithPath: "\(trial.destination)/model.safetensors")), report.layers)
  }

  private static func expectTheSameInFiles(_ modifiers: String, _ model: URL, _ windows: [[Int32]]) throws {
    let request = PlanRequest(samples: windows.count, sequenceLength: windows[0].count)
    let (inMemory, inFiles) = try (
      run(Trial(recipe: recipe(modifiers), model: model, request: request), inFiles: false, windows),
      run(Trial(recipe: recipe(modifiers), model: model, request: request), inFiles: true, windows)
    )
    #expect(inMemory.0.count > 10_000)
    #expect(inMemory == inFiles)
  }

  @Test(arguments: modifiers) func activationsInFilesGiveTheSameBytes(modifiers: String) throws {
    // Three chunks, the last of them short.
    try Self.expectTheSameInFiles(modifiers, BundledText.model, BundledText.calibration(count: 36))
  }

  @Test(arguments: families) func activationsInFilesGiveTheSameBytesInEveryKindOfBlock(family: String) throws {
    let model = Places.fixtures(of: "Inference").appending(path: "models/\(family)")
    let windows = windows(count: 150, length: 16, vocabulary: 64)
    try Self.expectTheSameInFiles("GPTQModifier: {scheme: W8A8, targets: [Linear], ignore: [lm_head]}", model, windows)
  }

  @Test func aDiskWithoutRoomForActivationsIsToldBeforeTheWork() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "scratch-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    #expect {
      _ = try ScratchMapping(byteCount: 1 << 60, in: folder.path)
    } throws: { error in
      switch error as? CheckpointError {
      case .diskFull, .system: true
      default: false
      }
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  // MARK: Panels

  /// Rows and columns of a layer of several panels, the last of them short.
  private static let shape = [2 * Plan.panelRows(columns: 4096) + 36, 4096]

  private static func layer(_ change: (inout [Float]) -> Void = { _ in }) throws -> MadeCheckpoint {
    var generator = SeededGenerator(seed: 5)
    var values = generator.floats(shape[0] * shape[1])
    change(&values)
    return try MadeCheckpoint(
      config: .object([JSON.Member("model_type", .string("kangaroo"))]),
      tensors: ["up_proj", "down_proj"].map {
        MadeCheckpoint.Floats(name: "model.layers.0.mlp.\($0).weight", shape: shape, values: values)
      }
    )
  }

  @Test(
    arguments: ["W4A16", "W4A16_ASYM", "W8A16", "FP8_DYNAMIC", "FP8_BLOCK", "W8A8", "MXFP4"],
    [Arithmetic.float32, .reference]
  )
  func panelsGiveTheBytesOfTheWhole(scheme: String, arithmetic: Arithmetic) throws {
    let model = try Self.layer()
    // One of two layers stays as it is.
    let recipe = Self.recipe("QuantizationModifier: {scheme: \(scheme), targets: ['re:.*up_proj']}")
    var files: [Data] = []
    var reports: [[LayerReport]] = []
    for histogramLayers in [[], ["model.layers.0.mlp.up_proj"]] as [Set<String>] {
      let trial = try Trial(recipe: recipe, model: model.folder)
      defer { trial.cleanUp() }
      #expect(trial.plan.roundsInPanels(trial.plan.assignments[0]))
      // A histogram is of a whole layer.
      reports.append(try trial.run(arithmetic: arithmetic, histogramLayers: histogramLayers).layers)
      files.append(try Data(contentsOf: URL(fileURLWithPath: "\(trial.destination)/model.safetensors")))
    }
    #expect(files[0] == files[1])
    #expect(reports[0].map(\.name) == reports[1].map(\.name) && reports[0].count == 1)
    for (one, other) in zip(reports[0], reports[1]) {
      #expect(abs(one.relativeError / other.relativeError - 1) < 1e-12)
      #expect(one.zeroFraction == other.zeroFraction)
    }
  }

  @Test(arguments: ["up_proj", "nothing"]) func aPlaceInALaterPanelIsNamedAsTheWholeHasIt(target: String) throws {
    let place = [Self.shape[0] - 2, 17]
    let model = try Self.layer { $0[place[0] * Self.shape[1] + place[1]] = .infinity }
    let trial = try Trial(
      recipe: Self.recipe("QuantizationModifier: {scheme: W8A16, targets: ['re:.*(\(target)|down_proj)']}"),
      model: model.folder
    )
    defer { trial.cleanUp() }
    // Unless it is rounded, it is copied, before all rounding.
    let name = "model.layers.0.mlp.up_proj.weight"
    #expect(throws: ExecutionError.checkpoint(.notFinite(tensor: name, position: place))) { try trial.run() }
    #expect(trial.traces.isEmpty)
  }

  @Test func layersThatNeedTheWholeAreNotRoundedInPanels() throws {
    let model = try Self.layer()
    for modifiers in [
      "QuantizationModifier: {scheme: NVFP4A16, targets: [Linear]}",
      "{MagnitudePruningModifier: {init_sparsity: 0, final_sparsity: 0.5, targets: [Linear]}, QuantizationModifier: {scheme: W4A16, targets: [Linear]}}",
      """
      QuantizationModifier: {config_groups: {all: {targets: [Linear], weights: {num_bits: 8, strategy: tensor}}}}
      """,
    ] {
      let trial = try Trial(recipe: Self.recipe(modifiers), model: model.folder)
      defer { trial.cleanUp() }
      #expect(!trial.plan.assignments.isEmpty)
      #expect(trial.plan.assignments.allSatisfy { !trial.plan.roundsInPanels($0) })
    }
  }
}
