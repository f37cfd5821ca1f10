internal import Checkpoints
internal import RecipeGrammar
internal import Vocabulary

/// Writes the topics of a grammar.
struct TopicAuthor {
  let grammar: Grammar
  let prose: Prose

  func topics() -> [Topic] {
    grammar.stages.map(stage) + modifiers() + fields() + grammar.presets.map(scheme) + grammar.observers.map(observer)
      + grammar.argumentFields.map(argument) + grammar.sections.map(section) + grammar.formats.map(format)
      + grammar.runtimes.map(runtime)
  }

  private func stage(_ entry: StageEntry) -> Topic {
    let modifiers = grammar.modifiers.filter { $0.stage == entry.kind }
    let table = Document.Table(["modifier", "what it does"], modifiers.map { ["`\($0.name)`", $0.summary] })
    return Topic(
      .stage,
      entry.kind.rawValue,
      summary: entry.summary,
      [.paragraph(entry.summary)] + prose[.stage, entry.kind.rawValue].about + [.table(table)]
    )
  }

  private func section(_ entry: SectionEntry) -> Topic {
    let prose = prose[.section, entry.name]
    var blocks = [.paragraph(entry.summary)] + prose.about
    blocks.append(section: "Fields", entry.fields.isEmpty ? [] : [.table(entry.fields.table)])
    blocks.append(section: "Example", example(prose.example))
    return Topic(.section, entry.name, summary: entry.summary, blocks)
  }

  private func observer(_ entry: ObserverEntry) -> Topic {
    let prose = prose[.observer, entry.name]
    let presets = grammar.presets.filter { preset in
      [preset.scheme.weights, preset.scheme.inputActivations].contains { $0?.observer == entry.name }
    }
    var facts = [
      Document.Fact("remembers", entry.accumulates ? "every batch" : "the last batch only"),
      Document.Fact("needs", entry.needsCalibration ? "calibration data, even for weights" : "nothing for weights"),
    ]
    if !presets.isEmpty { facts.append(.init("presets", Self.names(presets.map(\.name)))) }
    if let instead = entry.instead { facts.append(.init("write", "`\(instead)`")) }
    var blocks = [.paragraph(entry.summary)] + prose.about + [.facts(facts)]
    blocks.append(section: "Arguments", entry.fields.isEmpty ? [] : [.table(entry.fields.table)])
    blocks.append(section: "Example", example(prose.example))
    return Topic(.observer, entry.name, summary: entry.summary, blocks)
  }

  private func format(_ entry: FormatEntry) -> Topic {
    let name = entry.format.rawValue
    let presets = grammar.presets.filter { $0.scheme.resolvedFormat == entry.format }
    var facts = [Document.Fact("in a recipe", entry.isSettable ? "`format: \(name)`" : "follows, and cannot be given")]
    if !presets.isEmpty { facts.append(.init("presets", Self.names(presets.map(\.name)))) }
    return Topic(
      .format,
      name,
      summary: entry.summary,
      [.paragraph(entry.summary)] + prose[.format, name].about + [.facts(facts)]
    )
  }

  private func runtime(_ entry: RuntimeEntry) -> Topic {
    var blocks = [.paragraph(entry.summary)] + prose[.runtime, entry.name].about
    let sets = entry.fusedLayers.map { Self.names($0) }.joined(separator: "; ")
    var facts = [Document.Fact("rules of", entry.version)]
    if !sets.isEmpty { facts.append(.init("run as one layer", sets)) }
    if !entry.rotations.isEmpty {
      facts.append(.init("rotates while serving by", Self.names(entry.rotations.map(\.rawValue))))
    }
    if let rule = entry.tensorParallel {
      facts.append(
        .init(
          "divides among devices",
          "heads, feed-forward parts, and the vocabulary in multiples of \(rule.vocabularyMultiple)"
        )
      )
    }
    blocks.append(.facts(facts))
    let rows = entry.kernels.map { kernel in
      [kernel.summary, Self.names(kernel.formats.map(\.rawValue)), kernel.processor == nil ? "no" : "yes"]
    }
    blocks.append(
      section: "What it serves",
      rows.isEmpty ? [] : [.table(.init(["scheme", "formats", "without an accelerator"], rows))]
    )
    return Topic(.runtime, entry.name, summary: entry.summary, blocks)
  }

  /// Names as running text.
  static func names(_ names: [String]) -> String { names.map { "`\($0)`" }.joined(separator: ", ") }

  func example(_ text: String?) -> [Document.Block] { text.map { [.code($0, info: "yaml")] } ?? [] }
}
