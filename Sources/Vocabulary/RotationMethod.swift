/// What a rotation stage rotates.
package enum RotationMethod: Hashable, Sendable {
  /// Single layers, the rotation and its inverse side by side (arXiv:2402.04396).
  case quip([QuIPRotation])
  /// The spaces between layers, most rotations merged into weights (arXiv:2405.16406).
  case spinQuant([SpinQuantRotation])
}

/// The side of a layer that QuIP rotates; raw values as in recipes.
package enum QuIPRotation: String, CaseIterable, Hashable, Sendable {
  /// Inputs.
  case v
  /// Outputs.
  case u
}

/// A space that SpinQuant rotates; raw values as in recipes.
package enum SpinQuantRotation: String, CaseIterable, Hashable, Sendable {
  /// The residual stream, merged into weights.
  case residual = "R1"
  /// Values and the output projection by head, merged into weights.
  case values = "R2"
  /// Queries and keys after the rotary embedding, at run time.
  case queriesAndKeys = "R3"
  /// The input of the down projection, at run time.
  case downProjection = "R4"
}

/// Which matrices rotate; raw values as in recipes.
package enum RotationMatrix: String, CaseIterable, Hashable, Sendable {
  /// Sylvester's Hadamard matrices, whose sizes are powers of two.
  case hadamard
  /// A known Hadamard matrix with random signs.
  case randomHadamard = "random-hadamard"
  /// A random matrix and its inverse.
  case randomMatrix = "random-matrix"
}
