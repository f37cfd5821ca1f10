import Foundation
import TestSupport

/// Logits that transformers computed with one of the small models, `[ids, vocabulary]`.
struct RecordedLogits: Decodable {
  let ids: [Int32]
  private let logits: Array

  private struct Array: Decodable {
    let shape: [Int]
    let data: Data
  }

  static func read(_ name: String) throws -> RecordedLogits {
    try read(in: Places.fixtures(of: "Inference").appending(path: "models/\(name)"))
  }

  static func read(in folder: URL) throws -> RecordedLogits {
    let file = folder.appending(path: "logits.json")
    return try JSONDecoder().decode(RecordedLogits.self, from: Data(contentsOf: file))
  }

  var rows: [[Float]] {
    let width = logits.shape[1]
    let floats = stride(from: 0, to: logits.data.count, by: 4).map { place in
      Float(
        bitPattern: (0..<4).reduce(UInt32(0)) {
          $0 | UInt32(logits.data[logits.data.startIndex + place + $1]) << (8 * $1)
        }
      )
    }
    return (0..<logits.shape[0]).map { Swift.Array(floats[$0 * width..<($0 + 1) * width]) }
  }
}
