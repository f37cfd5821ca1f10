internal import CUTF8Proc
internal import Glibc

/// Unicode Normalization Form C.
///
/// - SeeAlso: Unicode Standard Annex #15.
enum CanonicalComposition {
  /// The text in Normalization Form C.
  ///
  /// - Parameter text: Valid UTF-8.
  /// - Returns: Valid UTF-8 that is canonically equivalent.
  static func composed(_ text: [UInt8]) -> [UInt8] {
    // Below U+0300, whose first byte is this, every text is composed already.
    guard text.contains(where: { $0 >= 0xCC }) else { return text }
    var result: UnsafeMutablePointer<UInt8>?
    let count = text.withUnsafeBufferPointer { bytes in
      utf8proc_map(
        bytes.baseAddress,
        bytes.count,
        &result,
        utf8proc_option_t(UTF8PROC_STABLE.rawValue | UTF8PROC_COMPOSE.rawValue)
      )
    }
    defer { free(result) }
    guard count >= 0, let result else { preconditionFailure("text is valid UTF-8 and fits memory twice") }
    return Array(UnsafeBufferPointer(start: result, count: count))
  }
}
