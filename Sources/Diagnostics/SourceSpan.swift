/// A half-open range of bytes in a source file.
package struct SourceSpan: Hashable, Sendable {
  /// The offset of the first byte.
  package let start: Int
  /// The offset after the last byte; equal to `start` for a place between two bytes.
  package let end: Int

  package init(start: Int, end: Int) {
    precondition(start <= end, "a span that ends at \(end) before it starts at \(start)")
    self.start = start
    self.end = end
  }
}

/// A value with the place in the source that it was read from.
package struct Spanned<Value: Sendable>: Sendable {
  /// The value.
  package var value: Value
  /// Where it stands.
  package var span: SourceSpan

  package init(_ value: Value, at span: SourceSpan) {
    self.value = value
    self.span = span
  }

  /// Another value read from the same place.
  package func map<Other: Sendable>(_ transform: (Value) -> Other) -> Spanned<Other> {
    Spanned<Other>(transform(value), at: span)
  }
}

extension Spanned: Equatable where Value: Equatable {}
extension Spanned: Hashable where Value: Hashable {}
