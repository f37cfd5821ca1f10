internal import Diagnostics
internal import Models
internal import Recipes
internal import Vocabulary

/// What execution does not have of rotations, and of other work on what they turn at run time.
struct RotationGaps {
  /// Something that cannot be executed.
  typealias Gap = (text: String, span: SourceSpan)

  private let graph: StageGraph
  private let modules: [Module]
  private let turnedAtInputs: Set<String>
  private let turnedAtOutputs: Set<String>

  init(_ rotation: RotationPlan, _ graph: StageGraph, _ modules: [Module]) {
    self.graph = graph
    self.modules = modules
    turnedAtInputs = rotation.layersTurnedAtInputs
    turnedAtOutputs = rotation.layersTurnedAtOutputs
  }

  /// What of a modifier cannot be executed, as what comes behind its name; nil when all can.
  static func gap(in stage: RotationStage, isFirst: Bool, _ outline: ModelOutline) -> Gap? {
    if let span = stage.transformConfig { return ("with a transform_config", span) }
    if let span = stage.randomization { return ("with randomize", span) }
    guard isFirst else { return ("after another rotation", stage.modifier.span) }
    guard storedTypes.contains(stage.precision) else {
      return ("with matrices of \(stage.precision.rawValue)", stage.modifier.span)
    }
    guard case .spinQuant(let spaces) = stage.method else { return nil }
    if spaces.contains(.queriesAndKeys) {
      return ("with \(SpinQuantRotation.queriesAndKeys.rawValue)", stage.modifier.span)
    }
    return outline.decoder == nil ? ("on a model of unknown architecture", stage.modifier.span) : nil
  }

  /// The types that matrices can be stored in.
  private static let storedTypes: [ElementType] = [.float16, .bfloat16, .float32, .float64]

  /// Work that looks at single channels where a matrix stands between them and the weight.
  func gaps(_ checked: CheckedModel) -> [Gap] {
    var gaps: [Gap] = []
    for (stage, sites) in zip(graph.smoothing, checked.smoothing) where sites.contains(where: isTurned) {
      gaps.append(("\(stage.modifier.value) between layers that are rotated at run time", stage.modifier.span))
    }
    for (stage, found) in zip(graph.pruning, checked.pruning.stages) {
      guard case .outlierWeighted = stage.sparsity.value else { continue }
      if found.layers.keys.contains(where: { turnedAtInputs.contains(modules[$0].name) }) {
        gaps.append(
          ("\(stage.modifier.value) by outliers of inputs that are rotated at run time", stage.modifier.span)
        )
      }
    }
    for (index, claim) in checked.claims.claims.sorted(by: { $0.key < $1.key }) {
      let group = graph.quantization[claim.stage].groups[claim.group]
      guard group.scheme.value.outputActivations != nil, turnedAtOutputs.contains(modules[index].name) else { continue }
      let modifier = graph.quantization[claim.stage].modifier.value
      gaps.append(("\(modifier) with output activations that are rotated at run time", group.scheme.span))
      break
    }
    return gaps
  }

  /// Whether a factor for each channel would have to pass through a matrix.
  private func isTurned(_ site: SmoothingSite) -> Bool {
    turnedAtOutputs.contains(site.producer) || site.readers.contains { turnedAtInputs.contains($0.name) }
  }
}
