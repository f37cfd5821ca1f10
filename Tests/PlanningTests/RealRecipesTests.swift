import Checkpoints
import Diagnostics
import Foundation
import JSONDocuments
import Models
import Planning
import Recipes
import TestSupport
import Testing
import Vocabulary

/// Recipes that people wrote, held against a small model, when both lie beside the checkout.
@Suite(.enabled(if: Places.shared("data/recipes") != nil, "needs shared/data/recipes beside the checkout"))
struct RealRecipesTests {
  private static let folder = Places.shared("data/recipes")
  private static let modelName = "tiny-llama-256"

  /// The model, its weights in another type where the tool loaded it so.
  private static func outline(as elementType: ElementType = .bfloat16) throws -> ModelOutline {
    let folder = try #require(folder).appending(path: "models/\(modelName)")
    let headers = try CheckpointHeaders.read(folder.path(percentEncoded: false))
    return try ModelOutline(
      config: headers.config,
      tensors: headers.files.flatMap(\.header.tensors).map(\.description).map {
        TensorDescription(name: $0.name, elementType: elementType, shape: $0.shape)
      }
    )
  }

  private static func file(_ path: String) throws -> SourceFile {
    let url = try #require(folder).appending(path: path)
    return SourceFile(name: url.lastPathComponent, bytes: Array(try Data(contentsOf: url)))
  }

  @Test func faultsThatTheModelShowsAreFoundInTheirLine() throws {
    let index = try #require(Self.folder).appending(path: "bad/index.tsv")
    let rows = try String(contentsOf: index, encoding: .utf8).split(separator: "\n").dropFirst()
      .map { $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init) }
      .filter { $0[7] == Self.modelName }
    #expect(rows.count >= 5)
    let outline = try Self.outline()
    for row in rows {
      let checked = Recipe.check(try Self.file("bad/\(row[0])"))
      var diagnostics = checked.diagnostics
      if let recipe = checked.value {
        diagnostics += Plan.check(recipe, on: outline, request: PlanRequest()).diagnostics
      }
      let severity = try #require(Severity(rawValue: row[2]))
      let lines = diagnostics.filter { $0.severity == severity }.compactMap(\.position?.line)
      #expect(lines.contains(try #require(Int(row[3]))), "\(row[0]): \(row[5])\n\(diagnostics.rendered())")
      #expect(diagnostics.allSatisfy { $0.severity <= severity }, "\(row[0])\n\(diagnostics.rendered())")
    }
  }

  /// Recipes whose checkpoints differ from the Python tool's, and why that is right.
  private static let differences = [
    "llmc-old-156.yaml": "its modifier only ignores modules; that quantizes nothing, which is an error here",
    "sparseml-012.yaml": "its targets are OPT's parameters; that nothing matches is an error here",
  ]

  @Test func whatPareLaysOutIsWhatThePythonToolWrote() throws {
    let truths = Places.files(in: try #require(Self.folder).appending(path: "truth"), suffix: "json")
    #expect(truths.count > 100)
    let outline = try Self.outline(as: .float32)
    var compared = 0
    for url in truths {
      let truth = try JSON.parse(Array(try Data(contentsOf: url)))
      let name = try #require(truth["recipe"]?.string)
      let checked = Recipe.check(try Self.file("good/\(name)"))
      guard let recipe = checked.value else {
        #expect(Self.differences[name] != nil, "\(name)\n\(checked.diagnostics.rendered())")
        continue
      }
      let found = Plan.check(recipe, on: outline, request: PlanRequest())
      guard let layout = found.layout else {
        #expect(Self.differences[name] != nil, "\(name)\n\(found.diagnostics.rendered())")
        continue
      }
      let difference = try Self.difference(layout, truth)
      if Self.differences[name] == nil {
        #expect(difference == nil, "\(name): \(difference ?? "")")
        compared += 1
      } else {
        #expect(difference != nil, "\(name) no longer differs")
      }
    }
    #expect(compared > 100)
  }

  /// What of a layout is not as the tool wrote it; nil when all is.
  private static func difference(_ layout: OutputLayout, _ truth: JSON) throws -> String? {
    let tensors = try #require(truth["tensors"]?.object)
    let expected = try tensors.map { member in
      let cells = try #require(member.value.array)
      return "\(member.key) \(cells[0].string ?? "") \(try #require(cells[1].array).compactMap(\.int))"
    }
    let planned = layout.tensors.map(\.description).map { "\($0.name) \($0.elementType.rawValue) \($0.shape)" }
    let more = Set(planned).subtracting(expected).sorted()
    let fewer = Set(expected).subtracting(planned).sorted()
    if let first = (more + fewer).first { return "\(more.count) tensors more, \(fewer.count) fewer, such as \(first)" }
    guard let config = truth["quantization_config"], config != .null else {
      return layout.groups.isEmpty && layout.keyValueCache == nil ? nil : "groups where the tool wrote none"
    }
    let kept = try #require(config["ignore"]?.array).compactMap(\.string)
    if layout.keptModules != kept { return "ignore is \(layout.keptModules), not \(kept)" }
    let groups = try #require(config["config_groups"]?.object)
    guard groups.count == layout.groups.count else { return "\(layout.groups.count) groups, not \(groups.count)" }
    for (member, group) in zip(groups, layout.groups) {
      let planned = text(group)
      let written = try text(member.value)
      if planned != written { return "\(member.key) is \(planned), not \(written)" }
    }
    let cache = try arguments(config["kv_cache_scheme"])
    if layout.keyValueCache.map(text) != cache { return "the cache is \(layout.keyValueCache.map(text) ?? "none")" }
    return nil
  }

  private static func text(_ group: PlannedGroup) -> String {
    let parts = [group.scheme.weights, group.scheme.inputActivations, group.scheme.outputActivations]
    return ([group.format.rawValue, "\(group.targets.sorted())"] + parts.map { $0.map(text) ?? "none" })
      .joined(separator: ", ")
  }

  private static func text(_ group: JSON) throws -> String {
    let targets = try #require(group["targets"]?.array).compactMap(\.string)
    let parts = try ["weights", "input_activations", "output_activations"].map { try arguments(group[$0]) ?? "none" }
    return ([group["format"]?.string ?? "", "\(targets.sorted())"] + parts).joined(separator: ", ")
  }

  private static func text(_ arguments: QuantizationArguments) -> String {
    let dynamic =
      switch arguments.dynamic {
      case .off: "false"
      case .on: "true"
      case .local: "local"
      }
    let block = arguments.blockShape.map { "\([$0.rows, $0.columns])" } ?? "no block"
    return """
      \(arguments.numberKind.rawValue)\(arguments.bitWidth) \(arguments.isSymmetric) \(arguments.strategy.rawValue) \
      \(arguments.groupSize ?? 0) \(block) \(dynamic) \(arguments.activationOrder?.rawValue ?? "no order")
      """
  }

  private static func arguments(_ json: JSON?) throws -> String? {
    guard let json, json != .null else { return nil }
    let block = json["block_structure"]?.array.map { "\($0.compactMap(\.int))" } ?? "no block"
    // Two names of one order.
    let order = json["actorder"]?.string.map { $0 == "weight" ? "static" : $0 }
    let dynamic = json["dynamic"]?.string ?? (json["dynamic"]?.bool == true ? "true" : "false")
    return """
      \(try #require(json["type"]?.string))\(try #require(json["num_bits"]?.int)) \(json["symmetric"]?.bool ?? true) \
      \(try #require(json["strategy"]?.string)) \(json["group_size"]?.int ?? 0) \(block) \(dynamic) \
      \(order ?? "no order")
      """
  }
}
