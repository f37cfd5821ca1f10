internal import Checkpoints
package import Diagnostics
package import Models
package import Recipes
internal import Vocabulary

extension Plan {
  /// Tokens that execution takes through a step together, at least.
  package static let chunkTokens = 2048

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
      ExecutionCheck.check(checked.claims, &context)
      CalibrationCheck.remindOfData(&context)
    }
    return ModelCheck(diagnostics: context.diagnostics.inSourceOrder(), claims: checked.claims, context: context)
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
    ExecutionCheck.check(checked.claims, &context)
    let diagnostics = context.diagnostics.inSourceOrder()
    if diagnostics.hasErrors { return Checked(nil, diagnostics) }
    guard let layout = OutputLayout(checked.claims, context) else {
      preconditionFailure("a scheme without a layout is not executable and was reported")
    }
    return Checked(Plan(layout, calibration: calibration, context), diagnostics)
  }
}

extension Plan {
  /// The plan of a layout that execution can carry out.
  fileprivate init(_ layout: OutputLayout, calibration: CalibrationPlan?, _ context: PlanningContext) {
    let stages = context.graph.quantization
    let assignments = layout.members.map { member -> Assignment in
      guard let layer = member.module.linear, let arguments = layout.groups[member.group].scheme.weights,
        let observer = SchemeSupport.observer(of: arguments, context.request.grammar)
      else { preconditionFailure("what cannot be executed was reported") }
      return Assignment(
        layer: layer,
        source: member.source,
        stage: member.stage,
        group: member.group,
        method: stages[member.stage].method,
        arguments: arguments,
        observer: observer
      )
    }
    var counts = [Int](repeating: 0, count: stages.count)
    for assignment in assignments { counts[assignment.stage] += 1 }
    self.init(
      stages: zip(stages, counts).map { stage, count in
        PlannedStage(modifier: stage.modifier.value, method: stage.method, moduleCount: count)
      },
      groups: layout.groups,
      assignments: assignments,
      keptLinears: layout.keptModules,
      calibration: calibration,
      untiesHead: layout.untiesHead,
      outputs: layout.tensors,
      costs: Self.costs(assignments, outputs: layout.tensors, calibration: calibration, outline: context.outline)
    )
  }

  private static func costs(
    _ assignments: [Assignment],
    outputs: [PlannedTensor],
    calibration: CalibrationPlan?,
    outline: ModelOutline
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
        chunkTokens: chunkTokens
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
