import Checkpoints
import Diagnostics
import Foundation
import JSONDocuments
import Models
import Planning
import Recipes
import TestSupport
import Testing

/// The model of `models/tiny-stories` as planning sees it, with changes to its config where a test needs another one.
struct BundledModel {
  let headers: CheckpointHeaders
  var config: JSON

  init(_ changes: [String: JSON?] = [:]) throws {
    headers = try CheckpointHeaders.read(Places.inRepository("models/tiny-stories").path(percentEncoded: false))
    config = headers.config
    for (key, value) in changes { config[key] = value }
  }

  /// A model whose attention looks back on no more than so many tokens.
  static func withWindow(_ tokens: Int) throws -> BundledModel {
    try BundledModel(["model_type": .string("mistral"), "sliding_window": .integer(Int64(tokens))])
  }

  /// A model of a family that nobody has described.
  static func unknown() throws -> BundledModel {
    try BundledModel(["model_type": .string("kangaroo")])
  }

  func outline() throws -> ModelOutline {
    try ModelOutline(config: config, tensors: headers.files.flatMap { $0.header.tensors.map(\.description) })
  }

  /// Plans a recipe, which must hold by itself.
  func plan(_ file: SourceFile, request: PlanRequest = PlanRequest()) throws -> Checked<Plan> {
    let checked = Recipe.check(file)
    let recipe = try #require(checked.value, "\(checked.diagnostics.rendered())")
    return Plan.make(recipe.stageGraph(), file: file, outline: try outline(), request: request)
  }

  /// Plans one modifier; its fields are in YAML's flow style, without the outer braces.
  func plan(_ modifier: String, _ fields: String, request: PlanRequest = PlanRequest()) throws -> Checked<Plan> {
    try plan("{\(modifier): {\(fields)}}", request: request)
  }

  /// Plans modifiers, given as a mapping in YAML's flow style.
  func plan(_ modifiers: String, request: PlanRequest = PlanRequest()) throws -> Checked<Plan> {
    let text = "quant_stage: {quant_modifiers: \(modifiers)}\n"
    return try plan(SourceFile(name: "recipe.yaml", text: text), request: request)
  }
}
