/// What happens to a module's weights and activations; the value of a preset or of one `config_groups` entry.
package struct QuantizationScheme: Hashable, Sendable {
  /// How weights are stored, or nil to leave them as they are.
  package var weights: QuantizationArguments?
  /// How inputs are quantized when the model is served.
  package var inputActivations: QuantizationArguments?
  /// How outputs are quantized when the model is served.
  package var outputActivations: QuantizationArguments?
  /// The format asked for, or nil for the one that follows from the arguments.
  package var format: CheckpointFormat?

  package init(
    weights: QuantizationArguments? = nil,
    inputActivations: QuantizationArguments? = nil,
    outputActivations: QuantizationArguments? = nil,
    format: CheckpointFormat? = nil
  ) {
    self.weights = weights
    self.inputActivations = inputActivations
    self.outputActivations = outputActivations
    self.format = format
  }
}

/// How a compressed module's tensors are laid out; raw values as in `config.json`.
package enum CheckpointFormat: String, CaseIterable, Hashable, Sendable {
  case dense
  case intQuantized = "int-quantized"
  case floatQuantized = "float-quantized"
  case naiveQuantized = "naive-quantized"
  case packQuantized = "pack-quantized"
  case nvfp4PackQuantized = "nvfp4-pack-quantized"
  case mxfp4PackQuantized = "mxfp4-pack-quantized"
  case mxfp8Quantized = "mxfp8-quantized"
  case mixedPrecision = "mixed-precision"
}
