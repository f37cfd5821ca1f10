import Foundation

/// A copy of a checkpoint with changes, removed when the test lets go of it.
final class TemporaryCheckpoint: Sendable {
  let folder: URL

  /// Copies config and weights.
  init(of source: URL) throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "inference-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for name in ["config.json", "model.safetensors"] {
      let data = try Data(contentsOf: source.appending(path: name))
      try data.write(to: folder.appending(path: name))
    }
  }

  deinit {
    try? FileManager.default.removeItem(at: folder)
  }

  func writeConfig(_ text: String) throws {
    try Data(text.utf8).write(to: folder.appending(path: "config.json"))
  }

  /// Overwrites the bytes of a tensor from its first on, all of them unless fewer are asked for.
  func fill(_ tensor: String, with byte: UInt8, count: Int? = nil) throws {
    struct Missing: Error {}
    let file = folder.appending(path: "model.safetensors")
    var data = try Data(contentsOf: file)
    let length = (0..<8).reduce(0) { $0 | Int(data[$1]) << (8 * $1) }
    let header = try JSONSerialization.jsonObject(with: data[8..<8 + length]) as? [String: Any]
    guard let entry = header?[tensor] as? [String: Any], let offsets = entry["data_offsets"] as? [Int] else {
      throw Missing()
    }
    let start = 8 + length + offsets[0]
    let end = min(start + (count ?? .max - start), 8 + length + offsets[1])
    for place in start..<end { data[place] = byte }
    try data.write(to: file)
  }
}
