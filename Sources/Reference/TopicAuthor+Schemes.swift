internal import Checkpoints
internal import RecipeGrammar
internal import Vocabulary

extension TopicAuthor {
  func scheme(_ entry: PresetEntry) -> Topic {
    let scheme = entry.scheme
    let roles = [("weights", scheme.weights), ("input_activations", scheme.inputActivations)]
      .compactMap { role, arguments in arguments.map { (role: role, words: Self.words($0)) } }
    var blocks = [.paragraph(entry.summary)] + prose[.scheme, entry.name].about
    if !roles.isEmpty {
      let names = grammar.argumentFields.map(\.name).filter { name in roles.contains { $0.words[name] != nil } }
      let rows = names.map { name in ["`\(name)`"] + roles.map { $0.words[name].map { "`\($0)`" } ?? "" } }
      blocks.append(.table(.init([""] + roles.map { "`\($0.role)`" }, rows)))
      let isStatic = scheme.inputActivations.map { $0.dynamic != .on } ?? false
      blocks.append(
        .facts(
          [
            .init("format", "`\(scheme.resolvedFormat.rawValue)`"),
            .init(
              "calibration data",
              isStatic ? "needed for the inputs' scales" : "not needed for rounding to nearest"
            ),
          ] + grammar.runtimes.map { served(scheme, by: $0) }
        )
      )
      blocks.append(section: "The same as a group", example(recipe(roles, names)))
    }
    return Topic(.scheme, entry.name, summary: entry.summary, blocks)
  }

  /// What of a runtime serves a scheme in the format that follows from it.
  private func served(_ scheme: QuantizationScheme, by runtime: RuntimeEntry) -> Document.Fact {
    let kernel = runtime.kernel(for: scheme, in: scheme.resolvedFormat)
    return .init("\(runtime.name) \(runtime.version)", kernel?.summary ?? "has nothing for it in this format")
  }

  /// Arguments as a recipe writes them.
  private static func words(_ arguments: QuantizationArguments) -> [String: String] {
    var words = [
      "num_bits": "\(arguments.bitWidth)", "type": arguments.numberKind.rawValue,
      "symmetric": "\(arguments.isSymmetric)", "strategy": arguments.strategy.rawValue,
    ]
    words["group_size"] = arguments.groupSize.map(String.init)
    words["block_structure"] = arguments.blockShape.map { "[\($0.rows), \($0.columns)]" }
    switch arguments.dynamic {
    case .off: break
    case .on: words["dynamic"] = "true"
    case .local: words["dynamic"] = "local"
    }
    words["scale_dtype"] = arguments.scaleType.flatMap(pyTorchName)
    words["zp_dtype"] = arguments.zeroPointType.flatMap(pyTorchName)
    words["observer"] = arguments.observer
    return words
  }

  /// The shortest of a type's PyTorch names.
  private static func pyTorchName(_ type: ElementType) -> String? {
    Grammar.elementTypes.filter { $0.value == type }.map(\.key).min { ($0.count, $0) < ($1.count, $1) }
  }

  /// A recipe that spells the preset out; what holds anyway is left out.
  private func recipe(_ roles: [(role: String, words: [String: String])], _ names: [String]) -> String {
    let defaults = Dictionary(uniqueKeysWithValues: grammar.argumentFields.map { ($0.name, $0.defaultText) })
    let lines = roles.map { role, words in
      let arguments = names.compactMap { name -> String? in
        guard let word = words[name], word != defaults[name], word != Grammar.defaultObserver else { return nil }
        return "            \(name): \(word)\n"
      }
      return "          \(role):\n" + arguments.joined()
    }
    return """
      quant_stage:
        quant_modifiers:
          QuantizationModifier:
            ignore: [lm_head]
            config_groups:
              group_0:
                targets: [Linear]
      \(lines.joined())
      """
  }
}
