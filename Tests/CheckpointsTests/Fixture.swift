import Foundation

/// The files beside these tests.
enum Fixture {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")

  /// Compressed checkpoints that llm-compressor 0.14.0.1 with compressed-tensors 0.19.0 wrote.
  static let compressedNames = ["fp8_dynamic", "mxfp4", "nvfp4a16", "w4a16_asym_rtn", "w4a16_gptq", "w8a8"]

  static func path(_ name: String) -> String {
    folder.appending(path: name).path(percentEncoded: false)
  }

  static func bytes(_ name: String) throws -> [UInt8] {
    try Array(Data(contentsOf: folder.appending(path: name)))
  }

  static func text(_ name: String) throws -> String {
    String(decoding: try bytes(name), as: UTF8.self)
  }
}
