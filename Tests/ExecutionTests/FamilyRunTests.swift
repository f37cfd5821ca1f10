import Checkpoints
import Diagnostics
import Execution
import Foundation
import Inference
import Kernels
import Models
import Planning
import Recipes
import Tensors
import TestSupport
import Testing

/// Runs on the small model of each family: errors are corrected, smoothing changes nothing, masks survive.
struct FamilyRunTests {
  static let folders = Places.filesBelow(
    Places.fixtures(of: "Inference").appending(path: "models"),
    suffix: "safetensors"
  ).map { $0.deletingLastPathComponent() }.filter { $0.lastPathComponent != "opt-post-norm" }

  /// Families whose layers are `Linear` modules.
  static let names = folders.map(\.lastPathComponent).filter { !$0.hasPrefix("gpt2") }

  private static func folder(_ name: String) -> URL {
    Places.fixtures(of: "Inference").appending(path: "models/\(name)")
  }

  private static let windows = ExecutionTests.windows(count: 24, length: 40, vocabulary: 64)
  private static let request = PlanRequest(samples: 24, sequenceLength: 40)
  private static let layers = "['re:.*layers.*', 're:.*[.]h[.].*']"

  private static func quantization(_ modifier: String, bits: Int) -> String {
    let weights = "{num_bits: \(bits), type: int, symmetric: true, strategy: channel}"
    return "\(modifier): {config_groups: {all: {targets: \(layers), weights: \(weights)}}}"
  }

  private static func recipe(_ modifiers: String..., experts: String = "all") -> String {
    let stages = modifiers.enumerated().map { "stage\($0)_stage: {stage\($0)_modifiers: {\($1)}}\n" }
    return stages.joined() + "calibration: {experts: \(experts)}\n"
  }

  /// The squared error of each step's outputs on what reaches it in the dense model, relative to their energy and summed
  /// over the layers of the first block.
  private static func error(_ trial: Trial, against dense: RecordedWalk) throws -> Double {
    let processor = Processor(threadCount: 2)
    let stored = try WeightReader(
      Checkpoint.open(trial.destination),
      outline: trial.writtenOutline,
      processor: processor
    )
    let plain = try WeightReader(trial.checkpoint, outline: trial.outline, processor: processor)
    var sum = 0.0
    for step in dense.decoder.blocks[0].steps where step.kind != .router {
      let moments = try #require(dense.statistics[0][step.kind]?.moments).symmetric()
      for linear in step.linears {
        let weight = try plain.layer(linear).weight
        let nothing = Matrix(rowCount: weight.rowCount, columnCount: weight.columnCount)
        let energy = processor.outputError(of: weight, and: nothing, moments: moments)
        sum += processor.outputError(of: weight, and: try stored.layer(linear).weight, moments: moments) / energy
      }
    }
    return sum
  }

  @Test func thereIsARunForEveryFamily() throws {
    let families = try Set(Self.folders.map { try RecordedWalk.decoder(of: $0).family })
    #expect(families == Set(Architecture.standard.map(\.family)))
  }

  @Test(arguments: names) func errorCorrectionLosesLessThanRounding(name: String) throws {
    let rounded = try Trial(
      recipe: Self.recipe(Self.quantization("QuantizationModifier", bits: 3)),
      model: Self.folder(name),
      request: Self.request
    )
    defer { rounded.cleanUp() }
    try rounded.run()
    let corrected = try Trial(
      recipe: Self.recipe(Self.quantization("GPTQModifier", bits: 3)),
      model: Self.folder(name),
      request: Self.request
    )
    defer { corrected.cleanUp() }
    let report = try corrected.run(windows: Self.windows)
    let linears = try #require(corrected.outline.decoder).blocks.flatMap(\.steps).filter { $0.kind != .router }
      .flatMap(\.linears)
    #expect(Set(corrected.plan.assignments.map(\.layer.name)) == Set(linears.map(\.name)))
    #expect(report.layers.allSatisfy { $0.tokenCount == 24 * 40 })
    let dense = try RecordedWalk(rounded.checkpoint, windows: Self.windows, asking: .moments)
    let errors = (
      rounded: try Self.error(rounded, against: dense), corrected: try Self.error(corrected, against: dense)
    )
    #expect(errors.corrected < errors.rounded, "\(errors)")
  }

  /// AWQ's places are all that a block has.
  @Test(arguments: names) func smoothingChangesNothingThatIsComputed(name: String) throws {
    let made = try MadeCheckpoint(float32: Self.folder(name))
    let trial = try Trial(
      recipe: Self.recipe("AWQModifier: {duo_scaling: false}", Self.quantization("QuantizationModifier", bits: 3)),
      model: made.folder,
      request: Self.request
    )
    defer { trial.cleanUp() }
    #expect(!trial.plan.smoothings.isEmpty)
    // The same plan on weights that keep 16 bits of each float would hide what smoothing changes: nothing is quantized.
    let smoothed = try Trial(
      recipe: Self.recipe("SmoothQuantModifier: {smoothing_strength: 0.5, mappings: \(trial.mappings)}"),
      model: made.folder,
      request: Self.request
    )
    defer { smoothed.cleanUp() }
    let report = try smoothed.run(windows: Self.windows)
    #expect(report.smoothings.count == trial.plan.smoothings.count)
    #expect(report.smoothings.allSatisfy { $0.leastFactor < $0.largestFactor })
    let before = try RecordedWalk(smoothed.checkpoint, windows: Self.windows)
    let after = try RecordedWalk(Checkpoint.open(smoothed.destination), windows: Self.windows)
    let largest = before.logits.reduce(0) { max($0, $1.magnitude) }
    let distance = zip(before.logits, after.logits).reduce(0) { max($0, abs($1.0 - $1.1)) }
    // Experts that stand at the edge of a choice may be chosen otherwise; none does here.
    #expect(distance <= 2e-4 * largest, "\(distance / largest)")
  }

  @Test(arguments: names) func masksSurviveQuantization(name: String) throws {
    let trial = try Trial(
      recipe: Self.recipe(
        "SparseGPTModifier: {sparsity: 0.5, mask_structure: '2:4', targets: \(Self.layers)}",
        Self.quantization("GPTQModifier", bits: 4)
      ),
      model: Self.folder(name),
      request: Self.request
    )
    defer { trial.cleanUp() }
    try trial.run(windows: Self.windows)
    for assignment in trial.plan.assignments where trial.plan.pruning(of: assignment.layer.name) != nil {
      let weight = try trial.weight(of: assignment)
      for row in 0..<weight.rowCount {
        let zeros = stride(from: 0, to: weight.columnCount, by: 4).map { group in
          (group..<group + 4).count { weight[row, $0] == 0 }
        }
        #expect(zeros.allSatisfy { $0 >= 2 }, "\(assignment.layer.name)")
      }
    }
  }

  @Test(arguments: ["mixtral", "qwen2-moe", "qwen3-moe", "deepseek-v3"], ["all", "routed"])
  func expertsAreCalibratedAndCounted(name: String, experts: String) throws {
    let long = ExecutionTests.windows(count: 40, length: 40, vocabulary: 64)
    let trial = try Trial(
      recipe: Self.recipe(Self.quantization("GPTQModifier", bits: 4), experts: experts),
      model: Self.folder(name),
      request: PlanRequest(samples: 40, sequenceLength: 40)
    )
    defer { trial.cleanUp() }
    let report = try trial.run(windows: long)
    let decoder = try #require(trial.outline.decoder)
    let parts = decoder.blocks.compactMap { block in block.feedForward.experts.map { (block.feedForward.name, $0) } }
    #expect(report.experts.map(\.name) == parts.map(\.0) && !parts.isEmpty)
    let tokens = Dictionary(uniqueKeysWithValues: report.layers.map { ($0.name, $0.tokenCount) })
    var fewer = 0
    for ((_, part), counts) in zip(parts, report.experts) {
      #expect(counts.tokenCounts.reduce(0, +) == 1600 * part.routing.chosen)
      for (layers, count) in zip(part.layers, counts.tokenCounts) {
        let isOwn = experts == "routed" && count >= ExpertRouting.leastCalibrationTokens
        fewer += isOwn ? 1 : 0
        #expect((layers.readers + [layers.down]).allSatisfy { tokens[$0.name] == (isOwn ? count : 1600) })
      }
    }
    #expect((fewer > 0) == (experts == "routed"))
  }

  @Test func layersThatAreStoredTransposedArePrunedAndNotQuantized() throws {
    let checked = Plan.make(
      try #require(
        Recipe.check(
          SourceFile(
            name: "recipe.yaml",
            text: "a_stage: {a_modifiers: {QuantizationModifier: {scheme: W8A16, targets: ['re:.*c_attn']}}}\n"
          )
        ).value
      ),
      on: try RecordedWalk.outline(of: Self.folder("gpt2")),
      request: PlanRequest()
    )
    #expect(checked.diagnostics.map(\.code.name).contains("target-not-quantizable"))
    let trial = try Trial(
      recipe:
        "a_stage: {a_modifiers: {SparseGPTModifier: {sparsity: 0.5, mask_structure: '2:4', targets: ['re:.*c_.*']}}}\n",
      model: Self.folder("gpt2"),
      request: Self.request
    )
    defer { trial.cleanUp() }
    try trial.run(windows: Self.windows)
    let written = try Checkpoint.open(trial.destination)
    #expect(!trial.plan.prunings.isEmpty)
    for pruning in trial.plan.prunings {
      let weight = try written.tensor("\(pruning.layer.name).weight").matrix()
      #expect(weight.rowCount == pruning.layer.columns && weight.columnCount == pruning.layer.rows)
      // Two of four inputs of each output channel: down a column of what is stored.
      let zeros = (0..<weight.columnCount).flatMap { column in
        stride(from: 0, to: weight.rowCount, by: 4).map { group in
          (group..<group + 4).count { weight[$0, column] == 0 }
        }
      }
      #expect(zeros.allSatisfy { $0 >= 2 })
    }
  }
}

extension Trial {
  /// What stands at the destination.
  fileprivate var writtenOutline: ModelOutline {
    get throws {
      let headers = try CheckpointHeaders.read(destination)
      return try ModelOutline(config: headers.config, tensors: headers.tensors)
    }
  }

  /// The plan's smoothing places as mappings of a recipe.
  fileprivate var mappings: String {
    let list = plan.smoothings.map { smoothing in
      "[[\(smoothing.site.readers.map(\.name).joined(separator: ", "))], \(smoothing.site.producer)]"
    }
    return "[\(list.joined(separator: ", "))]"
  }
}

extension MadeCheckpoint {
  /// A model in float32 whose weights are those of another.
  fileprivate convenience init(float32 source: URL) throws {
    let checkpoint = try Checkpoint.open(source.path(percentEncoded: false))
    let tensors = try checkpoint.headers.tensors.map { description in
      Floats(
        name: description.name,
        shape: description.shape,
        values: try checkpoint.tensor(description.name).floats()
      )
    }
    try self.init(config: checkpoint.headers.config, tensors: tensors)
  }
}
