internal import JSONDocuments
package import Patterns

/// Why a tokenizer.json cannot be used.
package enum TokenizerError: Error, Hashable, Sendable {
  /// A member is missing or of the wrong kind; `path` is where it should be, as in `model.vocab`.
  case malformed(path: String)
  /// The file uses what this tokenizer does not have, such as the normalizer `Precompiled`.
  case unsupported(component: String)
  /// A regular expression of the file does not compile; `pattern` is its text.
  case pattern(String, PatternError)
  /// A merge joins tokens, or makes a token, that the vocabulary does not have; `index` counts from 0.
  case mergeOutsideVocabulary(index: Int)
  /// The model's `unk_token` is not in its vocabulary.
  case unknownTokenMissing(String)
}

extension JSON {
  /// The member of an object, as text.
  func text(_ key: String, in path: String) throws(TokenizerError) -> String {
    guard let text = self[key]?.string else { throw .malformed(path: "\(path).\(key)") }
    return text
  }

  /// The member of an object, as a flag; one that is missing or null is `missing`.
  func flag(_ key: String, in path: String, missing: Bool = false) throws(TokenizerError) -> Bool {
    guard let value = self[key], value != .null else { return missing }
    guard let flag = value.bool else { throw .malformed(path: "\(path).\(key)") }
    return flag
  }

  /// The member of an object, as a list.
  func list(_ key: String, in path: String) throws(TokenizerError) -> [JSON] {
    guard let list = self[key]?.array else { throw .malformed(path: "\(path).\(key)") }
    return list
  }

  /// The token id that this value is: `0...Int32.max`.
  func tokenID(in path: String) throws(TokenizerError) -> Int32 {
    guard let id = int.flatMap({ Int32(exactly: $0) }), id >= 0 else { throw .malformed(path: path) }
    return id
  }
}
