package import Diagnostics
package import Vocabulary

/// One rotation modifier, resolved.
package struct RotationStage: Sendable {
  /// The modifier's name where the recipe has it.
  package let modifier: Spanned<String>
  /// What is rotated.
  package let method: RotationMethod
  /// Which matrices rotate.
  package let matrix: RotationMatrix
  /// Columns of one block of the rotation; nil for the whole width.
  package let blockSize: Spanned<Int>?
  /// Layers to rotate; empty for a method that finds its own.
  package let targets: [Spanned<Target>]
  /// Layers that are left alone although a target matches them.
  package let ignored: [Spanned<Target>]
  /// The type in which matrices are stored and applied at run time.
  package let precision: ElementType
  /// Where the recipe wants every matrix drawn anew; nil where it does not.
  package let randomization: SourceSpan?
  /// Where the recipe spells its transforms out in place of the other fields; nil where it does not.
  package let transformConfig: SourceSpan?
}

/// One smoothing modifier, resolved.
package struct SmoothingStage: Sendable {
  /// The modifier's name where the recipe has it.
  package let modifier: Spanned<String>
  /// How factors are found.
  package let method: SmoothingMethod
  /// The mappings given; nil to take every legal one of the model.
  package let mappings: [SmoothingMapping]?
  /// Layers whose mappings are left out.
  package let ignored: [Spanned<Target>]
}

/// Who hands a factor to whom: the smooth layer's output is divided by it, the balance layers' inputs are multiplied.
package struct SmoothingMapping: Sendable {
  /// The layer whose output channels are divided, a norm or a linear layer.
  package let smooth: Spanned<Target>
  /// The layers that read those channels.
  package let balance: [Spanned<Target>]
  /// The module whose input is observed instead of the first balance layer's; AWQ only.
  package let activationHook: Spanned<String>?
  /// The whole mapping.
  package let span: SourceSpan
}

/// One pruning modifier, resolved.
package struct PruningStage: Sendable {
  /// The modifier's name where the recipe has it.
  package let modifier: Spanned<String>
  /// How weights are chosen.
  package let method: PruningMethod
  /// How many become zero; of a structured mask the fraction that it implies.
  package let sparsity: Spanned<Sparsity>
  /// How zeros are arranged.
  package let structure: MaskStructure
  /// Layers to prune, or modules whose layers are pruned.
  package let targets: [Spanned<Target>]
  /// Layers that keep their weights although a target matches them.
  package let ignored: [Spanned<Target>]
}
