/// A tensor as a checkpoint shows it, and where the bytes are that it is made of.
///
/// Most tensors are shown as they are stored. Experts that share one tensor are shown one by one.
struct PresentedTensor: Hashable, Sendable {
  /// What the tensor is to everybody who reads the checkpoint.
  let description: TensorDescription
  /// Where its bytes are.
  let place: BytePlace

  /// The same bytes under another name.
  func renamed(_ name: String) -> PresentedTensor {
    PresentedTensor(
      description: TensorDescription(name: name, elementType: description.elementType, shape: description.shape),
      place: place
    )
  }
}

/// A range of bytes of one of a checkpoint's files.
struct BytePlace: Hashable, Sendable {
  /// An index into the checkpoint's files.
  let file: Int
  /// The bytes, from the start of the file.
  let range: Range<Int>
}
