package import Vocabulary

/// What a tensor is: its name, the type of its elements and its shape.
package struct TensorDescription: Hashable, Sendable {
  /// The full name, such as `model.layers.0.mlp.up_proj.weight`.
  package let name: String
  /// The type of one element.
  package let elementType: ElementType
  /// Sizes of the dimensions, the outermost first; empty for a single number.
  package let shape: [Int]

  /// Describes a tensor.
  ///
  /// - Precondition: The size fits an `Int` and fills whole bytes, as `byteCount(of:elementType:)` finds.
  package init(name: String, elementType: ElementType, shape: [Int]) {
    precondition(
      Self.byteCount(of: shape, elementType: elementType) != nil,
      "a tensor's size is a whole number of bytes"
    )
    self.name = name
    self.elementType = elementType
    self.shape = shape
  }

  /// The number of elements.
  package var elementCount: Int {
    shape.reduce(1, *)
  }

  /// The size in bytes.
  package var byteCount: Int {
    elementCount * elementType.bitWidth / 8
  }

  /// The number of elements of a shape, or nil when it overflows or a size is negative.
  package static func elementCount(of shape: [Int]) -> Int? {
    var count = 1
    for size in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      guard size >= 0, !overflow else { return nil }
      count = product
    }
    return count
  }

  /// The size of a tensor in bytes, or nil when it overflows or does not fill whole bytes.
  package static func byteCount(of shape: [Int], elementType: ElementType) -> Int? {
    guard let count = elementCount(of: shape) else { return nil }
    let (bits, overflow) = count.multipliedReportingOverflow(by: elementType.bitWidth)
    return overflow || !bits.isMultiple(of: 8) ? nil : bits / 8
  }
}
