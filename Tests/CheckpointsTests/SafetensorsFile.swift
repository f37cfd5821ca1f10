import Foundation

/// Bytes of safetensors files, correct or not, put together by hand.
enum SafetensorsFile {
  /// A file of a header text and as many data bytes.
  static func bytes(_ header: String, data: Int = 0) -> [UInt8] {
    bytes(Array(header.utf8), data: Array(repeating: 0, count: data))
  }

  static func bytes(_ header: [UInt8], data: [UInt8]) -> [UInt8] {
    prefix(UInt64(header.count)) + header + data
  }

  /// The eight bytes in front of a header.
  static func prefix(_ count: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * UInt64($0))) }
  }

  /// A small correct file of three tensors.
  static let small: [UInt8] = bytes(
    Array(
      (#"{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},"#
        + #""b":{"dtype":"BF16","shape":[3],"data_offsets":[16,22]},"c":{"dtype":"U8","shape":[],"data_offsets":[22,23]}}"#)
        .utf8
    ),
    data: Array(0..<23)
  )
}
