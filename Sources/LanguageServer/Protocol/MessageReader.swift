/// Cuts a stream of bytes into the contents of messages: headers, an empty line, and as many bytes as the headers say.
///
/// After headers that make no sense it goes on with the next ones that do, and says once that something was lost.
struct MessageReader {
  /// What is found in the stream.
  enum Finding: Hashable {
    /// The content of a message.
    case content([UInt8])
    /// Bytes that belong to no message, for a reason.
    case fault(String)
  }

  /// Bytes of one message's content at most; more are passed over.
  static let contentLimit = 64 << 20
  /// Bytes of one header line at most.
  private static let lineLimit = 4_096
  private static let lengthHeader = "content-length"
  /// Bytes that are moved to the front of the buffer together.
  private static let compactionSize = 1 << 16

  private enum State {
    case headers(length: Int?)
    case content(length: Int)
    case excess(remaining: Int)
  }

  private var buffer: [UInt8] = []
  private var next = 0
  private var state = State.headers(length: nil)
  /// Whether a fault was reported since the last message.
  private var isLost = false

  /// Whether the stream ends between two messages when it ends here.
  var isBetweenMessages: Bool {
    if case .headers(nil) = state { next == buffer.count } else { false }
  }

  /// Takes bytes of the stream.
  mutating func append(_ bytes: [UInt8]) {
    if next >= Self.compactionSize || next == buffer.count {
      buffer.removeFirst(next)
      next = 0
    }
    buffer += bytes
  }

  /// The next finding, or nil until there are more bytes.
  mutating func finding() -> Finding? {
    while true {
      switch state {
      case .headers(let length):
        guard let line = headerLine() else {
          guard buffer.count - next > Self.lineLimit else { return nil }
          next = buffer.count
          if let fault = lose("a header of more than \(Self.lineLimit) bytes") { return fault }
          return nil
        }
        if let fault = read(line, length: length) { return fault }
      case .content(let length):
        guard buffer.count - next >= length else { return nil }
        let content = Array(buffer[next..<next + length])
        next += length
        state = .headers(length: nil)
        isLost = false
        return .content(content)
      case .excess(let remaining):
        let skipped = min(remaining, buffer.count - next)
        next += skipped
        guard skipped == remaining else {
          state = .excess(remaining: remaining - skipped)
          return nil
        }
        state = .headers(length: nil)
      }
    }
  }

  /// A line without its line break, or nil until it is whole.
  private mutating func headerLine() -> Substring? {
    let lineFeed = UInt8(ascii: "\n")
    guard let end = buffer[next...].firstIndex(of: lineFeed) else { return nil }
    let line = String(decoding: buffer[next..<end], as: UTF8.self)
    next = end + 1
    return line.hasSuffix("\r") ? line.dropLast() : line[...]
  }

  private mutating func read(_ line: Substring, length: Int?) -> Finding? {
    if line.isEmpty {
      // An empty line before any header may be what is left of a fault.
      guard let length else { return nil }
      guard length <= Self.contentLimit else {
        state = .excess(remaining: length)
        return lose("a message of \(length) bytes, where \(Self.contentLimit) are the most")
      }
      state = .content(length: length)
      return nil
    }
    guard let colon = line.firstIndex(of: ":"), Self.isName(line[..<colon]) else {
      return lose("a line that is no header")
    }
    guard line[..<colon].lowercased() == Self.lengthHeader else { return nil }
    let value = line[line.index(after: colon)...].filter { $0 != " " }
    guard let length = Int(value), length >= 0, value.first?.isNumber == true else {
      return lose("a Content-Length that is no length")
    }
    state = .headers(length: length)
    return nil
  }

  /// Begins anew with the next line; what is wrong is said once.
  private mutating func lose(_ reason: String) -> Finding? {
    if case .excess = state {} else { state = .headers(length: nil) }
    defer { isLost = true }
    return isLost ? nil : .fault(reason)
  }

  private static func isName(_ text: Substring) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { $0 == UInt8(ascii: "-") || Character(UnicodeScalar($0)).isLetter }
  }
}
