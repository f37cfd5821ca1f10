/// One module of a model, as Hugging Face's module tree has it.
package struct Module: Hashable, Sendable {
  /// The dotted name, such as `model.layers.0.mlp.up_proj`.
  package let name: String
  /// The name of its class, such as `Linear`.
  package let className: String
  /// The name of the class that its class is another name of; that class itself for most.
  package let baseClassName: String
  /// What it is to Pare.
  package let kind: Kind

  package init(name: String, className: String, baseClassName: String? = nil, kind: Kind) {
    self.name = name
    self.className = className
    self.baseClassName = baseClassName ?? className
    self.kind = kind
  }

  /// What a module is to Pare.
  package enum Kind: Hashable, Sendable {
    /// A linear layer, which can be quantized.
    case linear(LinearOutline)
    /// A table of rows, one for each token: `[rows, columns]`.
    case embedding(rows: Int, columns: Int)
    /// Anything else: norms, activations, containers of modules.
    case other
  }

  /// The last part of its name.
  package var lastPart: Substring { DottedName(name).last }

  /// The layer, when the module is a linear one.
  package var linear: LinearOutline? {
    guard case .linear(let outline) = kind else { return nil }
    return outline
  }
}

/// A linear layer: `y = x · Wᵀ + b`.
package struct LinearOutline: Hashable, Sendable {
  /// The dotted module name.
  package let name: String
  /// Rows of `W`: output channels.
  package let rows: Int
  /// Columns of `W`: input channels.
  package let columns: Int
  /// Whether there is a `b`, `[rows]`.
  package let hasBias: Bool
  /// Whether checkpoints store `Wᵀ`.
  package let isTransposed: Bool

  package init(name: String, rows: Int, columns: Int, hasBias: Bool, isTransposed: Bool = false) {
    self.name = name
    self.rows = rows
    self.columns = columns
    self.hasBias = hasBias
    self.isTransposed = isTransposed
  }
}
