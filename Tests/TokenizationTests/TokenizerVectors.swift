import Foundation
import JSONDocuments
import TestSupport
import Tokenization

/// Texts and the ids that Hugging Face's `tokenizers` gave them; see tools/oracles/tokenizers.
struct TokenizerVectors {
  struct Vector {
    var text: String
    /// Ids without the special tokens around the text.
    var ids: [Int32]
    /// Ids with them.
    var framed: [Int32]
  }

  var vectors: [Vector] = []

  /// Reads a file that record_vectors.py wrote.
  init(recordedIn file: URL) throws {
    for line in try Data(contentsOf: file).split(separator: 0x0A).dropFirst() {
      let json = try JSON.parse(Array(line))
      let ids = Self.ids(json["ids"])
      vectors.append(
        Vector(
          text: json["text"]?.string ?? "",
          ids: ids,
          framed: json["framed"] == nil ? ids : Self.ids(json["framed"])
        )
      )
    }
  }

  private static func ids(_ json: JSON?) -> [Int32] { (json?.array ?? []).compactMap { $0.int.map(Int32.init) } }
}

extension Tokenizer {
  /// Reads a tokenizer.json.
  init(at file: URL) throws {
    try self.init(json: JSON.parse([UInt8](Data(contentsOf: file))))
  }
}
