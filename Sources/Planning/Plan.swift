package import Checkpoints
package import Models
package import Vocabulary

/// What will be done to a model, module by module, and what it costs: a recipe's stage graph met with a model's outline.
///
/// A plan does no work and has read no weights.
package struct Plan: Sendable {
  /// The stages in the order of the work: rotation, smoothing, pruning, quantization.
  package let stages: [PlannedStage]
  /// What is rotated, before anything else is done; nil where nothing is.
  package let rotation: RotationPlan?
  /// What random matrices are drawn from.
  package let seed: UInt64
  /// The groups in the order of the first module that each claims, as the checkpoint's config lists them.
  package let groups: [PlannedGroup]
  /// Places where channels are scaled, in dataflow order.
  package let smoothings: [PlannedSmoothing]
  /// Layers that are pruned, in module order.
  package let prunings: [PlannedPruning]
  /// Every module whose weight is quantized, in module order.
  package let assignments: [Assignment]
  /// Attention modules whose inputs or cache are quantized while serving, in module order.
  package let attentions: [PlannedAttention]
  /// How keys and values are stored while serving.
  package let keyValueCache: QuantizationArguments?
  /// Modules of the classes that are quantized which keep their weights, in module order: the config's `ignore` list.
  package let keptModules: [String]
  /// The passes over the calibration data: one for all stages, or one for each kind; none when no stage needs data.
  package let passes: [CalibrationPass]
  /// The calibration pass, or nil when no stage needs data.
  package let calibration: CalibrationPlan?
  /// Whether a tied head gets weights of its own.
  package let untiesHead: Bool
  /// Every tensor that will be written, in state-dictionary order.
  package let outputs: [PlannedTensor]
  /// Tensors of the input that have no place in the output, with the reason.
  package let dropped: [DroppedTensor]
  /// The model's modules by what they are for, and how many of them the plan changes.
  package let census: [ModuleCensus]
  /// On how many devices the checkpoint can be served, by each runtime that is known.
  package let tensorParallel: [TensorParallelism]
  /// The most tensor bytes of one weight file; nil for the writer's own limit.
  package let shardByteLimit: Int?
  /// What the work costs.
  package let costs: PlanCosts

  /// The assignment of a module, if it has one.
  package func assignment(of module: String) -> Assignment? {
    assignments.first { $0.layer.name == module }
  }

  /// How a module is pruned, if it is.
  package func pruning(of module: String) -> PlannedPruning? {
    prunings.first { $0.layer.name == module }
  }
}

/// One modifier of the recipe as it will be executed.
package struct PlannedStage: Hashable, Sendable {
  /// The modifier's name in the recipe.
  package let modifier: String
  /// What it does.
  package let kind: StageKind
  /// Modules that the stage is about; of a smoothing stage the places.
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
  /// What its inputs are quantized to while serving.
  package let inputs: PlannedActivations?
  /// What its outputs are quantized to while serving.
  package let outputs: PlannedActivations?
  /// Layers that share one global scale have one number; nil where the layer has none or stands alone.
  package let scaleSet: Int?
}

/// Activations whose scales calibration finds.
package struct PlannedActivations: Hashable, Sendable {
  /// How they are quantized.
  package let arguments: QuantizationArguments
  /// How their range is found; nil where scales are found at run time alone.
  package let rule: ActivationRangeRule?
}

/// The data of a calibration pass.
package struct CalibrationPlan: Hashable, Sendable {
  /// Sequences.
  package let samples: Int
  /// Tokens of each.
  package let sequenceLength: Int
  /// Which tokens the statistics of an expert are gathered from.
  package let experts: ExpertCalibration
  /// What the statistics of a layer in a block are gathered on.
  package let propagation: ErrorPropagation
  /// Tokens of the whole pass.
  package var tokens: Int { samples * sequenceLength }

  package init(
    samples: Int,
    sequenceLength: Int,
    experts: ExpertCalibration = .all,
    propagation: ErrorPropagation = .sequential
  ) {
    self.samples = samples
    self.sequenceLength = sequenceLength
    self.experts = experts
    self.propagation = propagation
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
    /// Another tensor of the input: the embedding, for a head that is tied no longer.
    case copiedFrom(String)
    /// The float tensor of the input after rotation, smoothing and pruning.
    case rewritten
    /// Statistics of what flows into an attention module, an index into the plan's attentions.
    case calibrated(attention: Int)
    /// The quantization of a module's weight, an index into the plan's assignments.
    case quantized(assignment: Int)
    /// A matrix that a server multiplies by, an index into the tensors of the plan's rotation.
    case transform(Int)
  }
}

/// A tensor of the input that is not written.
package struct DroppedTensor: Hashable, Sendable {
  /// Its name.
  package let name: String
  /// Why.
  package let reason: String
}
