package import Vocabulary

/// One serving runtime, and the rules that a checkpoint must keep to be served by it.
package struct RuntimeEntry: Hashable, Sendable {
  /// The name in recipes and on the command line.
  package let name: String
  /// The version whose rules these are.
  package let version: String
  /// One sentence on what it is.
  package let summary: String
  /// Last parts of the names of layers that become one when a model is loaded.
  package let fusedLayers: [[String]]
  /// The part of a name behind which layers of experts stand, which have one scheme in a block; nil where they may
  /// differ.
  package let expertsPart: String?
  /// Whether the head is quantized only where a target is its name.
  package let findsHeadByName: Bool
  /// Which arguments the cache of keys and values may have; nil where it cannot be quantized.
  package let cache: ArgumentsRule?
  /// The kinds of matrices that inputs and outputs of layers are multiplied by as they are stored.
  package let rotations: [RotationMatrix]
  /// How layers are divided among devices; nil where they are not.
  package let tensorParallel: TensorParallelRule?
  /// What serves quantized layers; the first that takes a scheme is the one.
  package let kernels: [RuntimeKernel]

  /// What serves a scheme, or nil when nothing does.
  package func kernel(for scheme: QuantizationScheme, in format: CheckpointFormat) -> RuntimeKernel? {
    kernels.first { $0.takes(scheme, in: format) }
  }
}

/// How a runtime divides layers among devices: by heads, by what is inside feed-forward parts, by the vocabulary.
package struct TensorParallelRule: Hashable, Sendable {
  /// What the rows of vocabulary tables are padded to a multiple of before they are divided.
  package let vocabularyMultiple: Int
}

/// A way in which a runtime serves quantized layers.
package struct RuntimeKernel: Hashable, Sendable {
  /// What it serves, as a phrase.
  package let summary: String
  /// Which weights it takes.
  package let weights: ArgumentsRule
  /// Whether it takes layers whose inputs stay as they are.
  package let takesPlainInputs: Bool
  /// Which quantized inputs it takes: those that one of these accepts.
  package let inputs: [ArgumentsRule]
  /// The formats it reads.
  package let formats: [CheckpointFormat]
  /// What the columns of a layer must be a multiple of, on each device.
  package let columnMultiple: Int
  /// What the rows of a layer must be a multiple of, on each device.
  package let rowMultiple: Int
  /// Whether it serves embeddings too.
  package let servesEmbeddings: Bool
  /// What of it runs without an accelerator; nil for nothing.
  package let processor: ProcessorRule?

  /// Whether it takes a scheme that is stored in a format.
  func takes(_ scheme: QuantizationScheme, in format: CheckpointFormat) -> Bool {
    guard formats.contains(format), scheme.outputActivations == nil, let weights = scheme.weights,
      self.weights.accepts(weights)
    else { return false }
    guard let inputs = scheme.inputActivations else { return takesPlainInputs }
    return self.inputs.contains { $0.accepts(inputs) }
  }
}

/// What of a kernel runs without an accelerator.
package struct ProcessorRule: Hashable, Sendable {
  /// Bits of the weights; empty for all that the kernel takes.
  package let bitWidths: [Int]
  /// Whether inputs must be quantized.
  package let needsInputs: Bool
  /// What the columns of a layer must be a multiple of.
  package let columnMultiple: Int
  /// What the rows of a layer must be a multiple of.
  package let rowMultiple: Int
}

/// Which quantization arguments are taken; an empty list or nil takes anything.
package struct ArgumentsRule: Hashable, Sendable {
  /// Whether codes are integers or floats.
  package let numberKind: NumberKind
  /// Bits of a code.
  package let bitWidths: [Int]
  /// Whether grids are centred on zero.
  package let symmetry: Bool?
  /// How far scales reach.
  package let strategies: [Strategy]
  /// Columns of a scale, where the strategy has any.
  package let groupSizes: [Int]
  /// When scales are found.
  package let dynamics: [Dynamic]
  /// The type of the scales.
  package let scaleType: ElementType?

  /// Whether arguments are taken.
  package func accepts(_ arguments: QuantizationArguments) -> Bool {
    numberKind == arguments.numberKind && Self.allows(arguments.bitWidth, bitWidths)
      && (symmetry == nil || symmetry == arguments.isSymmetric) && Self.allows(arguments.strategy, strategies)
      && (arguments.groupSize.map { Self.allows($0, groupSizes) } ?? true)
      && Self.allows(arguments.dynamic, dynamics) && (scaleType == nil || scaleType == arguments.scaleType)
  }

  private static func allows<Value: Equatable>(_ value: Value, _ list: [Value]) -> Bool {
    list.isEmpty || list.contains(value)
  }
}
