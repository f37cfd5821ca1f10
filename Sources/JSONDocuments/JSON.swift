/// A JSON value that keeps what config files need kept: member order, repeated keys, and integers apart from floats.
package enum JSON: Hashable, Sendable {
  case null
  case boolean(Bool)
  /// A number written without fraction and exponent that fits 64 signed bits.
  case integer(Int64)
  /// Any other number.
  case number(Double)
  case string(String)
  case array([JSON])
  /// Members in document order; a key that stands twice is here twice.
  case object([Member])

  /// One key and its value.
  package struct Member: Hashable, Sendable {
    /// The key, unescaped.
    package var key: String
    /// The value.
    package var value: JSON

    package init(_ key: String, _ value: JSON) {
      self.key = key
      self.value = value
    }
  }
}
