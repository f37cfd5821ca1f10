import Diagnostics

/// The first byte that keeps a text from being YAML at all.
enum EncodingFault {
  /// A byte that belongs to no UTF-8 sequence.
  case notUTF8(offset: Int, byte: UInt8)
  /// A character that YAML forbids everywhere.
  case forbiddenCharacter(offset: Int, scalar: Unicode.Scalar)

  static func first(in bytes: [UInt8], _ part: SourceSpan) -> EncodingFault? {
    var offset = part.start
    while offset < part.end {
      let byte = bytes[offset]
      if byte < 0x80 {
        if byte < 0x20 && !allowedControls.contains(byte) || byte == 0x7F {
          return .forbiddenCharacter(offset: offset, scalar: Unicode.Scalar(byte))
        }
        offset += 1
        continue
      }
      guard let scalar = scalar(in: bytes, at: offset) else { return .notUTF8(offset: offset, byte: byte) }
      let isControl = (0x80...0x9F).contains(scalar.value) && scalar.value != 0x85
      if isControl || [0xFEFF, 0xFFFE, 0xFFFF].contains(scalar.value) {
        return .forbiddenCharacter(offset: offset, scalar: scalar)
      }
      offset += UTF8.width(scalar)
    }
    return nil
  }

  func diagnostic(in file: SourceFile) -> Diagnostic {
    switch self {
    case .notUTF8(let offset, let byte): SyntaxDiagnostics.invalidUTF8(file, offset: offset, byte: byte)
    case .forbiddenCharacter(let offset, let scalar):
      SyntaxDiagnostics.controlCharacter(file, offset: offset, scalar: scalar)
    }
  }

  /// Tab, line feed, carriage return.
  private static let allowedControls: [UInt8] = [0x09, 0x0A, 0x0D]

  private static func scalar(in bytes: [UInt8], at offset: Int) -> Unicode.Scalar? {
    var decoder = UTF8()
    var iterator = bytes[offset..<min(offset + 4, bytes.count)].makeIterator()
    if case .scalarValue(let scalar) = decoder.decode(&iterator) { return scalar }
    return nil
  }
}
