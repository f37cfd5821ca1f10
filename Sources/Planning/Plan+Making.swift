internal import Checkpoints
package import Diagnostics
package import Models
internal import RecipeGrammar
package import Recipes
internal import Vocabulary

extension Plan {
  /// Tokens that execution takes through a step together, at least.
  package static let chunkTokens = 1024

  /// Holds a recipe against a model without asking whether this version can execute it.
  ///
  /// - Parameters:
  ///   - recipe: The recipe.
  ///   - outline: The model.
  ///   - request: Options that override the recipe.
  /// - Returns: What there is to say, and the checkpoint that would be written.
  package static func check(_ recipe: Recipe, on outline: ModelOutline, request: PlanRequest) -> ModelCheck {
    var context = PlanningContext(recipe, on: outline, request: request, gapSeverity: .note)
    let checked = CheckedModel.check(&context)
    // What the work needs is of interest once the recipe is right.
    if !context.diagnostics.hasErrors {
      _ = CalibrationCheck.plan(&context)
      CalibrationCheck.checkReach(checked, &context)
      ExecutionCheck.check(checked, &context)
      CalibrationCheck.remindOfData(&context)
    }
    return ModelCheck(diagnostics: context.diagnostics.inSourceOrder(), checked: checked, context: context)
  }

  /// Plans the work of a recipe on a model.
  ///
  /// - Parameters:
  ///   - recipe: The recipe.
  ///   - outline: The model.
  ///   - request: Options that override the recipe.
  /// - Returns: The plan, unless an error stands in its way.
  package static func make(_ recipe: Recipe, on outline: ModelOutline, request: PlanRequest) -> Checked<Plan> {
    var context = PlanningContext(recipe, on: outline, request: request, gapSeverity: .error)
    let checked = CheckedModel.check(&context)
    let calibration = CalibrationCheck.plan(&context)
    CalibrationCheck.checkReach(checked, &context)
    ExecutionCheck.check(checked, &context)
    let diagnostics = context.diagnostics.inSourceOrder()
    if diagnostics.hasErrors { return Checked(nil, diagnostics) }
    guard let layout = OutputLayout(checked, context) else {
      preconditionFailure("a scheme without a layout is not executable and was reported")
    }
    return Checked(PlanMaker(layout: layout, checked: checked, context: context).plan(calibration), diagnostics)
  }
}

/// Makes a plan of what the checks found.
private struct PlanMaker {
  let layout: OutputLayout
  let checked: CheckedModel
  let context: PlanningContext

  func plan(_ calibration: CalibrationPlan?) -> Plan {
    let assignments = assignments
    let prunings = prunings
    let smoothings = smoothings
    let passes = calibration == nil ? [] : passes(assignments, prunings, smoothings)
    return Plan(
      stages: stages(assignments, prunings, smoothings),
      rotation: checked.rotation,
      seed: UInt64(bitPattern: Int64(context.graph.calibration.seed?.value ?? 0)),
      groups: layout.groups,
      smoothings: smoothings,
      prunings: prunings,
      assignments: assignments,
      attentions: layout.attentions,
      keyValueCache: layout.keyValueCache,
      keptModules: layout.keptModules,
      passes: passes,
      calibration: calibration,
      untiesHead: layout.untiesHead,
      outputs: layout.tensors,
      dropped: layout.dropped,
      census: ModuleCensus.count(assignments: assignments, prunings: prunings, outline: context.outline),
      tensorParallel: context.request.grammar.runtimes.compactMap { runtime in
        TensorParallelism(layout, on: context.outline, by: runtime)
      },
      shardByteLimit: context.recipe.sections.shardSize?.value,
      costs: PlanCosts(
        layers: assignments.map { ($0.layer, $0.usesMoments) } + prunings.map { ($0.layer, $0.usesMoments) },
        memory: PlannedMemory(
          layers: changed(assignments, prunings),
          outputs: layout.tensors,
          passes: passes,
          calibration: calibration,
          outline: context.outline
        ),
        outputs: layout.tensors,
        passes: passes,
        surveys: prunings.contains(where: \.isOutlierWeighted),
        calibration: calibration,
        outline: context.outline
      )
    )
  }

  /// One sweep for the whole recipe, or one for each kind of work where the recipe asks for it.
  private func passes(
    _ assignments: [Assignment],
    _ prunings: [PlannedPruning],
    _ smoothings: [PlannedSmoothing]
  ) -> [CalibrationPass] {
    guard let decoder = context.outline.decoder else { return [] }
    let kinds: [StageKind] = [.smoothing, .pruning, .quantization]
    guard context.graph.calibration.isPerStage else {
      return [pass(Set(kinds), assignments, prunings, smoothings, decoder)]
    }
    var passes: [CalibrationPass] = []
    // Work that needs no data has no pass of its own; the next one does it, since it comes before the rest of that.
    var waiting: Set<StageKind> = []
    for kind in kinds {
      waiting.insert(kind)
      let pass = pass(waiting, assignments, prunings, smoothings, decoder)
      let hasLayers = !assignments.isEmpty || waiting.contains(.pruning) && !prunings.isEmpty
      guard pass.isAny || kind == .quantization && hasLayers else { continue }
      passes.append(pass)
      waiting = []
    }
    return passes
  }

  private func pass(
    _ kinds: Set<StageKind>,
    _ assignments: [Assignment],
    _ prunings: [PlannedPruning],
    _ smoothings: [PlannedSmoothing],
    _ decoder: DecoderOutline
  ) -> CalibrationPass {
    var work = WorkCollection(decoder, turnedAtInputs: checked.rotation?.layersTurnedAtInputs ?? [])
    if kinds.contains(.smoothing) { work.add(smoothings) }
    if kinds.contains(.pruning) { work.add(prunings) }
    if kinds.contains(.quantization) {
      work.add(assignments)
      work.add(layout.attentions, decoder)
    }
    return CalibrationPass(kinds: kinds, blocks: work.blocks, head: work.head)
  }

  private var assignments: [Assignment] {
    let sets = ScaleSets(layout)
    let schemes = layout.groups.map(served)
    let methods = context.graph.quantization.map(\.method)
    let offset = stageOffset(.quantization)
    return layout.members.enumerated().map { index, member in
      guard let scheme = schemes[member.group] else { preconditionFailure("what cannot be executed was reported") }
      return Assignment(
        layer: member.module.weight,
        source: member.source,
        stage: offset + member.stage,
        group: member.group,
        // A table of rows has no inputs whose errors could be moved.
        method: member.module.linear == nil ? .roundToNearest : methods[member.stage],
        arguments: scheme.weights,
        observer: scheme.observer,
        inputs: scheme.inputs,
        outputs: scheme.outputs,
        scaleSet: sets.set(of: index)
      )
    }
  }

  /// What a group's scheme comes to for each of its layers.
  private struct ServedScheme {
    let weights: QuantizationArguments
    let observer: WeightObserver
    let inputs, outputs: PlannedActivations?
  }

  /// The scheme of a group of layers; nil for one of attention modules.
  private func served(_ group: PlannedGroup) -> ServedScheme? {
    let scheme = group.scheme
    guard let weights = scheme.weights, let observer = SchemeSupport.observer(of: weights, context.request.grammar)
    else { return nil }
    return ServedScheme(
      weights: weights,
      observer: observer,
      inputs: scheme.inputActivations.map(activations),
      outputs: scheme.outputActivations.map(activations)
    )
  }

  private func activations(_ arguments: QuantizationArguments) -> PlannedActivations {
    PlannedActivations(
      arguments: arguments,
      rule: arguments.dynamic == .on ? nil : SchemeSupport.rangeRule(of: arguments, context.request.grammar)
    )
  }

  private var smoothings: [PlannedSmoothing] {
    zip(context.graph.smoothing, checked.smoothing).enumerated()
      .flatMap { index, stage in
        stage.1.map {
          PlannedSmoothing(site: $0, method: stage.0.method, stage: stageOffset(.smoothing) + index)
        }
      }
      .sorted { ($0.site.block ?? .max, $0.site.kind.rank) < ($1.site.block ?? .max, $1.site.kind.rank) }
  }

  /// One entry a layer: where zeros are kept as well as added, the latter.
  private var prunings: [PlannedPruning] {
    var prunings: [Int: PlannedPruning] = [:]
    let stages = zip(context.graph.pruning, checked.pruning.stages)
    let kept = Set(stages.filter { $0.0.method == .constant }.flatMap { $0.1.layers.keys })
    for (index, (stage, found)) in stages.enumerated() {
      for layer in found.layers.keys {
        guard let linear = context.modules[layer].linear, stage.method != .constant || prunings[layer] == nil else {
          continue
        }
        prunings[layer] = PlannedPruning(
          layer: linear,
          source: OutputLayout.source(of: context.modules[layer], context.outline),
          method: stage.method,
          sparsity: sparsity(of: stage, container: found.containers[layer] ?? 0),
          structure: stage.structure,
          keepsZeros: kept.contains(layer),
          stage: stageOffset(.pruning) + index
        )
      }
    }
    return prunings.sorted { $0.key < $1.key }.map(\.value)
  }

  private func sparsity(of stage: PruningStage, container: Int) -> LayerSparsity {
    switch stage.sparsity.value {
    case .uniform(let fraction): .fraction(fraction)
    case .perLayer(let fractions): .fraction(container < fractions.count ? fractions[container] : 0)
    case .outlierWeighted(let weighting): .outlierWeighted(weighting, container: container)
    }
  }

  /// Modules whose weights are rotated.
  private var rotated: [Module] { checked.rotation?.changedModules(of: context.outline) ?? [] }

  /// Every layer that is worked on.
  private func changed(_ assignments: [Assignment], _ prunings: [PlannedPruning]) -> [PlannedMemory.Layer] {
    let inPanels = checked.rotation == nil && prunings.isEmpty
    let names = Set(assignments.map(\.layer.name))
    let others = (prunings.map(\.layer) + rotated.map(\.weight)).filter { !names.contains($0.name) }
    return assignments.map { assignment in
      PlannedMemory.Layer(
        outline: assignment.layer,
        isInPanels: inPanels && assignment.isOfRows,
        codes: assignment.codeBytes
      )
    } + others.map { PlannedMemory.Layer(outline: $0) }
  }

  /// Stages before those of a kind.
  private func stageOffset(_ kind: StageKind) -> Int {
    let graph = context.graph
    return switch kind {
    case .rotation: 0
    case .smoothing: graph.rotation.count
    case .pruning: graph.rotation.count + graph.smoothing.count
    case .quantization: graph.rotation.count + graph.smoothing.count + graph.pruning.count
    }
  }

  private func stages(
    _ assignments: [Assignment],
    _ prunings: [PlannedPruning],
    _ smoothings: [PlannedSmoothing]
  ) -> [PlannedStage] {
    let graph = context.graph
    let names: [(String, StageKind)] =
      graph.rotation.map { ($0.modifier.value, .rotation) } + graph.smoothing.map { ($0.modifier.value, .smoothing) }
      + graph.pruning.map { ($0.modifier.value, .pruning) }
      + graph.quantization.map { ($0.modifier.value, .quantization) }
    var counts = [Int](repeating: 0, count: names.count)
    // One rotation stage is executed at most.
    if !graph.rotation.isEmpty { counts[0] = rotated.count }
    for stage in smoothings.map(\.stage) + prunings.map(\.stage) + assignments.map(\.stage) { counts[stage] += 1 }
    return zip(names, counts).map { PlannedStage(modifier: $0.0, kind: $0.1, moduleCount: $1) }
  }
}

extension Module {
  /// The module's weight as a layer's, also of a table of rows.
  fileprivate var weight: LinearOutline {
    linear ?? LinearOutline(name: name, rows: rowCount, columns: columnCount, hasBias: false)
  }
}

extension Assignment {
  /// Whether the method reads the second moments of the layer's input.
  package var usesMoments: Bool {
    if case .gptq = method { true } else { false }
  }
}

extension Assignment {
  /// Whether the choice of scales weighs the error of a column by the energy of its input: where the observer says so,
  /// and where a float8 scale is one of three neighbours.
  package var weighsInputs: Bool {
    if case .shrunkRange(let search) = observer { return search.weighsInputs }
    return arguments.strategy == .tensorGroup
  }
}

extension PlannedPruning {
  /// Whether the method reads the second moments of the layer's input.
  package var usesMoments: Bool {
    if case .sparseGPT = method { true } else { false }
  }

  /// Whether the layer's sparsity follows from all layers.
  package var isOutlierWeighted: Bool {
    if case .outlierWeighted = sparsity { true } else { false }
  }
}
