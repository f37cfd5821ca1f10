internal import JSONDocuments

extension BytePairModel {
  /// Reads the `model` member of a tokenizer.json.
  ///
  /// - Parameters:
  ///   - json: The member; one without `type` is taken for byte-pair encoding, as older files are.
  ///   - input: What the pre-tokenizer of the file hands over.
  /// - Throws: What is malformed, missing or not supported.
  init(reading json: JSON, input: Input) throws(TokenizerError) {
    let path = "model"
    if let type = json["type"], type != .null, type != .string("BPE") {
      throw .unsupported(component: "model \(type.string ?? type.serialized(.compact))")
    }
    for affix in ["continuing_subword_prefix", "end_of_word_suffix"] {
      if let text = json[affix]?.string, !text.isEmpty { throw .unsupported(component: "model \(affix)") }
    }
    if let dropout = json["dropout"]?.double, dropout != 0 { throw .unsupported(component: "model dropout") }
    let vocabulary = try Self.vocabulary(of: json)
    let (merges, products, areAcross) = try Self.merges(of: json, vocabulary: vocabulary)
    try self.init(
      vocabulary: vocabulary,
      merges: merges,
      products: products,
      input: input,
      options: Options(
        unknownToken: json["unk_token"]?.string,
        fusesUnknown: json.flag("fuse_unk", in: path),
        fallsBackToBytes: json.flag("byte_fallback", in: path),
        ignoresMerges: json.flag("ignore_merges", in: path),
        mergesAcrossSpaceMarks: areAcross
      )
    )
  }

  private static func vocabulary(of json: JSON) throws(TokenizerError) -> Vocabulary {
    guard let members = json["vocab"]?.object else { throw .malformed(path: "model.vocab") }
    var vocabulary = Vocabulary(capacity: members.count)
    for member in members {
      vocabulary.set(member.key, id: try member.value.tokenID(in: "model.vocab.\(member.key)"))
    }
    return vocabulary
  }

  private static func merges(
    of json: JSON,
    vocabulary: Vocabulary
  ) throws(TokenizerError) -> (table: MergeTable, products: [Int32], areAcrossSpaceMarks: Bool) {
    let list = try json.list("merges", in: "model")
    guard list.count < UInt32.max else { throw .malformed(path: "model.merges") }
    var table = MergeTable(capacity: list.count)
    var products: [Int32] = []
    products.reserveCapacity(list.count)
    var areAcross = false
    var joined: [UInt8] = []
    for (index, item) in list.enumerated() {
      joined.removeAll(keepingCapacity: true)
      guard let middle = append(item, to: &joined) else { throw .malformed(path: "model.merges[\(index)]") }
      let ids = joined.withUnsafeBufferPointer { bytes in
        (
          vocabulary.id(of: UnsafeBufferPointer(rebasing: bytes[..<middle])),
          vocabulary.id(of: UnsafeBufferPointer(rebasing: bytes[middle...])), vocabulary.id(of: bytes)
        )
      }
      guard case (let left?, let right?, let product?) = ids else { throw .mergeOutsideVocabulary(index: index) }
      table.set(left, right, MergeTable.Merge(rank: UInt32(index), token: product))
      products.append(product)
      areAcross = areAcross || joined.withUnsafeBufferPointer { SpaceMark.cut(in: $0, after: 0) < $0.count }
    }
    return (table, products, areAcross)
  }

  /// Appends both halves of a merge, written `"a b"` or `["a", "b"]`, and returns where the second starts.
  private static func append(_ item: JSON, to joined: inout [UInt8]) -> Int? {
    switch item {
    case .string(let text):
      guard let space = text.utf8.firstIndex(of: 0x20) else { return nil }
      joined.append(contentsOf: text.utf8[..<space])
      let middle = joined.count
      joined.append(contentsOf: text.utf8[text.utf8.index(after: space)...])
      return joined[middle...].contains(0x20) ? nil : middle
    case .array(let pair):
      guard pair.count == 2, let left = pair[0].string, let right = pair[1].string else { return nil }
      joined.append(contentsOf: left.utf8)
      let middle = joined.count
      joined.append(contentsOf: right.utf8)
      return middle
    default: return nil
    }
  }
}
