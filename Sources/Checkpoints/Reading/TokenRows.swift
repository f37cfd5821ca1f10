internal import Vocabulary

/// Sequences that were tokenized beforehand: a safetensors file with `input_ids`, shape `[rows, length]`, and, where rows are
/// padded, an `attention_mask` of the same shape.
package struct TokenRows: Sendable {
  /// How many rows there are.
  package let count: Int
  private let length: Int
  private let file: MappedFile
  private let ids: TensorEntry
  private let mask: TensorEntry?

  private static let idsName = "input_ids"
  private static let maskName = "attention_mask"
  private static let idTypes: [ElementType] = [.int32, .int64]
  private static let maskTypes: [ElementType] = [.int32, .int64, .int8, .uint8, .bool]

  /// Opens a file.
  ///
  /// - Parameter path: Path of a safetensors file.
  /// - Returns: Its rows, which are read when they are asked for.
  /// - Throws: What is missing or malformed.
  package static func open(_ path: String) throws(CheckpointError) -> TokenRows {
    let header = try SafetensorsHeader.read(path)
    let file = try MappedFile(path: path)
    guard file.byteCount == header.fileByteCount else {
      throw .fileChanged(path: path, expected: header.fileByteCount, found: file.byteCount)
    }
    guard let ids = header.tensors.first(where: { $0.description.name == idsName }) else {
      throw .missingTensor(idsName)
    }
    let shape = ids.description.shape
    guard shape.count == 2 else { throw .shape(tensor: idsName, found: shape, expected: [nil, nil]) }
    try check(ids, idTypes)
    let mask = header.tensors.first { $0.description.name == maskName }
    if let mask {
      try check(mask, maskTypes)
      guard mask.description.shape == shape else {
        throw .shape(tensor: maskName, found: mask.description.shape, expected: shape)
      }
    }
    // Rows without a place for an id are none.
    return TokenRows(count: shape[1] == 0 ? 0 : shape[0], length: shape[1], file: file, ids: ids, mask: mask)
  }

  private static func check(_ entry: TensorEntry, _ types: [ElementType]) throws(CheckpointError) {
    guard types.contains(entry.description.elementType) else {
      throw .elementType(tensor: entry.description.name, found: entry.description.elementType, expected: types)
    }
  }

  /// The ids of a row, without those that the mask leaves out.
  ///
  /// - Precondition: `index` is in `0..<count`.
  package func row(_ index: Int) -> [Int] {
    precondition(index >= 0 && index < count, "the row is there")
    let ids = integers(of: ids, row: index)
    guard let mask else { return ids }
    return zip(ids, integers(of: mask, row: index)).filter { $0.1 != 0 }.map(\.0)
  }

  private func integers(of entry: TensorEntry, row: Int) -> [Int] {
    let width = entry.description.elementType.bitWidth / 8
    let start = entry.byteRange.lowerBound + row * length * width
    return file.withBytes(in: start..<start + length * width) { bytes in
      (0..<length).map { index in
        switch entry.description.elementType {
        case .int64: Int(Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: index * width, as: Int64.self)))
        case .int32: Int(Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: index * width, as: Int32.self)))
        default: Int(bytes[index])
        }
      }
    }
  }
}
