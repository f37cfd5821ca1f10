/// The alphabet of byte-level models: one printable character for every byte.
///
/// Bytes 33–126, 161–172 and 174–255 stand for the scalars of the same number; the other 68, in increasing order,
/// for U+0100…U+0143.
enum ByteAlphabet {
  /// The scalar for each byte, 256 of them.
  static let scalars: [Unicode.Scalar] = {
    var displaced: UInt16 = 0x100
    return (UInt8.min...UInt8.max).map { byte in
      switch byte {
      case 33...126, 161...172, 174...255: return Unicode.Scalar(byte)
      default:
        defer { displaced += 1 }
        return Unicode.Scalar(displaced) ?? "\u{FFFD}"
      }
    }
  }()

  /// The byte that each scalar of the alphabet stands for.
  static let bytes: [Unicode.Scalar: UInt8] = {
    var bytes: [Unicode.Scalar: UInt8] = [:]
    for (byte, scalar) in scalars.enumerated() { bytes[scalar] = UInt8(byte) }
    return bytes
  }()

  /// The text of a token as the bytes it stands for, or nil when it has scalars outside the alphabet.
  static func decoded(_ token: String) -> [UInt8]? {
    var result: [UInt8] = []
    for scalar in token.unicodeScalars {
      guard let byte = bytes[scalar] else { return nil }
      result.append(byte)
    }
    return result
  }
}
