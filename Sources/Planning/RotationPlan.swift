package import Checkpoints
package import Vocabulary

/// What a rotation modifier does to a model: which weights are multiplied by which matrix, and what remains for the server.
///
/// Norms are folded first; the merges may then be done in any order, as they change different sides of a weight. Everything
/// but `transforms` and `tensors` is merged into weights and leaves no trace in the checkpoint.
package struct RotationPlan: Hashable, Sendable {
  /// The matrices, one for each group and size.
  package let matrices: [Matrix]
  /// Norms whose factors move into the layers that read them.
  package let foldedNorms: [FoldedNorm]
  /// The multiplications of weights.
  package let merges: [Merge]
  /// Whether a tied head gets weights of its own, because embedding and head are changed differently.
  package let untiesHead: Bool
  /// The groups that have a part at run time, as config.json declares them.
  ///
  /// Merged groups are left out: a reader that applied them would rotate the weights twice. llm-compressor writes them.
  package let transforms: TransformConfig
  /// Matrices that are stored for run time, in module order.
  package let tensors: [StoredMatrix]

  /// A matrix that is drawn.
  package struct Matrix: Hashable, Sendable {
    /// The group, such as `R1`.
    package let group: String
    /// The kind.
    package let kind: RotationMatrix
    /// Rows and columns.
    package let size: Int

    /// What it is drawn from besides the run's seed, such as `R1.4096`.
    package var seedName: String { "\(group).\(size)" }
  }

  /// A norm and those that read it.
  package struct FoldedNorm: Hashable, Sendable {
    /// The name of its weight, `[hidden]`, which becomes ones.
    package let tensor: String
    /// The modules whose columns are multiplied by its factors.
    package let readers: [String]
  }

  /// A multiplication of a module's weight.
  package struct Merge: Hashable, Sendable {
    /// The module, a linear layer or the embedding.
    package let module: String
    /// How the weight is multiplied.
    package let side: Side
    /// The matrix, an index into the plan's.
    package let matrix: Int
  }

  /// How a weight `W` is multiplied by a matrix `R`, which stands for its blocks over the whole side.
  package enum Side: Hashable, Sendable {
    /// `W·R`: the layer's inputs are rotated.
    case inputs
    /// `Rᵀ·W` and `b·R`: the layer's outputs are rotated.
    case outputs
    /// `E·R`: the rows of a table are rotated.
    case table
  }

  /// A matrix that the server reads.
  package struct StoredMatrix: Hashable, Sendable {
    /// Name, type and shape.
    package let description: TensorDescription
    /// The matrix, an index into the plan's.
    package let matrix: Int
    /// Whether its inverse is stored instead, as formats do with matrices that are not Hadamard's.
    package let isInverse: Bool
  }
}
