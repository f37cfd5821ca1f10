package import Diagnostics
package import Vocabulary

/// The validated work of a recipe, in the order it is done: rotation, smoothing, pruning, then quantization.
///
/// A stage graph does not know the model: targets are still text here.
package struct StageGraph: Sendable {
  /// Rotation stages in recipe order.
  package var rotation: [RotationStage] = []
  /// Smoothing stages in recipe order.
  package var smoothing: [SmoothingStage] = []
  /// Pruning stages in recipe order.
  package var pruning: [PruningStage] = []
  /// Quantization stages in recipe order; their targets must be disjoint once a model is known.
  package var quantization: [QuantizationStage] = []
  /// What the recipe says of its calibration data.
  package var calibration = CalibrationRequest()

  package init() {}

  /// Whether a stage reads calibration data.
  package var needsCalibration: Bool {
    !smoothing.isEmpty || pruning.contains { $0.method.readsData } || quantization.contains(where: \.needsCalibration)
  }
}

extension PruningMethod {
  /// Whether the choice follows from what flows through the layer.
  package var readsData: Bool {
    switch self {
    case .sparseGPT, .wanda, .reap: true
    case .magnitude, .constant: false
    }
  }
}

/// One quantization modifier, resolved: what is quantized, how, and by which method.
package struct QuantizationStage: Sendable {
  /// The modifier's name where the recipe has it.
  package let modifier: Spanned<String>
  /// How codes are found.
  package let method: QuantizationMethod
  /// The groups in recipe order; a preset makes one group for each preset named.
  package let groups: [QuantizationGroup]
  /// Modules that keep their weights although a group's target matches them.
  package let ignored: [Spanned<Target>]
  /// Whether the stage reads calibration data.
  package let needsCalibration: Bool
  /// How keys and values are stored while serving, when the modifier says so.
  package let keyValueCache: Spanned<QuantizationArguments>?

  package init(
    modifier: Spanned<String>,
    method: QuantizationMethod,
    groups: [QuantizationGroup],
    ignored: [Spanned<Target>],
    needsCalibration: Bool,
    keyValueCache: Spanned<QuantizationArguments>? = nil
  ) {
    self.modifier = modifier
    self.method = method
    self.groups = groups
    self.ignored = ignored
    self.needsCalibration = needsCalibration
    self.keyValueCache = keyValueCache
  }
}

/// Targets that share one scheme.
package struct QuantizationGroup: Sendable {
  /// The group's name: the recipe's own, or `group_0`, `group_1`, … for presets.
  package let name: String
  /// What the group claims.
  package let targets: [Spanned<Target>]
  /// What happens to the modules claimed, with every default filled in.
  package let scheme: Spanned<QuantizationScheme>
  /// The preset's canonical name, when the scheme is one.
  package let preset: String?
  /// Where the weights' `group_size` stands, when the recipe gives it.
  package let groupSizePlace: SourceSpan?

  package init(
    name: String,
    targets: [Spanned<Target>],
    scheme: Spanned<QuantizationScheme>,
    preset: String?,
    groupSizePlace: SourceSpan? = nil
  ) {
    self.name = name
    self.targets = targets
    self.scheme = scheme
    self.preset = preset
    self.groupSizePlace = groupSizePlace
  }

  /// The group with its scheme changed.
  func changingScheme(_ change: (inout QuantizationScheme) -> Void) -> QuantizationGroup {
    var scheme = scheme
    change(&scheme.value)
    return QuantizationGroup(
      name: name,
      targets: targets,
      scheme: scheme,
      preset: preset,
      groupSizePlace: groupSizePlace
    )
  }
}
