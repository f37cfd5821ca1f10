internal import CXXHash

/// The digest of bytes that come in pieces: XXH3, 128 bits.
///
/// It tells whether something is what it was. It does not withstand someone who wants two contents to have one digest.
package final class ContentDigest {
  private let state: OpaquePointer

  package init() {
    guard let state = XXH3_createState(), XXH3_128bits_reset(state) == XXH_OK else {
      preconditionFailure("a digest's state is a few hundred bytes")
    }
    self.state = state
  }

  deinit { XXH3_freeState(state) }

  /// Adds bytes.
  package func add(_ bytes: UnsafeRawBufferPointer) {
    let status = XXH3_128bits_update(state, bytes.baseAddress, bytes.count)
    precondition(status == XXH_OK, "bytes can be added at any time")
  }

  /// Adds bytes.
  package func add(_ bytes: [UInt8]) { bytes.withUnsafeBytes(add) }

  /// Adds a text and its length, so that texts one after the other do not run into each other.
  package func add(_ text: String) {
    let bytes = Array(text.utf8)
    add(bytes.count)
    add(bytes)
  }

  /// Adds a number.
  package func add(_ number: Int) { withUnsafeBytes(of: UInt64(bitPattern: Int64(number)).littleEndian, add) }

  /// The digest of everything added so far, as 32 hexadecimal digits.
  package var text: String {
    let digest = XXH3_128bits_digest(state)
    return Self.padded(digest.high64) + Self.padded(digest.low64)
  }

  /// The digest of some bytes.
  package static func text(of bytes: [UInt8]) -> String {
    let digest = ContentDigest()
    digest.add(bytes)
    return digest.text
  }

  private static func padded(_ number: UInt64) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }
}
