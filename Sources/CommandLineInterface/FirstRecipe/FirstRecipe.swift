package import Diagnostics
package import Models
package import RecipeGrammar
internal import Syntax
internal import Vocabulary

/// The recipe that a model begins with: what suits its shapes, its architecture and a goal, with the reasons beside it.
///
/// It is written from config and headers alone, in the words that llm-compressor reads.
package struct FirstRecipe {
  private let traits: RecipeTraits
  private let goal: RecipeGoal
  private let runtime: RuntimeEntry?
  private let grammar: Grammar

  /// Makes a recipe; nil when the model has no linear layer that compression is for.
  ///
  /// - Parameters:
  ///   - outline: The model.
  ///   - goal: What it is compressed for.
  ///   - runtime: Who will serve it; nil leaves that open.
  ///   - grammar: The language.
  package init?(for outline: ModelOutline, goal: RecipeGoal, runtime: RuntimeEntry?, grammar: Grammar = .standard) {
    guard let traits = RecipeTraits(outline, grammar: grammar) else { return nil }
    self.traits = traits
    self.goal = goal
    self.runtime = runtime
    self.grammar = grammar
  }

  /// The recipe's text, laid out as `fmt` does it.
  ///
  /// - Parameter name: What diagnostics call the file.
  /// - Returns: The text under that name.
  package func file(named name: String) -> SourceFile {
    let written = SourceFile(name: name, text: lines.map { $0 + "\n" }.joined())
    return SyntaxTree.parse(written).formatted().value ?? written
  }

  private var lines: [String] {
    let work = traits.blocks == nil ? withoutData : calibrated
    var lines = ["# \(work.summary)"]
    lines.append("# Written by pare init --goal \(goal.rawValue) for \(modelText).")
    if traits.blocks == nil {
      lines.append(
        "# Nothing is calibrated: Pare has no architecture document for \(modelName) and cannot run the model."
      )
    } else {
      lines += [
        "calibration:",
        "  # Name text like that which the model will read: pare run --calibration FILE, or dataset: here.",
        "  samples: \(traits.sampleCount)",
      ]
      if traits.isSequenceLimited { lines.append("  # The model looks back on no more tokens.") }
      lines.append("  sequence_length: \(traits.sequenceLength)")
    }
    if let runtime {
      lines += ["runtime:", "  # pare check holds the recipe to the rules of this program.", "  name: \(runtime.name)"]
    }
    lines.append("quant_stage:")
    var group = ""
    for modifier in work.modifiers {
      if modifier.group != group { lines.append("  \(modifier.group)\(grammar.groupSuffix):") }
      group = modifier.group
      lines.append("    \(modifier.name):")
      lines += modifier.fields.map { "      " + $0 }
    }
    return lines
  }

  private var modelName: String { traits.modelType.map { "model_type \"\($0)\"" } ?? "a model without model_type" }

  private var modelText: String {
    let layers = "\(traits.layerCount) linear layers"
    guard let blocks = traits.blocks else { return "\(modelName): \(layers)" }
    return "\(modelName): \(layers) in \(blocks.count) blocks"
  }

  /// A recipe's work in one line, and its modifiers.
  private typealias Work = (summary: String, modifiers: [WrittenModifier])

  private var calibrated: Work {
    switch goal {
    case .accuracy:
      return (
        "\(fourBitText), rounded with GPTQ: a quarter of the size, and the most accurate way there.",
        [WrittenModifier("GPTQModifier", fourBit())]
      )
    case .speed:
      let scaling = [
        "# Makes the channels that matter most larger before they are rounded; leans little on the data.",
        "duo_scaling: true",
      ]
      let zeroPoints = traits.packsZeroPoints ? " with zero points" : ""
      return (
        "\(fourBitText)\(zeroPoints), scaled by AWQ: a model that answers single requests fast.",
        [
          WrittenModifier("AWQModifier", scaling),
          WrittenModifier("QuantizationModifier", fourBit(isSymmetric: !traits.packsZeroPoints)),
        ]
      )
    case .throughput:
      let smoothing = ["# Moves outliers of the inputs into the weights; 0.5 moves less.", "smoothing_strength: 0.8"]
      return (
        "8-bit integer weights and inputs: half of the size, and integer products for many requests at once.",
        [
          WrittenModifier("SmoothQuantModifier", smoothing),
          WrittenModifier(
            "GPTQModifier",
            preset("W8A8", because: "One scale a row and one a token, whatever the shapes.")
          ),
        ]
      )
    case .size:
      return (
        "Half of the weights zero\(traits.fitsTwoOfFour ? " in the pattern 2:4" : ""), the others in 4 bits: "
          + "the smallest model, and the least accurate.",
        [
          WrittenModifier("SparseGPTModifier", pruning, group: "sparsity"),
          WrittenModifier("GPTQModifier", ["# Pare keeps the zeros exactly."] + fourBit()),
        ]
      )
    }
  }

  private var withoutData: Work {
    switch goal {
    case .accuracy, .throughput:
      let fields = preset("FP8_DYNAMIC", because: "One scale a row and one a token, whatever the shapes.")
      return (
        "Float8 weights and inputs: half of the size, and close to the model as it was.",
        [WrittenModifier("QuantizationModifier", fields)]
      )
    case .speed, .size:
      return (
        "\(fourBitText), rounded to nearest: a quarter of the size.",
        [WrittenModifier("QuantizationModifier", fourBit())]
      )
    }
  }

  private var fourBitText: String {
    "4-bit weights " + (traits.groupSize.map { "in groups of \($0)" } ?? "with one scale a row")
  }

  /// Whole blocks, in which every linear layer is pruned.
  private var pruning: [String] {
    let names = traits.blocks ?? []
    let parents = Set(names.map { String(DottedName($0).parent) }).sorted()
    let targets = parents.map { "'re:\(RecipeTraits.escaped($0))\\.\\d+$'" }.joined(separator: ", ")
    let pattern =
      traits.fitsTwoOfFour
      ? ["# Two zeros in every four columns, which accelerators can leave out.", "mask_structure: \"2:4\""]
      : ["# Zeros lie where they cost least: columns do not divide into fours, as the pattern 2:4 needs."]
    return ["sparsity: 0.5"] + pattern + ["# The blocks alone, and so never the head.", "targets: [\(targets)]"]
  }

  /// Four bits in the groups that the model's shapes allow: a preset where one has them.
  private func fourBit(isSymmetric: Bool = true) -> [String] {
    let name = isSymmetric ? "W4A16" : "W4A16_ASYM"
    let presetSize = grammar.preset(name)?.scheme.weights?.groupSize
    if let size = traits.groupSize, size == presetSize {
      return preset(name, because: "\(size) divides the columns of all layers.")
    }
    let reason: String
    var arguments = ["num_bits: 4", "type: int", "symmetric: \(isSymmetric)"]
    if let size = traits.groupSize {
      reason = "\(size) is the largest usual size that divides the columns of all layers; \(name) has another."
      arguments += ["strategy: group", "group_size: \(size)"]
    } else {
      reason = "No usual group size divides the columns of all layers, so a row has one scale."
      arguments.append("strategy: channel")
    }
    return ["# \(reason)", "config_groups:", "  group_0:", "    targets: [Linear]", "    weights:"]
      + arguments.map { "      " + $0 } + ignore
  }

  private func preset(_ name: String, because reason: String) -> [String] {
    ["# \(reason)", "scheme: \(name)", "targets: [Linear]"] + ignore
  }

  private var ignore: [String] {
    var reasons = ["# The head scores every token, and its errors go straight into them."]
    if traits.kept.contains(where: { $0.role == .router }) {
      reasons.append("# Routers are small, and a rounded one sends tokens to other experts.")
    }
    if traits.kept.contains(where: { $0.role == .vision }) {
      reasons.append("# The part that reads images is small beside the decoder, and text does not calibrate it.")
    }
    let entries = traits.kept.map { $0.target.hasPrefix("re:") ? "'\($0.target)'" : $0.target }
    return reasons + ["ignore: [\(entries.joined(separator: ", "))]"]
  }
}

/// A modifier as it stands in a recipe.
private struct WrittenModifier {
  let name: String
  let fields: [String]
  let group: String

  init(_ name: String, _ fields: [String], group: String = "quant") {
    self.name = name
    self.fields = fields
    self.group = group
  }
}
