package import Checkpoints
package import Models
package import Vocabulary

/// What will be done to a model, module by module, and what it costs: a recipe's stage graph met with a model's outline.
///
/// A plan does no work and has read no weights.
package struct Plan: Sendable {
  /// The stages in the order of the work.
  package let stages: [PlannedStage]
  /// The groups in the order of the first module that each claims, as the checkpoint's config lists them.
  package let groups: [PlannedGroup]
  /// Every module that is quantized, in module order.
  package let assignments: [Assignment]
  /// Linear modules that keep their weights, in module order: the config's `ignore` list.
  package let keptLinears: [String]
  /// The calibration pass, or nil when no stage needs data.
  package let calibration: CalibrationPlan?
  /// Whether a tied head gets weights of its own because it is quantized.
  package let untiesHead: Bool
  /// Every tensor that will be written, in state-dictionary order.
  package let outputs: [PlannedTensor]
  /// What the work costs.
  package let costs: PlanCosts

  /// The assignment of a module, if it has one.
  package func assignment(of module: String) -> Assignment? {
    assignments.first { $0.layer.name == module }
  }
}

/// One modifier of the recipe as it will be executed.
package struct PlannedStage: Hashable, Sendable {
  /// The modifier's name in the recipe.
  package let modifier: String
  /// How codes are found.
  package let method: QuantizationMethod
  /// Modules that the stage quantizes.
  package let moduleCount: Int
}

/// A scheme and the modules that get it.
package struct PlannedGroup: Hashable, Sendable {
  /// The group's targets as the recipe has them.
  package let targets: [String]
  /// What happens to its modules.
  package let scheme: QuantizationScheme
  /// The preset's name, when the scheme is one.
  package let preset: String?
  /// How its tensors are laid out.
  package let format: CheckpointFormat
  /// Modules that have it.
  package let moduleCount: Int
}

/// What happens to one linear layer.
package struct Assignment: Hashable, Sendable {
  /// The layer.
  package let layer: LinearOutline
  /// The tensor that its weights are read from: another's where the layer was tied.
  package let source: String
  /// The stage, an index into the plan's stages.
  package let stage: Int
  /// The group, an index into the plan's groups.
  package let group: Int
  /// How codes are found.
  package let method: QuantizationMethod
  /// How its weight's arguments read.
  package let arguments: QuantizationArguments
  /// How the range of its grid is found.
  package let observer: WeightObserver
}

/// The data of a calibration pass.
package struct CalibrationPlan: Hashable, Sendable {
  /// Sequences.
  package let samples: Int
  /// Tokens of each.
  package let sequenceLength: Int
  /// Tokens of the whole pass.
  package var tokens: Int { samples * sequenceLength }

  package init(samples: Int, sequenceLength: Int) {
    self.samples = samples
    self.sequenceLength = sequenceLength
  }
}

/// One tensor of the output.
package struct PlannedTensor: Hashable, Sendable {
  /// Name, type and shape.
  package let description: TensorDescription
  /// Where its bytes come from.
  package let origin: Origin

  /// Where a tensor's bytes come from.
  package enum Origin: Hashable, Sendable {
    /// The same tensor of the input.
    case copied
    /// Statistics of what flows through the model.
    case calibrated
    /// The quantization of a module's weight, an index into the plan's assignments.
    case quantized(assignment: Int)
  }
}
