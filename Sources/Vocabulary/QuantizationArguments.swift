/// How one tensor is quantized: the values of one `QuantizationArgs` mapping of a recipe or a checkpoint.
///
/// Field meanings are those of compressed-tensors 0.19; `grammar/language` holds the defaults and ranges.
package struct QuantizationArguments: Hashable, Sendable {
  /// Bits per code, `num_bits`.
  package var bitWidth: Int
  /// Whether codes are integers or floats, `type`.
  package var numberKind: NumberKind
  /// Whether the grid is centred on zero, `symmetric`.
  package var isSymmetric: Bool
  /// How far one scale reaches.
  package var strategy: Strategy
  /// Columns that share one scale; set exactly for `group` and `tensorGroup`.
  package var groupSize: Int?
  /// Rows and columns of one block; set exactly for `block`.
  package var blockShape: BlockShape?
  /// When scales are computed.
  package var dynamic: Dynamic
  /// The order in which GPTQ visits columns, `actorder`; nil leaves the natural order.
  package var activationOrder: ActivationOrder?
  /// The type scales are stored in when it is not the model's own.
  package var scaleType: ElementType?
  /// The type zero points are stored in when it is given.
  package var zeroPointType: ElementType?
  /// The observer that finds ranges; nil where nothing is observed or the default applies.
  package var observer: String?
  /// Arguments of the observer, in recipe order.
  package var observerArguments: [ObserverArgument]

  package init(
    bitWidth: Int = 8,
    numberKind: NumberKind = .integer,
    isSymmetric: Bool = true,
    strategy: Strategy = .tensor,
    groupSize: Int? = nil,
    blockShape: BlockShape? = nil,
    dynamic: Dynamic = .off,
    activationOrder: ActivationOrder? = nil,
    scaleType: ElementType? = nil,
    zeroPointType: ElementType? = nil,
    observer: String? = nil,
    observerArguments: [ObserverArgument] = []
  ) {
    self.bitWidth = bitWidth
    self.numberKind = numberKind
    self.isSymmetric = isSymmetric
    self.strategy = strategy
    self.groupSize = groupSize
    self.blockShape = blockShape
    self.dynamic = dynamic
    self.activationOrder = activationOrder
    self.scaleType = scaleType
    self.zeroPointType = zeroPointType
    self.observer = observer
    self.observerArguments = observerArguments
  }
}

/// Whether quantization codes are integers or small floats; raw values as in recipes.
package enum NumberKind: String, CaseIterable, Hashable, Sendable {
  case integer = "int"
  case float
}

/// How many elements share one scale; raw values as in recipes.
package enum Strategy: String, CaseIterable, Hashable, Sendable {
  case tensor
  case channel
  case group
  case block
  case token
  case tensorGroup = "tensor_group"
  case attentionHead = "attn_head"
}

/// The rows and columns that share one scale under the block strategy.
package struct BlockShape: Hashable, Sendable {
  /// Rows of one block.
  package var rows: Int
  /// Columns of one block.
  package var columns: Int

  package init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
  }
}

/// When the scale of an activation is found.
package enum Dynamic: Hashable, Sendable {
  /// Once, from calibration data or from the weights.
  case off
  /// At run time, for every input.
  case on
  /// A global scale from calibration, local scales at run time.
  case local
}

/// The column order of GPTQ; raw values are the canonical spellings in recipes.
package enum ActivationOrder: String, CaseIterable, Hashable, Sendable {
  /// Columns are permuted and groups follow the permutation.
  case group
  /// Columns are permuted while groups keep their original columns; `weight` is its alias.
  case `static`
}

/// One `observer_kwargs` entry.
package struct ObserverArgument: Hashable, Sendable {
  /// The argument's name.
  package var name: String
  /// The argument's value.
  package var value: ObserverValue

  package init(name: String, value: ObserverValue) {
    self.name = name
    self.value = value
  }
}

/// The value of an observer argument.
package enum ObserverValue: Hashable, Sendable {
  case boolean(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
}
