import Checkpoints
import Evaluation
import Foundation
import Inference
import JSONDocuments
import Kernels
import Models
import Planning
import TestSupport
import Testing
import Tokenization
import Vocabulary

/// The bundled model and the texts beside it, as token ids.
enum BundledText {
  static let model = Places.inRepository("models/tiny-stories")
  private static let vocabularySize = 1024
  private static let windowLength = 128

  /// The perplexity of a checkpoint on windows of tokens, by default of the text that the bundled model is evaluated on.
  static func perplexity(of checkpoint: Checkpoint, on windows: [[Int32]]? = nil) throws -> Double {
    let outline = try ModelOutline(
      config: checkpoint.headers.config,
      tensors: checkpoint.headers.tensors
    )
    let processor = Processor(threadCount: 2)
    let reader = try WeightReader(checkpoint, outline: outline, processor: processor)
    return try Perplexity.measure(
      reader,
      decoder: #require(outline.decoder),
      windows: windows ?? evaluation(),
      on: processor
    ) { _ in }.value
  }

  /// The perplexity of what a recipe makes of the bundled model, calibrated where it asks for it.
  static func perplexity(of recipe: RotationRecipe) throws -> Double {
    let request = PlanRequest(samples: 32, sequenceLength: windowLength)
    let trial = try Trial(recipe: recipe.text, model: model, request: request)
    defer { trial.cleanUp() }
    try trial.run(windows: trial.plan.calibration == nil ? [] : calibration(count: 32))
    return try perplexity(of: Checkpoint.open(trial.destination))
  }

  /// A run of a recipe on the bundled model, calibrated on the text beside it where it asks for calibration.
  static func run(
    _ recipe: String,
    samples: Int = 16,
    threads: Int = 2,
    products: ProductType = .float32,
    processor: Processor? = nil
  ) throws -> Trial {
    let trial = try Trial(
      recipe: recipe,
      model: model,
      request: PlanRequest(samples: samples, sequenceLength: windowLength)
    )
    do {
      let windows = trial.plan.calibration == nil ? [] : try calibration(count: samples)
      try trial.run(windows: windows, threads: threads, products: products, processor: processor)
    } catch {
      trial.cleanUp()
      throw error
    }
    return trial
  }

  /// The perplexity of what a run wrote.
  static func perplexity(of trial: Trial) throws -> Double { try perplexity(of: Checkpoint.open(trial.destination)) }

  static func calibration(count: Int) throws -> [[Int32]] {
    let bytes = Array(try Data(contentsOf: model.appending(path: "calibration.jsonl")))
    return try TokenWindows.readingJSONLines(
      bytes,
      textMember: "text",
      tokenizer: tokenizer(),
      request: request(count)
    ).sequences
  }

  private static func evaluation() throws -> [[Int32]] {
    let bytes = Array(try Data(contentsOf: model.appending(path: "evaluation.txt")))
    let request = request(evaluationWindowCount)
    return try TokenWindows.readingText(bytes, tokenizer: tokenizer(), request: request).sequences
  }

  private static let evaluationWindowCount = 64

  private static func tokenizer() throws -> Tokenizer {
    try Tokenizer(json: JSON.parse(Array(Data(contentsOf: model.appending(path: "tokenizer.json")))))
  }

  private static func request(_ count: Int) -> TokenWindows.Request {
    TokenWindows.Request(
      sequenceLength: windowLength,
      maximumCount: count,
      vocabularySize: vocabularySize,
      addsSpecialTokens: true
    )
  }
}
