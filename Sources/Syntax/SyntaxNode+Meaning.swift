extension SyntaxNode {
  /// Whether two nodes say the same, wherever they stand and however they are written: keys in the same order, and the
  /// same values, anchors and tags.
  package func means(_ other: SyntaxNode) -> Bool {
    guard properties == other.properties else { return false }
    switch (self, other) {
    case (.mapping(let left), .mapping(let right)):
      return left.entries.count == right.entries.count
        && zip(left.entries, right.entries).allSatisfy { $0.key.means($1.key) && $0.value.means($1.value) }
    case (.sequence(let left), .sequence(let right)):
      return left.items.count == right.items.count && zip(left.items, right.items).allSatisfy { $0.means($1) }
    case (.scalar(let left), .scalar(let right)):
      return left.means(right)
    default:
      return false
    }
  }
}

extension ScalarSyntax {
  fileprivate func means(_ other: ScalarSyntax) -> Bool {
    // What is not a number does not equal itself, so the texts are compared besides the values.
    text == other.text && (plainValue == other.plainValue || style == other.style) && properties == other.properties
  }
}
