/// FP4 codes two to a byte, as in "nvfp4-pack-quantized" and "mxfp4-pack-quantized" checkpoints.
///
/// The low nibble holds the even column, the high nibble the odd one.
package enum PackedNibbles {
  /// Packs codes in `0..<16`; their number is even, so a row-major matrix with even columns packs along its rows.
  package static func pack(_ codes: [UInt8]) -> [UInt8] {
    precondition(codes.count.isMultiple(of: 2), "codes are packed in pairs")
    precondition(codes.allSatisfy { $0 < 16 }, "an FP4 code has four bits")
    return stride(from: 0, to: codes.count, by: 2).map { codes[$0] | codes[$0 + 1] << 4 }
  }

  /// Unpacks what `pack` made: two codes from each byte.
  package static func unpack(_ bytes: [UInt8]) -> [UInt8] {
    bytes.flatMap { [$0 & 0x0F, $0 >> 4] }
  }
}
