internal import Checkpoints
internal import Models

/// Bytes of one class of output tensors.
package struct TensorClassBytes: Hashable, Sendable {
  /// The class: `codes`, `scales`, `zero points`, `shapes`, `rotations` or `unchanged`.
  package let name: String
  /// Tensors of the class.
  package let count: Int
  /// Their bytes.
  package let bytes: Int
}

extension Plan {
  /// Output bytes by class of tensor; classes without a tensor are left out.
  package var bytesByClass: [TensorClassBytes] {
    let classes = Dictionary(grouping: outputs) { output -> String in
      if case .transform = output.origin { return "rotations" }
      guard case .quantized = output.origin else { return "unchanged" }
      return switch output.description.suffix {
      case "weight_scale": "scales"
      case "weight_zero_point": "zero points"
      case "weight_shape": "shapes"
      default: "codes"
      }
    }
    return ["codes", "scales", "zero points", "shapes", "rotations", "unchanged"].compactMap { name in
      classes[name].map { outputs in
        TensorClassBytes(
          name: name,
          count: outputs.count,
          bytes: outputs.map(\.description.byteCount).reduce(0, +)
        )
      }
    }
  }
}
