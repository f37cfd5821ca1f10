/// One field of a mapping: how its value is read and what it is when it is omitted.
package struct FieldEntry: Hashable, Sendable {
  /// The key.
  package let name: String
  /// How its value is read.
  package let type: FieldType
  /// The value when the field is omitted, as written in the table; nil without a default.
  package let defaultText: String?
  /// Whether null may be given; it means the same as silence unless the field says otherwise.
  package let isNullable: Bool
  /// Whether it must be given.
  package let isRequired: Bool
  /// The values that a number may have.
  package let range: FieldRange
  /// The words of a choice, in table order.
  package let choices: [String]
  /// Whether a recipe may set it.
  package let status: FieldStatus
  /// One sentence on what it says.
  package let summary: String
  /// Why nothing follows from it, or what to write in its place; nil for an open field.
  package let instead: String?
}

/// How the value of a field is read; raw values as in the tables.
package enum FieldType: String, CaseIterable, Hashable, Sendable {
  /// Anything; nobody reads it.
  case any
  case boolean
  case integer
  case number
  case string
  /// One of the words in `choices`, without case.
  case choice
  /// A list of strings.
  case strings
  /// A string or a list of strings.
  case names
  /// A list of target names, never a lone string.
  case namesList = "names-list"
  /// A preset, or a mapping of presets to targets.
  case scheme
  /// A mapping of group names to schemes.
  case groups
  /// A mapping of quantization arguments.
  case arguments
  /// The name of an observer.
  case observer
  /// A mapping of roles to observers.
  case observers
  /// A mapping of an observer's own arguments.
  case observerArguments = "observer-arguments"
  /// static, weight, or null.
  case activationOrder = "activation-order"
  /// false, true, or local.
  case dynamic
  /// Two positive integers.
  case block
  /// The name of a tensor element type.
  case elementType = "element-type"
  /// The name of a checkpoint format.
  case format
  /// auto, or an integer.
  case autoInteger = "auto-integer"
  /// A list of AWQ mappings: smooth_layer, balance_layers, activation_hook_target.
  case balanceMappings = "balance-mappings"
  /// A number of bytes, plain or with a decimal unit: 5000000, 5MB, 1.5GB.
  case byteCount = "byte-count"
  /// A list of words in `choices`, without case.
  case choices
  /// The name of a device, as PyTorch writes it.
  case device
  /// A list whose items have a form of their own.
  case list
  /// `n:m`, where `0:0` stands for no structure.
  case mask
  /// `unstructured`, `n:m`, or the name of an older structure.
  case maskShape = "mask-shape"
  /// The name of a serving runtime.
  case runtime
  /// A list of SmoothQuant mappings: the layers that read, and the layer that writes.
  case smoothingMappings = "smoothing-mappings"
  /// A number, or a list with one number for each target layer.
  case sparsity
  /// A mapping of groups of rotations, as tools write it.
  case transform
}

/// Whether a recipe may set a field.
package enum FieldStatus: String, CaseIterable, Hashable, Sendable {
  /// Yes.
  case open
  /// It may, and nothing follows.
  case unused
  /// It may, and nothing follows any more.
  case deprecated
  /// Every value is replaced by one of the run's own.
  case overwritten
  /// No: it is the run's own.
  case `internal`
}

/// The values that a number may have; each bound may be absent.
package struct FieldRange: Hashable, Sendable {
  /// The least value.
  package var minimum: Double?
  /// The greatest value.
  package var maximum: Double?
  /// A value that must be exceeded.
  package var above: Double?
  /// A value that must not be reached.
  package var below: Double?

  package init(minimum: Double? = nil, maximum: Double? = nil, above: Double? = nil, below: Double? = nil) {
    self.minimum = minimum
    self.maximum = maximum
    self.above = above
    self.below = below
  }

  /// Whether a value lies within all bounds; a value that is no number does not when there is any.
  package func contains(_ value: Double) -> Bool {
    if self == FieldRange() { return true }
    return value >= minimum ?? -.infinity && value <= maximum ?? .infinity && value > above ?? -.infinity
      && value < below ?? .infinity
  }

  /// The bounds in words, as `at least 1`; empty without bounds.
  package var phrase: String {
    if let minimum, let maximum { return "from \(Self.text(minimum)) to \(Self.text(maximum))" }
    let parts = [
      minimum.map { "at least \(Self.text($0))" }, maximum.map { "at most \(Self.text($0))" },
      above.map { "greater than \(Self.text($0))" }, below.map { "less than \(Self.text($0))" },
    ]
    return parts.compactMap { $0 }.joined(separator: " and ")
  }

  private static func text(_ value: Double) -> String {
    Int(exactly: value).map(String.init) ?? String(value)
  }
}
