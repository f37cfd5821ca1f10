import Foundation
import TestSupport

extension Workspace {
  static let bundledModel = Places.inRepository("models/tiny-stories")
  static let bundledRecipes = Places.inRepository("recipes")
  static let fixtures = Places.fixtures(of: "CommandLineInterface")

  /// Links what commands of the recorded transcripts name: the bundled model and recipes, and recipes with faults.
  func linkMaterial() throws {
    try link("tiny-stories", to: Self.bundledModel)
    try link("recipes", to: Self.bundledRecipes)
    try link("given", to: Self.fixtures.appending(path: "given"))
  }

  /// Calibration data of rows of token ids, which need no tokenizer.
  func writeRows(_ name: String = "calibration.jsonl", count: Int, length: Int) throws {
    let rows = (0..<count).map { row in
      let ids = (0..<length).map { "\(($0 * 7 + row * 13) % 1000)" }.joined(separator: ",")
      return "{\"input_ids\":[\(ids)]}\n"
    }
    try write(name, rows.joined())
  }
}

extension String {
  /// The text without the rates and times of progress lines, which differ from run to run.
  var withoutRates: String {
    replacing(#/  [0-9.]+/s  [0-9]+ s left/#, with: "")
  }
}
