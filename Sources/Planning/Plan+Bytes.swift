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
    let names = ["codes", "scales", "zero points", "shapes", "rotations", "unchanged"]
    var sums = names.map { _ in (count: 0, bytes: 0) }
    for output in outputs {
      let place = output.classIndex
      sums[place].count += 1
      sums[place].bytes += output.description.byteCount
    }
    return zip(names, sums).filter { $1.count > 0 }.map { TensorClassBytes(name: $0, count: $1.count, bytes: $1.bytes) }
  }
}

extension PlannedTensor {
  /// The class of its bytes, an index into the classes of `Plan.bytesByClass`.
  fileprivate var classIndex: Int {
    if case .transform = origin { return 4 }
    guard case .quantized = origin else { return 5 }
    return switch description.suffix {
    case "weight_scale": 1
    case "weight_zero_point": 2
    case "weight_shape": 3
    default: 0
    }
  }
}
