/// Why bytes are not a JSON document.
package struct JSONError: Error, Hashable, Sendable {
  /// What is wrong.
  package let reason: Reason
  /// Where it is wrong, in bytes from the start; nil when no place can be named.
  package let offset: Int?

  package init(_ reason: Reason, at offset: Int?) {
    self.reason = reason
    self.offset = offset
  }

  /// The kinds of fault.
  package enum Reason: Hashable, Sendable {
    case byteOrderMark
    case invalidUTF8
    /// A byte that cannot stand here.
    case unexpectedByte(UInt8)
    case unexpectedEnd
    /// Something follows the document.
    case trailingBytes
    case tooDeep(maximum: Int)
    /// A control character inside a string that is not escaped.
    case unescapedControlCharacter(UInt8)
    case invalidEscape
    /// A `\u` escape of one half of a surrogate pair without the other.
    case unpairedSurrogate
    case invalidNumber
    /// A number too large for a double.
    case numberOutOfRange
    /// An integer that neither 64 signed bits nor a double can hold exactly.
    case inexactInteger
    /// More bytes than the parser can address (4 GiB).
    case tooLarge
    case outOfMemory
    /// simdjson refused what the search for a fault could not find.
    case refused
  }
}

extension JSONError: CustomStringConvertible {
  /// The reason in words, followed by the byte offset where there is one.
  package var description: String {
    guard let offset else { return reason.description }
    return "\(reason) at byte \(offset)"
  }
}

extension JSONError.Reason: CustomStringConvertible {
  /// The reason in words, lower case and without a full stop.
  package var description: String {
    switch self {
    case .byteOrderMark: "a byte order mark before the document"
    case .invalidUTF8: "bytes that are not UTF-8"
    case .unexpectedByte(let byte): "unexpected \(Self.name(of: byte))"
    case .unexpectedEnd: "the document ends too early"
    case .trailingBytes: "something follows the document"
    case .tooDeep(let maximum): "values are nested deeper than \(maximum)"
    case .unescapedControlCharacter(let byte): "unescaped \(Self.name(of: byte)) in a string"
    case .invalidEscape: "an escape that JSON does not have"
    case .unpairedSurrogate: "half a surrogate pair"
    case .invalidNumber: "a malformed number"
    case .numberOutOfRange: "a number beyond the range of a double"
    case .inexactInteger: "an integer that no number type holds exactly"
    case .tooLarge: "a document of more than 4 GiB"
    case .outOfMemory: "not enough memory"
    case .refused: "malformed JSON"
    }
  }

  private static func name(of byte: UInt8) -> String {
    switch byte {
    case 0x21...0x7E: "character \(Character(Unicode.Scalar(byte)))"
    default: "byte 0x" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }
  }
}
