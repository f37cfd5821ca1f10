import Diagnostics
import RecipeGrammar
import Syntax
import Vocabulary

/// Reads what a quantization modifier says of groups: a preset, a mapping of presets, or `config_groups`.
struct GroupsReader {
  let modifier: RecipeDocument.Modifier
  let values: FieldValues
  let observers: ObserverOverrides

  /// Whether the modifier says how anything is quantized.
  var saysHow: Bool { values.node("scheme") != nil || values.node("config_groups") != nil }

  /// Whether the modifier names targets of its own.
  var hasOwnTargets: Bool { !hasDefaultTargets }

  /// The groups in recipe order; empty when there are none or after a report of what is wrong.
  func read(_ context: inout CheckContext) -> [QuantizationGroup] {
    let scheme = values.node("scheme")
    let configured = values.node("config_groups")
    if scheme != nil, let configured {
      let place = values.key("scheme") ?? values.span
      let other = values.key("config_groups") ?? configured.span
      context.report(ModifierDiagnostics.schemeAndGroups(place, groups: other))
      return []
    }
    if let mapping = configured?.mapping {
      checkTargets(unusedBecauseOf: "config_groups", &context)
      return groups(mapping, &context)
    }
    if let mapping = scheme?.mapping {
      checkTargets(unusedBecauseOf: "scheme", &context)
      return presets(mapping, &context)
    }
    return scheme?.scalar.map { single($0, &context) } ?? []
  }

  /// The scheme of the key/value cache.
  func readCache(_ context: inout CheckContext) -> Spanned<QuantizationArguments>? {
    guard let node = values.node("kv_cache_scheme") else { return nil }
    let reader = ArgumentsReader(role: .keyValueCache, observerOverride: nil)
    return reader.read(node, &context).map { Spanned($0, at: values.key("kv_cache_scheme") ?? node.span) }
  }

  /// Tools write the default out, so it is no contradiction.
  private var hasDefaultTargets: Bool {
    guard let targets = values.strings("targets") else { return true }
    return targets.map(\.value) == values.string("targets").map { [$0] }
  }

  private func checkTargets(unusedBecauseOf field: String, _ context: inout CheckContext) {
    if !hasDefaultTargets, let key = values.key("targets"), let other = values.key(field) {
      context.report(TargetDiagnostics.targetsWithoutEffect(key, field: field, at: other))
    }
  }

  private func single(_ scalar: ScalarSyntax, _ context: inout CheckContext) -> [QuantizationGroup] {
    guard let preset = preset(scalar.spanned, &context) else { return [] }
    let targets = TargetReader().read(values.names("targets", at: scalar.span), isIgnored: false, &context)
    return [group(0, targets, preset, at: scalar.span)]
  }

  private func presets(_ mapping: MappingSyntax, _ context: inout CheckContext) -> [QuantizationGroup] {
    let field = modifier.entry.fields.first { $0.type == .names }
    var groups: [QuantizationGroup] = []
    for (index, entry) in mapping.entries.enumerated() {
      let preset = preset(entry.key.spanned, &context)
      guard let field, case .strings(let names)? = FieldReader(field: field).read(entry.value, &context), let preset
      else { continue }
      let targets = TargetReader().read(names, isIgnored: false, &context)
      groups.append(group(index, targets, preset, at: entry.key.span))
    }
    return groups
  }

  private func preset(_ name: Spanned<String>, _ context: inout CheckContext) -> PresetEntry? {
    if let preset = context.grammar.preset(name.value) { return preset }
    context.report(ModifierDiagnostics.unknownScheme(name, context.grammar.presets))
    return nil
  }

  private func group(
    _ index: Int,
    _ targets: [Spanned<Target>],
    _ preset: PresetEntry,
    at span: SourceSpan
  ) -> QuantizationGroup {
    QuantizationGroup(
      name: "group_\(index)",
      targets: targets,
      scheme: Spanned(observers.applied(to: preset.scheme), at: span),
      preset: preset.name
    )
  }

  private func groups(_ mapping: MappingSyntax, _ context: inout CheckContext) -> [QuantizationGroup] {
    var groups: [QuantizationGroup] = []
    for entry in mapping.entries {
      guard let body = entry.value.mapping else {
        let owner = "group \(entry.key.text)"
        context.report(StructureDiagnostics.expectedMapping(owner, entry.value, key: entry.key.span))
        continue
      }
      let fields = FieldValues(
        body,
        of: "group \(entry.key.text)",
        entries: context.grammar.schemeFields,
        &context
      )
      let targets = TargetReader().read(fields.strings("targets") ?? [], isIgnored: false, &context)
      let scheme = QuantizationScheme(
        weights: arguments(.weights, fields, &context),
        inputActivations: arguments(.inputs, fields, &context),
        outputActivations: arguments(.outputs, fields, &context),
        format: fields.given("format").flatMap { CheckpointFormat(rawValue: $0.value) }
      )
      if fields.hasFailed { continue }
      let saysNothing = ArgumentsRole.allCases.dropLast().allSatisfy { fields.node($0.rawValue) == nil }
      if saysNothing {
        context.report(ModifierDiagnostics.emptyGroup(entry.key.spanned))
        continue
      }
      ModifierRules.checkGroupSizes(scheme, at: entry.key.span, &context)
      let spanned = Spanned(scheme, at: entry.key.span)
      groups.append(
        QuantizationGroup(
          name: entry.key.text,
          targets: targets,
          scheme: spanned,
          preset: nil,
          groupSizePlace: fields.node(ArgumentsRole.weights.rawValue)?.mapping?["group_size"]?.span
        )
      )
    }
    return groups
  }

  private func arguments(
    _ role: ArgumentsRole,
    _ fields: FieldValues,
    _ context: inout CheckContext
  ) -> QuantizationArguments? {
    guard let node = fields.node(role.rawValue) else { return nil }
    return ArgumentsReader(role: role, observerOverride: observers[role]).read(node, &context)
  }
}
