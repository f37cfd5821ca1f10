/// A tensor as a checkpoint shows it, and where the bytes are that it is made of.
///
/// Most tensors are shown as they are stored. Experts that share one tensor are shown one by one, and float8 with factors as
/// bfloat16.
struct PresentedTensor: Hashable, Sendable {
  /// What the tensor is to everybody who reads the checkpoint.
  let description: TensorDescription
  /// Where its bytes are, or those of its codes.
  let place: BytePlace
  /// What its codes are multiplied by; nil for a tensor whose bytes are its elements.
  var scales: Scales?

  /// Factors of blocks, themselves a tensor of floats.
  struct Scales: Hashable, Sendable {
    let description: TensorDescription
    let place: BytePlace
    let block: BlockScaledFloat8
  }

  /// The same bytes under another name.
  func renamed(_ name: String) -> PresentedTensor {
    PresentedTensor(
      description: TensorDescription(name: name, elementType: description.elementType, shape: description.shape),
      place: place,
      scales: scales
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
