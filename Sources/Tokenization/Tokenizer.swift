package import JSONDocuments

/// Turns text into token ids as a tokenizer.json says: byte-pair encoding and all that is done before and after it.
///
/// - SeeAlso: The file format of Hugging Face's `tokenizers`; what transformers rebuilds from it is not followed.
package struct Tokenizer: Sendable {
  /// One more than the largest id that a text can become: every id is in `0..<vocabularySize`.
  package let vocabularySize: Int

  private let rawTokens: AddedTokens
  private let normalizedTokens: AddedTokens
  private let normalizer: Normalizer?
  private let preTokenizer: PreTokenizer
  private let model: BytePairModel
  private let template: SpecialTokenTemplate

  /// Memory that texts encoded one after another may share; it changes how fast they are, not what they become.
  package struct Workspace: Sendable {
    fileprivate var model = BytePairModel.Workspace()

    package init() {}
  }

  /// Reads a tokenizer.json.
  ///
  /// - Parameter json: The whole document.
  /// - Throws: What is malformed, missing or not supported.
  package init(json: JSON) throws(TokenizerError) {
    guard let modelJSON = json["model"] else { throw .malformed(path: "model") }
    normalizer = try Normalizer(reading: json["normalizer"] ?? .null)
    preTokenizer = try PreTokenizer(reading: json["pre_tokenizer"] ?? .null)
    template = try SpecialTokenTemplate(reading: json["post_processor"] ?? .null)
    model = try BytePairModel(reading: modelJSON, input: preTokenizer.modelInput)

    var raw: [AddedTokens.Token] = []
    var normalized: [AddedTokens.Token] = []
    for (index, item) in (json["added_tokens"]?.array ?? []).enumerated() {
      let path = "added_tokens[\(index)]"
      guard let idJSON = item["id"] else { throw .malformed(path: "\(path).id") }
      let content = try item.text("content", in: path)
      var token = AddedTokens.Token(
        content: Array(content.utf8),
        id: try idJSON.tokenID(in: "\(path).id"),
        isSingleWord: try item.flag("single_word", in: path),
        stripsLeft: try item.flag("lstrip", in: path),
        stripsRight: try item.flag("rstrip", in: path)
      )
      // A token that the model has too keeps the model's id.
      if let id = model.vocabulary.id(of: content) { token.id = id }
      if try item.flag("normalized", in: path, missing: !item.flag("special", in: path)) {
        if let normalizer { token.content = normalizer.normalized(token.content) }
        normalized.append(token)
      } else {
        raw.append(token)
      }
    }
    rawTokens = AddedTokens(raw)
    normalizedTokens = AddedTokens(normalized)
    let others = (raw + normalized).map(\.id) + template.prefix + template.suffix
    vocabularySize = max(model.vocabulary.idLimit, Int(others.max() ?? -1) + 1)
  }

  /// The ids of a text.
  ///
  /// - Parameters:
  ///   - text: The text; special tokens written in it are found.
  ///   - addingSpecialTokens: Whether the tokens that the file sets around every text are added.
  /// - Returns: Ids in `0..<vocabularySize`.
  package func encode(_ text: String, addingSpecialTokens: Bool) -> [Int32] {
    var workspace = Workspace()
    var text = text
    return text.withUTF8 { encode(utf8: $0, addingSpecialTokens: addingSpecialTokens, workspace: &workspace) }
  }

  /// The ids of a text that is one of many.
  ///
  /// - Parameters:
  ///   - text: Valid UTF-8; special tokens written in it are found.
  ///   - addingSpecialTokens: Whether the tokens that the file sets around every text are added.
  ///   - workspace: What the texts before left; it must belong to this tokenizer.
  /// - Returns: Ids in `0..<vocabularySize`.
  package func encode(
    utf8 text: UnsafeBufferPointer<UInt8>,
    addingSpecialTokens: Bool,
    workspace: inout Workspace
  ) -> [Int32] {
    var ids: [Int32] = []
    ids.reserveCapacity(text.count / 3 + 4)
    if addingSpecialTokens { ids.append(contentsOf: template.prefix) }
    rawTokens.forEachPart(of: text) { range, id in
      if let id {
        ids.append(id)
      } else {
        let part = Array(text[range])
        encode(part, startsInput: range.lowerBound == 0, workspace: &workspace, into: &ids)
      }
    }
    if addingSpecialTokens { ids.append(contentsOf: template.suffix) }
    return ids
  }

  private func encode(_ part: [UInt8], startsInput: Bool, workspace: inout Workspace, into ids: inout [Int32]) {
    let text = normalizer?.normalized(part) ?? part
    if normalizedTokens.isEmpty {
      return encodeWords(of: text, startsInput: startsInput, workspace: &workspace, into: &ids)
    }
    text.withUnsafeBufferPointer { bytes in
      normalizedTokens.forEachPart(of: bytes) { range, id in
        if let id {
          ids.append(id)
        } else {
          let starts = startsInput && range.lowerBound == 0
          encodeWords(of: Array(bytes[range]), startsInput: starts, workspace: &workspace, into: &ids)
        }
      }
    }
  }

  private func encodeWords(of text: [UInt8], startsInput: Bool, workspace: inout Workspace, into ids: inout [Int32]) {
    preTokenizer.pieces(of: text, startsInput: startsInput).forEach { word in
      model.encode(word, workspace: &workspace.model, into: &ids)
    }
  }
}
