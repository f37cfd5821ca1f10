internal import Checkpoints
package import Diagnostics
package import Models
package import Recipes
internal import Vocabulary

/// What is asked of a plan besides the recipe: command-line options.
package struct PlanRequest: Sendable {
  /// Sequences to calibrate on; overrides the recipe.
  package var samples: Int?
  /// Tokens of each; overrides the recipe.
  package var sequenceLength: Int?

  package init(samples: Int? = nil, sequenceLength: Int? = nil) {
    self.samples = samples
    self.sequenceLength = sequenceLength
  }
}

extension Plan {
  /// Sequences that a calibration pass reads unless it is told otherwise, as in the GPTQ paper (arXiv:2210.17323, §4).
  package static let standardSamples = 128
  /// Tokens of each sequence unless told otherwise or the model is made for fewer, as in the GPTQ paper.
  package static let standardSequenceLength = 2048
  /// Tokens that execution takes through a step together, at least.
  package static let chunkTokens = 2048

  /// Plans the work of a recipe on a model.
  ///
  /// - Parameters:
  ///   - graph: The recipe's stages.
  ///   - file: The recipe, which diagnostics point into.
  ///   - outline: The model.
  ///   - request: Options that override the recipe.
  /// - Returns: The plan, unless an error stands in its way.
  package static func make(
    _ graph: StageGraph,
    file: SourceFile,
    outline: ModelOutline,
    request: PlanRequest
  ) -> Checked<Plan> {
    var planner = Planner(graph: graph, file: file, outline: outline, request: request)
    let plan = planner.plan()
    return Checked(planner.diagnostics.hasErrors ? nil : plan, planner.diagnostics)
  }
}

/// The state of one planning.
private struct Planner {
  let graph: StageGraph
  let file: SourceFile
  let outline: ModelOutline
  let request: PlanRequest
  var diagnostics: [Diagnostic] = []

  mutating func plan() -> Plan? {
    if outline.decoder == nil {
      diagnostics.append(PlanningDiagnostics.unknownArchitecture(modelType: outline.modelType, in: file))
    }
    let resolution = ClaimResolution(graph.quantization, modules: outline.modules, file: file)
    diagnostics += resolution.diagnostics
    checkMethods()
    checkSchemes()
    checkSizes(resolution.claims)
    checkHead(resolution.claims)
    guard !diagnostics.hasErrors else { return nil }
    guard !resolution.claims.isEmpty else {
      if let span = graph.quantization.first?.modifier.span {
        diagnostics.append(PlanningDiagnostics.nothingToCompress(at: span, in: file))
      }
      return nil
    }
    let calibration = calibrationPlan()
    guard !diagnostics.hasErrors else { return nil }
    return assemble(resolution.claims, calibration: calibration)
  }

  private mutating func checkMethods() {
    let transforms = graph.rotation.map(\.modifier) + graph.smoothing.map(\.modifier) + graph.pruning.map(\.modifier)
    for modifier in transforms {
      diagnostics.append(PlanningDiagnostics.notYetExecutable(modifier.value, at: modifier.span, in: file))
    }
    for stage in graph.quantization {
      guard case .autoRound = stage.method else { continue }
      diagnostics.append(
        PlanningDiagnostics.notYetExecutable(stage.modifier.value, at: stage.modifier.span, in: file)
      )
    }
  }

  private mutating func checkSchemes() {
    for stage in graph.quantization {
      if let cache = stage.keyValueCache {
        diagnostics.append(
          PlanningDiagnostics.notYetExecutable("a quantized key/value cache", at: cache.span, in: file)
        )
      }
      for group in stage.groups {
        guard let gap = SchemeSupport.gap(in: group.scheme.value) else { continue }
        diagnostics.append(PlanningDiagnostics.notYetExecutable(gap, at: group.scheme.span, in: file))
      }
    }
  }

  private mutating func checkSizes(_ claims: [Int: ClaimResolution.Claim]) {
    for (stageIndex, stage) in graph.quantization.enumerated() {
      for (groupIndex, group) in stage.groups.enumerated() {
        let members = outline.modules.indices.filter {
          claims[$0]?.stage == stageIndex && claims[$0]?.group == groupIndex
        }
        if members.contains(where: { outline.modules[$0].linear == nil }) {
          diagnostics.append(
            PlanningDiagnostics.notYetExecutable("quantized embeddings", at: group.targets[0].span, in: file)
          )
        }
        guard let size = group.scheme.value.weights?.groupSize, size > 0 else { continue }
        let uneven = members.compactMap { outline.modules[$0].linear }.filter { $0.columns % size != 0 }
        guard !uneven.isEmpty else { continue }
        diagnostics.append(
          PlanningDiagnostics.groupSizeDoesNotDivide(uneven, groupSize: size, at: group.scheme.span, in: file)
        )
      }
    }
  }

  private mutating func checkHead(_ claims: [Int: ClaimResolution.Claim]) {
    guard let decoder = outline.decoder,
      let head = outline.modules.firstIndex(where: { $0.name == decoder.headName }), let claim = claims[head]
    else { return }
    // Who names the head means it.
    if case .name(decoder.headName) = claim.target.value { return }
    diagnostics.append(
      PlanningDiagnostics.headIsQuantized(
        claim.target,
        name: decoder.headName,
        isTied: decoder.head == nil,
        in: file
      )
    )
  }

  private mutating func calibrationPlan() -> CalibrationPlan? {
    guard let stage = graph.quantization.first(where: \.needsCalibration) else { return nil }
    guard let decoder = outline.decoder else {
      diagnostics.append(
        PlanningDiagnostics.calibrationNeedsArchitecture(
          stage.modifier,
          modelType: outline.modelType,
          known: Architecture.standard.map(\.family),
          in: file
        )
      )
      return nil
    }
    let limit = decoder.configuration.positionLimit ?? Plan.standardSequenceLength
    let length =
      request.sequenceLength ?? graph.calibration.sequenceLength?.value ?? min(Plan.standardSequenceLength, limit)
    if let window = decoder.configuration.slidingWindow, length > window {
      diagnostics.append(
        PlanningDiagnostics.sequenceExceedsWindow(
          length: length,
          window: window,
          at: graph.calibration.sequenceLength?.span,
          in: file
        )
      )
    }
    return CalibrationPlan(
      samples: request.samples ?? graph.calibration.samples?.value ?? Plan.standardSamples,
      sequenceLength: length
    )
  }

  private func assemble(_ claims: [Int: ClaimResolution.Claim], calibration: CalibrationPlan?) -> Plan {
    let owned = outline.modules.indices.filter { claims[$0] != nil }
    var order: [[Int]] = []
    for module in owned {
      guard let claim = claims[module] else { continue }
      if !order.contains([claim.stage, claim.group]) { order.append([claim.stage, claim.group]) }
    }
    let assignments = owned.compactMap { module -> Assignment? in
      guard let claim = claims[module], let layer = outline.modules[module].linear else { return nil }
      let stage = graph.quantization[claim.stage]
      guard let arguments = stage.groups[claim.group].scheme.value.weights,
        let observer = SchemeSupport.observer(of: arguments),
        let group = order.firstIndex(of: [claim.stage, claim.group])
      else { return nil }
      return Assignment(
        layer: layer,
        source: source(of: layer),
        stage: claim.stage,
        group: group,
        method: stage.method,
        arguments: arguments,
        observer: observer
      )
    }
    let groups = order.enumerated().map { index, place in
      let group = graph.quantization[place[0]].groups[place[1]]
      return PlannedGroup(
        targets: group.targets.map(\.value.description),
        scheme: group.scheme.value,
        preset: group.preset,
        format: group.scheme.value.resolvedFormat,
        moduleCount: assignments.count { $0.group == index }
      )
    }
    let unties = assignments.contains { $0.source != "\($0.layer.name).weight" }
    let outputs = outputs(assignments, groups: groups)
    return Plan(
      stages: graph.quantization.enumerated().map { index, stage in
        PlannedStage(
          modifier: stage.modifier.value,
          method: stage.method,
          moduleCount: assignments.count { $0.stage == index }
        )
      },
      groups: groups,
      assignments: assignments,
      keptLinears: outline.modules.indices.filter { claims[$0] == nil && outline.modules[$0].linear != nil }
        .map { outline.modules[$0].name },
      calibration: calibration,
      untiesHead: unties,
      outputs: outputs,
      costs: costs(assignments, outputs: outputs, calibration: calibration)
    )
  }

  /// A tied head has no tensor of its own: its weights are the embedding's.
  private func source(of layer: LinearOutline) -> String {
    guard let decoder = outline.decoder, decoder.head == nil, layer.name == decoder.headName else {
      return "\(layer.name).weight"
    }
    return "\(decoder.embedding).weight"
  }

  private func outputs(_ assignments: [Assignment], groups: [PlannedGroup]) -> [PlannedTensor] {
    let places = Dictionary(assignments.enumerated().map { ($1.layer.name, $0) }) { first, _ in first }
    func tensors(of index: Int) -> [PlannedTensor] {
      let assignment = assignments[index]
      let layer = assignment.layer
      // What cannot be laid out was refused before: the scheme by its gap, the sizes by the group size.
      let linear = try? CompressedLinear(
        rowCount: layer.rows,
        columnCount: layer.columns,
        hasBias: layer.hasBias,
        elementType: outline.elementType,
        scheme: groups[assignment.group].scheme
      )
      return (linear?.descriptions(module: layer.name) ?? []).map { description in
        PlannedTensor(
          description: description,
          origin: description.suffix == "bias" ? .copied : .quantized(assignment: index)
        )
      }
    }
    var outputs: [PlannedTensor] = []
    var placed: Set<Int> = []
    for tensor in outline.tensors {
      let module = String(tensor.name.dropLast(tensor.suffix.count + 1))
      if let index = places[module], tensor.suffix == "weight" || tensor.suffix == "bias" {
        // All tensors of a layer stand where the first of them stood.
        if placed.insert(index).inserted { outputs += tensors(of: index) }
      } else if !isDropped(tensor) {
        outputs.append(PlannedTensor(description: tensor, origin: .copied))
      }
    }
    for index in assignments.indices where placed.insert(index).inserted { outputs += tensors(of: index) }
    return outputs
  }

  /// Buffers that old checkpoints hold and no loader wants, and the head of a model that says it is tied.
  private func isDropped(_ tensor: TensorDescription) -> Bool {
    if tensor.name.hasSuffix("rotary_emb.inv_freq") { return true }
    guard let decoder = outline.decoder else { return false }
    return decoder.head == nil && tensor.name == "\(decoder.headName).weight"
  }

  private func costs(
    _ assignments: [Assignment],
    outputs: [PlannedTensor],
    calibration: CalibrationPlan?
  ) -> PlanCosts {
    var costs = PlanCosts()
    costs.inputBytes = outline.tensors.map(\.byteCount).reduce(0, +)
    costs.outputBytes = outputs.map(\.description.byteCount).reduce(0, +)
    for assignment in assignments { costs.addLayer(assignment.layer, usesMoments: assignment.usesMoments) }
    if let calibration, let decoder = outline.decoder {
      let calibrated = Set(assignments.filter(\.usesMoments).map(\.layer.name))
      costs.addCalibration(
        decoder,
        calibration: calibration,
        gathered: decoder.blocks.map { block in
          block.steps.filter { $0.linears.contains { calibrated.contains($0.name) } }
        },
        headIsGathered: calibrated.contains(decoder.headName),
        chunkTokens: Plan.chunkTokens
      )
    }
    return costs
  }
}

extension Assignment {
  /// Whether the method reads the second moments of the layer's input.
  package var usesMoments: Bool {
    if case .gptq = method { true } else { false }
  }
}
