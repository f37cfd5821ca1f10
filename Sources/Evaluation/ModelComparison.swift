package import Checkpoints
package import Kernels
package import Vocabulary

/// How the weights of one checkpoint differ from those of another, as both are served.
package struct ModelComparison: Sendable {
  /// What both have, in the order of the reference.
  package let rows: [Row]
  /// Names of what only the reference has, in its order.
  package let onlyInReference: [String]
  /// Names of what only the other has, in its order.
  package let onlyInOther: [String]
  /// Bytes of all tensors of the reference.
  package let referenceByteCount: Int
  /// Bytes of all tensors of the other.
  package let otherByteCount: Int
  /// All rows as one.
  package let total: WeightDifference

  /// One weight, or one float tensor besides weights.
  package struct Row: Sendable {
    /// What it is in the reference.
    package let reference: WeightInventory.Entry
    /// What it is in the other.
    package let other: WeightInventory.Entry
    /// How far it is from the reference.
    package let difference: WeightDifference

    /// Its name in both.
    package var name: String { reference.name }
    /// The shape of its values.
    package var shape: [Int] { reference.shape }
    /// The pattern of zeros that the reference's rows keep; nil for none, and for vectors.
    package var referencePattern: MaskStructure? { shape.count > 1 ? difference.referenceZeros.pattern : nil }
    /// The pattern of zeros that the other's rows keep; nil for none, and for vectors.
    package var otherPattern: MaskStructure? { shape.count > 1 ? difference.otherZeros.pattern : nil }
  }

  /// Rows in which every value is the same.
  package var equalCount: Int { rows.count { $0.difference.isEqual } }
  /// Rows in which any value differs.
  package var changedCount: Int { rows.count - equalCount }

  /// Compares all that two checkpoints have in common, reading one weight of each at a time.
  ///
  /// - Parameters:
  ///   - pairing: What belongs together; nothing in it may be misshapen.
  ///   - processor: Where to run.
  ///   - progress: Called with the number of rows done.
  /// - Returns: The comparison.
  /// - Throws: `CheckpointError` naming the tensor that cannot be read.
  package static func measure(
    _ pairing: WeightPairing,
    on processor: Processor,
    progress: (Int) -> Void
  ) throws(CheckpointError) -> ModelComparison {
    precondition(pairing.misshapen.isEmpty, "only equal shapes can be compared")
    var rows: [Row] = []
    var total = WeightDifference()
    for pair in pairing.pairs {
      let difference = WeightDifference(
        from: try pairing.reference.values(of: pair.reference, on: processor),
        to: try pairing.other.values(of: pair.other, on: processor),
        on: processor
      )
      total.add(difference)
      rows.append(Row(reference: pair.reference, other: pair.other, difference: difference))
      progress(rows.count)
    }
    return ModelComparison(
      rows: rows,
      onlyInReference: pairing.onlyInReference,
      onlyInOther: pairing.onlyInOther,
      referenceByteCount: pairing.reference.checkpoint.headers.tensorByteCount,
      otherByteCount: pairing.other.checkpoint.headers.tensorByteCount,
      total: total
    )
  }
}

/// What of two checkpoints belongs together.
package struct WeightPairing: Sendable {
  /// What the comparison starts from.
  package let reference: WeightInventory
  /// What is compared with it.
  package let other: WeightInventory
  /// What both have, in the order of the reference.
  package let pairs: [Pair]
  /// Names of what only the reference has.
  package let onlyInReference: [String]
  /// Names of what only the other has.
  package let onlyInOther: [String]

  /// One thing in both.
  package typealias Pair = (reference: WeightInventory.Entry, other: WeightInventory.Entry)

  /// Pairs of two shapes: the checkpoints hold different models.
  package var misshapen: [Pair] { pairs.filter { $0.reference.shape != $0.other.shape } }

  /// Pairs by name; a head that one of the two keeps as its embedding has that as its partner.
  package init(_ reference: WeightInventory, _ other: WeightInventory) {
    self.reference = reference
    self.other = other
    var pairs: [Pair] = []
    var onlyInReference: [String] = []
    var onlyInOther: [String] = []
    for entry in reference.entries {
      if let partner = other.entry(named: entry.name) {
        pairs.append((entry, partner))
      } else {
        onlyInReference.append(entry.name)
      }
    }
    let names = Set(reference.entries.map(\.name))
    for entry in other.entries where !names.contains(entry.name) {
      if let partner = reference.entry(named: entry.name) {
        pairs.append((partner, entry))
      } else {
        onlyInOther.append(entry.name)
      }
    }
    self.pairs = pairs
    self.onlyInReference = onlyInReference
    self.onlyInOther = onlyInOther
  }
}
