import Checkpoints
import Evaluation
import Foundation
import Inference
import Kernels
import Models
import TestSupport
import Testing

/// A checkpoint among the fixtures of other rooms.
struct ReadableModel {
  let checkpoint: Checkpoint
  let outline: ModelOutline

  init(_ folder: URL) throws {
    checkpoint = try Checkpoint.open(folder.path(percentEncoded: false))
    outline = try ModelOutline(
      config: checkpoint.headers.config,
      tensors: checkpoint.headers.tensors
    )
  }

  /// One of the small random models of the inference's tests.
  static func small(_ name: String) throws -> ReadableModel {
    try ReadableModel(Places.fixtures(of: "Inference").appending(path: "models/\(name)"))
  }

  /// The dense model that the compressed ones were made from.
  static func dense() throws -> ReadableModel {
    try ReadableModel(Places.fixtures(of: "Checkpoints").appending(path: "base_untied"))
  }

  /// One of the compressed checkpoints of the checkpoints' tests.
  static func compressed(_ name: String) throws -> ReadableModel {
    try ReadableModel(Places.fixtures(of: "Checkpoints").appending(path: "out/\(name)"))
  }

  func runnable(on processor: Processor) throws -> RunnableModel {
    RunnableModel(
      reader: try WeightReader(checkpoint, outline: outline, processor: processor),
      decoder: try #require(outline.decoder)
    )
  }

  func inventory() throws -> WeightInventory { try WeightInventory(checkpoint, outline: outline) }
}
