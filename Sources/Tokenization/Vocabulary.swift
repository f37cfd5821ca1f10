/// Tokens and their ids.
struct Vocabulary: Sendable {
  private var table: ByteStringTable
  private var ids: [Int32] = []

  /// An empty vocabulary with room for `capacity` tokens before it grows.
  init(capacity: Int) {
    table = ByteStringTable(capacity: capacity)
    ids.reserveCapacity(capacity)
  }

  /// One more than the largest id; 0 when there is no token.
  var idLimit: Int { Int(ids.max() ?? -1) + 1 }

  /// The id of a token, by its bytes.
  @inline(__always)
  func id(of bytes: UnsafeBufferPointer<UInt8>) -> Int32? {
    table.index(of: bytes).map { ids[$0] }
  }

  /// The id of a token, by its text.
  func id(of text: String) -> Int32? {
    table.index(of: text).map { ids[$0] }
  }

  /// Adds a token, or gives one that is here another id.
  mutating func set(_ text: String, id: Int32) {
    var text = text
    text.withUTF8 { set($0, id: id) }
  }

  private mutating func set(_ bytes: UnsafeBufferPointer<UInt8>, id: Int32) {
    let index = table.insert(bytes)
    if index < ids.count { ids[index] = id } else { ids.append(id) }
  }

  /// The same tokens by the bytes they stand for; those that ``ByteAlphabet`` cannot read are left out.
  func decodedFromByteAlphabet() -> Vocabulary {
    var decoded = Vocabulary(capacity: table.count)
    for index in 0..<table.count {
      guard let bytes = ByteAlphabet.decoded(String(decoding: table[index], as: UTF8.self)) else { continue }
      bytes.withUnsafeBufferPointer { decoded.set($0, id: ids[index]) }
    }
    return decoded
  }
}
