import JSONDocuments
import LanguageServer
import RecipeGrammar
import TestSupport
import Testing

/// What is offered where, in texts that are whole and in texts that are not.
@Suite struct CompletionTests {
  /// A text with a cursor, what is among the offers, and what is not; `=` demands the offers and no others.
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let text: String
    let offered: [String]
    let absent: [String]
    let isExact: Bool

    init(_ name: String, _ text: String, offers: [String] = [], not absent: [String] = [], exactly: [String]? = nil) {
      self.name = name
      self.text = text
      offered = exactly ?? offers
      self.absent = absent
      isExact = exactly != nil
    }

    var testDescription: String { name }
  }

  private static let modifier = "quant_stage:\n  quant_modifiers:\n    GPTQModifier:\n"
  private static let smoothing = "s_stage:\n  s_modifiers:\n    AWQModifier:\n      mappings:\n"

  static let cases: [Case] = [
    Case("an empty text", "‸", offers: ["quantization_stage", "calibration", "include"], not: ["GPTQModifier"]),
    Case("a typed section", "calib‸", offers: ["calibration", "calib_stage"]),
    Case("sections that are there", "model: {path: x}\n‸", offers: ["runtime"], not: ["model"]),
    Case(
      "the first line of a stage",
      "quant_stage:\n  ‸",
      offers: ["quant_modifiers"],
      not: ["quant_stage", "scheme"]
    ),
    Case("a typed group", "a_stage:\n  my‸\n", offers: ["my_modifiers", "a_modifiers", "pruning_modifiers"]),
    Case("a merged stage", "default_stage_0:\n  ‸", offers: ["default_modifiers"]),
    Case("a group", "a_stage:\n  b_modifiers:\n    ‸", offers: ["GPTQModifier", "AWQModifier"], not: ["scheme"]),
    Case(
      "a group with a modifier",
      modifier + "      scheme: W4A16\n    ‸",
      offers: ["AWQModifier"],
      not: ["GPTQModifier"]
    ),
    Case("a group of an early release", "quant_modifiers:\n  G‸", offers: ["GPTQModifier"]),
    Case("a modifier", modifier + "      ‸", offers: ["scheme", "block_size", "ignore"], not: ["group", "samples"]),
    Case("a half-typed field", modifier + "      sch‸\n      targets: Linear\n", offers: ["scheme"], not: ["targets"]),
    Case("a field before others", modifier + "      ‸\n      scheme: W4A16\n", offers: ["targets"], not: ["scheme"]),
    Case("a field with its colon", modifier + "      sc‸eme: W4A16\n", offers: ["scheme"]),
    Case("one space too many", modifier + "      targets: Linear\n       sch‸", offers: ["scheme"], not: ["targets"]),
    Case("one space too few", modifier + "     sch‸\n", offers: ["scheme"]),
    Case("after a field that is wrong", modifier + "      foo: [bar\n      ‸", offers: ["scheme"]),
    Case(
      "after a quote without an end",
      modifier + "      ignore: \"re:x\n      ‸",
      offers: ["scheme"],
      not: ["ignore"]
    ),
    Case("a preset", modifier + "      scheme: ‸", offers: ["W4A16", "NVFP4", "null"], not: ["Linear"]),
    Case("a preset behind its colon", modifier + "      scheme:‸", offers: ["W4A16"]),
    Case("a typed preset", modifier + "      scheme: W4‸\n      targets: Linear\n", offers: ["W4A16"]),
    Case("presets with targets", modifier + "      scheme:\n        ‸", offers: ["W4A16"], not: ["scheme"]),
    Case("a boolean", modifier + "      bypass_divisibility_checks: ‸", exactly: ["true", "false"]),
    Case("an order", modifier + "      actorder: ‸", exactly: ["static", "weight", "null"]),
    Case("an integer", modifier + "      block_size: ‸", exactly: ["128"]),
    Case("an observer", modifier + "      weight_observer: m‸", offers: ["memoryless_minmax", "mse"]),
    Case(
      "roles of observers",
      modifier + "      observer:\n        input: mse\n        ‸",
      exactly: ["weights", "output"]
    ),
    Case("an observer of a role", modifier + "      observer: {weights: ‸}", offers: ["mse"]),
    Case("targets", modifier + "      targets: ‸", exactly: ["Linear"]),
    Case("targets in brackets", modifier + "      targets: [‸]", exactly: ["Linear"]),
    Case("targets in open brackets", modifier + "      targets: [lm_head, ‸\n", exactly: ["Linear"]),
    Case("items", modifier + "      targets:\n        - ‸\n", exactly: ["Linear"]),
    Case("items without indentation", modifier + "      targets:\n      - Linear\n      - L‸\n", exactly: ["Linear"]),
    Case("a line for an item", modifier + "      targets:\n        ‸\n", exactly: ["Linear"]),
    Case("a group's name", modifier + "      config_groups:\n        ‸", exactly: ["group_0"]),
    Case(
      "a second group's name",
      modifier + "      config_groups:\n        group_0: {}\n        ‸",
      exactly: ["group_1"]
    ),
    Case(
      "a group's fields",
      modifier + "      config_groups:\n        group_0:\n          ‸",
      exactly: ["targets", "weights", "input_activations", "output_activations", "format"]
    ),
    Case(
      "arguments",
      modifier + "      config_groups:\n        g:\n          weights:\n            num_bits: 4\n            ‸",
      offers: ["group_size", "strategy"],
      not: ["num_bits", "targets"]
    ),
    Case(
      "arguments in braces",
      modifier + "      config_groups:\n        g:\n          weights: {num_bits: 4, ‸}",
      offers: ["group_size", "strategy"],
      not: ["num_bits"]
    ),
    Case(
      "arguments in open braces",
      modifier + "      config_groups: {g: {weights: {st‸\n",
      offers: ["strategy"],
      not: ["targets"]
    ),
    Case(
      "a value in braces",
      modifier + "      config_groups: {g: {weights: {type: ‸, num_bits: 4}}}",
      exactly: ["int", "float"]
    ),
    Case(
      "an element type",
      modifier + "      kv_cache_scheme:\n        scale_dtype: ‸",
      offers: ["bfloat16", "float32"]
    ),
    Case(
      "the arguments of an observer",
      modifier + "      kv_cache_scheme:\n        observer: mse\n        observer_kwargs:\n          ‸",
      offers: ["maxshrink"]
    ),
    Case("a format", "output:\n  format: ‸", offers: ["pack-quantized"], not: ["mixed-precision"]),
    Case("a runtime", "runtime:\n  name: ‸", offers: ["vllm"]),
    Case("a section's fields", "calibration:\n  samples: 3\n  ‸", offers: ["dataset"], not: ["samples", "scheme"]),
    Case("a section in braces", "calibration: {sam‸}", offers: ["samples", "sequence_length"]),
    Case("a mask", "p_stage:\n  p_modifiers:\n    SparseGPTModifier:\n      mask_structure: ‸", offers: ["\"2:4\""]),
    Case(
      "a mask in quotes",
      "p_stage:\n  p_modifiers:\n    SparseGPTModifier:\n      mask_structure: \"‸\"",
      offers: ["2:4"]
    ),
    Case(
      "a mapping of AWQ",
      smoothing + "        - ‸",
      exactly: ["smooth_layer", "balance_layers", "activation_hook_target"]
    ),
    Case(
      "a second line of a mapping",
      smoothing + "        - smooth_layer: re:a\n          ‸",
      exactly: ["balance_layers", "activation_hook_target"]
    ),
    Case("a layer of a mapping", smoothing + "        - smooth_layer: ‸", exactly: ["Linear"]),
    Case("JSON", #"{"quant_stage": {"quant_modifiers": {"GPTQModifier": {"sch‸"}}}}"#, offers: ["scheme"]),
    Case("front matter", "---\nquant_stage:\n  ‸\n---\n# Words\n", offers: ["quant_modifiers"]),
    Case("a comment", modifier + "      scheme: W4A16 # sch‸", exactly: []),
    Case("a comment on its line", modifier + "      # ‸", exactly: []),
    Case("behind a value", modifier + "      scheme: W4A16 ‸", exactly: []),
    Case("behind brackets", modifier + "      targets: [Linear] ‸", exactly: []),
    Case("a long text", "calibration:\n  dataset: |\n    sam‸\n", exactly: []),
    Case("an unknown field", modifier + "      foo: ‸", exactly: []),
    Case("a free text", "calibration:\n  dataset: ‸", exactly: []),
  ]

  @Test func thereAreCases() { #expect(Self.cases.count > 50) }

  @Test(arguments: cases)
  func whatMayBeWrittenIsOffered(example: Case) throws {
    let address = example.name == "front matter" ? "file:///recipes/recipe.md" : Editor.address
    let labels = try Self.items(example.text, at: address).compactMap { $0["label"]?.string }
    if example.isExact {
      #expect(labels == example.offered)
    } else {
      #expect(Set(example.offered).isSubset(of: labels), "\(labels)")
      #expect(Set(example.absent).isDisjoint(with: labels), "\(labels)")
    }
    #expect(Set(labels).count == labels.count)
  }

  /// What a text becomes when an offer is taken.
  @Test(arguments: [
    ("a_stage:\n  b_modifiers:\n    GPTQ‸\n", "GPTQModifier", "a_stage:\n  b_modifiers:\n    GPTQModifier:\n"),
    (modifier + "      sch‸\n", "scheme", modifier + "      scheme: \n"),
    (modifier + "      sch‸: W4A16\n", "scheme", modifier + "      scheme: W4A16\n"),
    (modifier + "      scheme:‸\n", "W4A16", modifier + "      scheme: W4A16\n"),
    (modifier + "      scheme: W4‸A1\n", "W4A16", modifier + "      scheme: W4A16\n"),
    (modifier + "      scheme: \"W‸\"\n", "W4A16", modifier + "      scheme: \"W4A16\"\n"),
    (modifier + "      targets:\n        ‸\n", "Linear", modifier + "      targets:\n        - Linear\n"),
    (modifier + "      targets: [a🙂, L‸]\n", "Linear", modifier + "      targets: [a🙂, Linear]\n"),
    ("calibration: {sam‸}\n", "samples", "calibration: {samples: }\n"),
    (#"{"a_stage": {"b_modifiers": {"GPTQ‸"}}}"#, "GPTQModifier", #"{"a_stage": {"b_modifiers": {"GPTQModifier": }}}"#),
  ])
  func takingAnOfferWritesIt(text: String, label: String, expected: String) throws {
    let item = try #require(try Self.items(text).first { $0["label"]?.string == label })
    let edit = try #require(item["textEdit"])
    #expect(try EditedText.apply([edit], to: MarkedText(text).text) == expected)
    // Editors compare what is typed with this.
    #expect(item["filterText"]?.string?.hasSuffix(label) == true)
  }

  @Test func ofAConfiguredModelClassesPatternsAndNamesAreOffered() throws {
    let text = Self.modifier + "      ignore: [‸]"
    let items = try Self.items(text, options: .make(["model": .string(Editor.model)]))
    let labels = items.compactMap { $0["label"]?.string }
    #expect(labels.starts(with: ["Linear", "Embedding", "re:.*\\.q_proj$"]))
    #expect(labels.contains("lm_head"))
    #expect(labels.contains("model.layers.3.mlp.down_proj"))
    #expect(items.first { $0["label"]?.string == "re:.*\\.q_proj$" }?["detail"]?.string == "pattern of 4 modules")
    let quoted = try Self.items(
      Self.modifier + "      ignore: [\"re‸\"]",
      options: .make(["model": .string(Editor.model)])
    )
    let pattern = try #require(quoted.first { $0["label"]?.string == "re:.*\\.q_proj$" })
    #expect(pattern["textEdit"]?["newText"]?.string == #""re:.*\\.q_proj$""#)
  }

  @Test func aNameThatIsTypedLeavesTheNamesThatBeginLikeIt() throws {
    let text = Self.modifier + "      ignore:\n        - model.layers.2.‸"
    let labels = try Self.items(text, options: .make(["model": .string(Editor.model)])).compactMap {
      $0["label"]?.string
    }
    #expect(labels.filter { $0.hasPrefix("model.") }.count == 7)
  }

  @Test func anOfferIsExplainedWhenItIsAskedFor() throws {
    let item = try #require(
      try Self.items(Self.modifier + "      ‸").first { $0["label"]?.string == "dampening_frac" }
    )
    var editor = Editor()
    let request = editor.ask("completionItem/resolve", item)
    let nothing = editor.ask("completionItem/resolve", .make(["label": .string("x")]))
    let heard = try editor.converse()
    let resolved = try heard.result(request)
    #expect(resolved["label"] == item["label"])
    #expect(resolved["documentation"]?["value"]?.string?.contains("diagonal of the Hessian") == true)
    #expect(try heard.result(nothing) == .make(["label": .string("x")]))
  }

  @Test func everyOfferOfAFieldIsKnownToTheReference() throws {
    for modifier in Grammar.standard.modifiers {
      let text = "a_stage:\n  b_modifiers:\n    \(modifier.name):\n      ‸"
      var editor = Editor()
      let requests = try Self.items(text).map { editor.ask("completionItem/resolve", $0) }
      try #require(!requests.isEmpty)
      let heard = try editor.converse()
      for request in requests {
        let item = try heard.result(request)
        #expect(item["documentation"] != nil, "\(modifier.name).\(item["label"]?.string ?? "")")
      }
    }
  }

  /// No place in any text, whole or cut off, makes the server stumble.
  @Test(arguments: cases)
  func everyPlaceOfEveryTextIsAnswered(example: Case) throws {
    let text = try MarkedText(example.text).text
    var editor = Editor()
    editor.options = .make(["model": .string(Editor.model)])
    var requests: [Int] = []
    for cut in [text, String(text.prefix(text.count / 2)), String(text.dropLast())] {
      editor.open(cut)
      for (line, content) in cut.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
        for character in 0...content.utf16.count {
          requests.append(editor.ask("textDocument/completion", Editor.at(line, character)))
          requests.append(editor.ask("textDocument/hover", Editor.at(line, character)))
        }
      }
    }
    let heard = try editor.converse()
    #expect(heard.ending == .orderly)
    #expect(requests.allSatisfy { (try? heard.result($0)) != nil })
  }

  private static func items(
    _ marked: String,
    at address: String = Editor.address,
    options: JSON = .null
  ) throws -> [JSON] {
    let text = try MarkedText(marked)
    var editor = Editor()
    editor.options = options
    editor.open(text.text, at: address)
    let place = Editor.at(text.line, text.character)
      .with("textDocument", .make(["uri": .string(address)]))
    let request = editor.ask("textDocument/completion", place)
    return try #require(try editor.converse().result(request)["items"]?.array)
  }
}
