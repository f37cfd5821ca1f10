import Checkpoints
import Diagnostics
import Foundation
import JSONDocuments
import Models
import Planning
import RecipeGrammar
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
    Plan.make(try Self.recipe(file), on: try outline(), request: request)
  }

  /// Checks a recipe, which must hold by itself, for the runtime that it names.
  func check(_ file: SourceFile, request: PlanRequest = PlanRequest()) throws -> ModelCheck {
    let recipe = try Self.recipe(file)
    var request = request
    request.runtime = request.runtime ?? recipe.sections.runtime.flatMap { request.grammar.runtime($0.value) }
    return Plan.check(recipe, on: try outline(), request: request)
  }

  private static func recipe(_ file: SourceFile) throws -> Recipe {
    let checked = Recipe.check(file)
    return try #require(checked.value, "\(checked.diagnostics.rendered())")
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
