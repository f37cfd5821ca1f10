package import Checkpoints
package import Kernels

/// Why a plan could not be carried out; nothing is left behind then.
package enum ExecutionError: Error, Hashable, Sendable {
  /// A checkpoint could not be read or written.
  case checkpoint(CheckpointError)
  /// The inputs of a layer do not let it be quantized.
  case factorization(layer: String, FactorizationError)
  /// A calibration sequence holds an id that is no row of the embedding.
  case tokenOutOfRange(id: Int32, vocabularySize: Int)
  /// The plan calibrates, and there are no sequences.
  case noCalibrationData
  /// The plan says nothing of these tensors of the input, so the output would lack them.
  case unaccounted([String])
  /// The caller asked for an end.
  case interrupted
}
