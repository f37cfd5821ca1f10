package import Vocabulary

/// The `quantization_config` of a config.json: which modules are compressed, and how.
package struct QuantizationConfig: Hashable, Sendable {
  /// The groups, in file order.
  package var groups: [Group]
  /// Full names of the modules that a target matches but that keep their weights.
  package var ignored: [String]
  /// How keys and values are cached when the model is served; nil leaves them in the model's type.
  package var keyValueCache: QuantizationArguments?
  /// What activations and weights are multiplied by.
  package var transforms: TransformConfig

  package init(
    groups: [Group],
    ignored: [String],
    keyValueCache: QuantizationArguments? = nil,
    transforms: TransformConfig = TransformConfig()
  ) {
    self.groups = groups
    self.ignored = ignored
    self.keyValueCache = keyValueCache
    self.transforms = transforms
  }

  /// Modules that share one scheme.
  package struct Group: Hashable, Sendable {
    /// The key in `config_groups`, such as `group_0`.
    package var name: String
    /// The texts of `targets`: module names, class names, or `re:` with a pattern.
    package var targets: [String]
    /// What happened to the modules; its format is always resolved when read.
    package var scheme: QuantizationScheme

    package init(name: String, targets: [String], scheme: QuantizationScheme) {
      self.name = name
      self.targets = targets
      self.scheme = scheme
    }
  }

  /// The format of the whole model.
  package var format: CheckpointFormat {
    .common(of: groups.map(\.scheme.resolvedFormat))
  }

  /// The key of the config in config.json.
  package static let key = "quantization_config"
  /// The version of compressed-tensors whose form is written.
  package static let version = "0.19.0"
  /// What `quant_method` says.
  static let method = "compressed-tensors"
}
