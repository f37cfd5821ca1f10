package import Checkpoints
package import Kernels

/// Why a plan could not be carried out; nothing is left behind then, unless the error says so.
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
  /// A run of the same output is unfinished, and nobody asked to go on with it.
  case unfinished(UnfinishedRun)
  /// The unfinished run was another one.
  case differs(UnfinishedRun, [RunFingerprint.Difference])
  /// The machine or the caller ended a run that can be continued.
  indirect case stopped(UnfinishedRun, by: ExecutionError)
}

/// A run that ended before its output was whole, and what it left.
package struct UnfinishedRun: Hashable, Sendable {
  /// The hidden folder that holds it.
  package let path: String
  /// Blocks that are finished; counted once for each pass over the calibration data.
  package let blockCount: Int

  package init(path: String, blockCount: Int) {
    self.path = path
    self.blockCount = blockCount
  }
}

extension ExecutionError {
  /// Whether the same run can end well another time: the machine failed, not the input.
  var isOfMoment: Bool {
    switch self {
    case .interrupted, .checkpoint(.diskFull), .checkpoint(.system), .checkpoint(.destinationExists): true
    default: false
    }
  }
}
