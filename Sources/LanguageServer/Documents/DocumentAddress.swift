/// The address by which an editor knows a file, and the path that it stands for.
struct DocumentAddress: Hashable {
  /// The address as the editor wrote it.
  let text: String

  private static let scheme = "file://"

  init(_ text: String) {
    self.text = text
  }

  /// The address of an absolute path.
  init(path: String) {
    var text = Self.scheme
    for byte in path.utf8 {
      if Self.isPlain(byte) {
        text.unicodeScalars.append(UnicodeScalar(byte))
      } else {
        let digits = String(byte, radix: 16, uppercase: true)
        text += "%" + (digits.count < 2 ? "0" : "") + digits
      }
    }
    self.text = text
  }

  /// The path of a file on this machine, or nil for other addresses.
  var path: String? {
    guard text.hasPrefix(Self.scheme) else { return nil }
    let rest = text.dropFirst(Self.scheme.count)
    guard let slash = rest.firstIndex(of: "/"), ["", "localhost"].contains(rest[..<slash]) else { return nil }
    return Self.decoded(rest[slash...].prefix { $0 != "?" && $0 != "#" })
  }

  /// What diagnostics call the file: its path, or the address where there is none.
  var name: String { path ?? text }

  private static func decoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      let digits = String(decoding: rest.prefix(2), as: UTF8.self)
      guard digits.utf8.count == 2, let value = UInt8(digits, radix: 16) else { return nil }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
  }

  /// Whether a byte of a path stands for itself in an address (RFC 3986: unreserved characters and the slash).
  private static func isPlain(_ byte: UInt8) -> Bool {
    switch UnicodeScalar(byte) {
    case "a"..."z", "A"..."Z", "0"..."9", "-", ".", "_", "~", "/": true
    default: false
    }
  }
}
