package import Diagnostics
internal import Models
internal import RecipeGrammar
package import Recipes
internal import Vocabulary

/// Finds what a calibration pass reads, and whether the model can take it.
enum CalibrationCheck {
  /// The data of the pass, or nil when none is needed or the model has no known dataflow.
  static func plan(_ context: inout PlanningContext) -> CalibrationPlan? {
    let readers = context.graph.readers
    guard let first = readers.first else { return nil }
    guard let decoder = context.outline.decoder else {
      context.report(
        PlanningDiagnostics.calibrationNeedsArchitecture(
          first,
          modelType: context.outline.modelType,
          known: Architecture.standard.map(\.family),
          severity: context.gapSeverity
        )
      )
      return nil
    }
    let asked = context.graph.calibration.sequenceLength
    let standard = context.request.standard(.sequenceLength)
    let limit = decoder.configuration.positionLimit ?? standard
    let length = context.request.sequenceLength ?? asked?.value ?? min(standard, limit)
    let span = context.request.sequenceLength == nil ? asked?.span : nil
    if length > limit {
      var diagnostic = PlanningDiagnostics.sequenceExceedsPositions(length: length, limit: limit, at: span)
      // Beyond a table of positions there is nothing to add.
      if decoder.positions != nil { diagnostic.severity = .error }
      context.report(diagnostic)
    }
    return CalibrationPlan(
      samples: context.request.samples ?? context.graph.calibration.samples?.value
        ?? context.request.standard(.samples),
      sequenceLength: length,
      experts: context.graph.calibration.experts ?? .all,
      propagation: context.graph.calibration.propagation ?? .sequential
    )
  }

  /// Finds layers that read data which never reaches them: those outside of the decoder.
  static func checkReach(_ checked: CheckedModel, _ context: inout PlanningContext) {
    guard let decoder = context.outline.decoder else { return }
    let reached = Set(decoder.blocks.flatMap(\.linears).map(\.name) + [decoder.headName])
    func outside(_ layers: [(layer: Int, target: Spanned<Target>)]) -> [(layer: Int, target: Spanned<Target>)] {
      layers.filter { context.modules[$0.layer].linear.map { !reached.contains($0.name) } ?? false }
        .sorted { $0.layer < $1.layer }
    }
    for (index, stage) in context.graph.quantization.enumerated() where stage.needsCalibration {
      let claims = checked.claims.claims.filter { $0.value.stage == index }.map {
        (layer: $0.key, target: $0.value.target)
      }
      report(outside(claims), stage.modifier, &context)
    }
    for (stage, found) in zip(context.graph.pruning, checked.pruning.stages) where stage.method.readsData {
      report(outside(found.layers.map { (layer: $0.key, target: $0.value) }), stage.modifier, &context)
    }
  }

  private static func report(
    _ layers: [(layer: Int, target: Spanned<Target>)],
    _ modifier: Spanned<String>,
    _ context: inout PlanningContext
  ) {
    guard let first = layers.first else { return }
    context.report(
      PlanningDiagnostics.calibrationDoesNotReach(
        context.modules[first.layer].name,
        count: layers.count,
        target: first.target,
        modifier: modifier.value
      )
    )
  }

  /// Says who reads data that the recipe does not name; where nothing can be calibrated that has been said.
  static func remindOfData(_ context: inout PlanningContext) {
    let readers = context.graph.readers
    guard context.outline.decoder != nil, context.graph.calibration.dataset == nil, let first = readers.first else {
      return
    }
    context.report(PlanningDiagnostics.calibrationNeeded(readers.map(\.value), at: first.span))
  }
}

extension StageGraph {
  /// The modifiers that read calibration data, in the order of the work.
  package var readers: [Spanned<String>] {
    smoothing.map(\.modifier) + pruning.filter(\.method.readsData).map(\.modifier)
      + quantization.filter(\.needsCalibration).map(\.modifier)
  }
}

extension PlanRequest {
  /// Fields of the `calibration:` section that have a default.
  enum CalibrationField: String {
    case samples
    case sequenceLength = "sequence_length"
  }

  /// The default of a field, as the grammar has it.
  func standard(_ field: CalibrationField) -> Int {
    let entry = grammar.section("calibration")?.fields.first { $0.name == field.rawValue }
    guard let number = entry?.defaultText.flatMap({ Int($0) }) else {
      preconditionFailure("the grammar has no default for calibration.\(field.rawValue)")
    }
    return number
  }
}
