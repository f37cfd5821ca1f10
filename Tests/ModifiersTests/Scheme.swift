import Testing
import Vocabulary

/// A way to quantize weights, as test cases show it.
struct Scheme: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let arguments: QuantizationArguments

  init(
    _ name: String,
    bits: Int,
    kind: NumberKind = .integer,
    isSymmetric: Bool = true,
    strategy: Strategy,
    groupSize: Int? = nil
  ) {
    testDescription = name
    arguments = QuantizationArguments(
      bitWidth: bits,
      numberKind: kind,
      isSymmetric: isSymmetric,
      strategy: strategy,
      groupSize: groupSize
    )
  }

  /// Every number kind, symmetry and strategy; groups of 16.
  static let all = [
    Scheme("int4 group", bits: 4, strategy: .group, groupSize: 16),
    Scheme("int4 channel", bits: 4, strategy: .channel),
    Scheme("int4 tensor", bits: 4, strategy: .tensor),
    Scheme("int4 group asymmetric", bits: 4, isSymmetric: false, strategy: .group, groupSize: 16),
    Scheme("int4 channel asymmetric", bits: 4, isSymmetric: false, strategy: .channel),
    Scheme("int4 tensor asymmetric", bits: 4, isSymmetric: false, strategy: .tensor),
    Scheme("int8 channel", bits: 8, strategy: .channel),
    Scheme("int8 tensor asymmetric", bits: 8, isSymmetric: false, strategy: .tensor),
    Scheme("int3 group", bits: 3, strategy: .group, groupSize: 16),
    Scheme("float8 channel", bits: 8, kind: .float, strategy: .channel),
    Scheme("float8 tensor", bits: 8, kind: .float, strategy: .tensor),
  ]
}
