/// FP4 codes two to a byte, as in "nvfp4-pack-quantized" and "mxfp4-pack-quantized" checkpoints.
///
/// The low nibble holds the even column, the high nibble the odd one.
package enum PackedNibbles {
  /// Packs codes in `0..<16`; their number is even, so a row-major matrix with even columns packs along its rows.
  package static func pack(_ codes: [UInt8]) -> [UInt8] {
    precondition(codes.count.isMultiple(of: 2), "codes are packed in pairs")
    let count = codes.count / 2
    return [UInt8](unsafeUninitializedCapacity: count) { bytes, initializedCount in
      var union: UInt8 = 0
      codes.withUnsafeBufferPointer { codes in
        for index in 0..<count {
          let (low, high) = (codes[2 * index], codes[2 * index + 1])
          union |= low | high
          bytes[index] = low | high << 4
        }
      }
      precondition(union < 16, "an FP4 code has four bits")
      initializedCount = count
    }
  }

  /// Unpacks what `pack` made: two codes from each byte.
  package static func unpack(_ bytes: [UInt8]) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: 2 * bytes.count) { codes, initializedCount in
      for (index, byte) in bytes.enumerated() {
        codes[2 * index] = byte & 0x0F
        codes[2 * index + 1] = byte >> 4
      }
      initializedCount = 2 * bytes.count
    }
  }
}
