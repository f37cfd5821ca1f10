internal import CLibCrypto

/// A hash that is computed as bytes come.
struct Digest {
  private let state: State

  /// Hashes that name blobs.
  enum Algorithm {
    case sha1
    case sha256
  }

  private final class State {
    let context = EVP_MD_CTX_new()

    deinit { EVP_MD_CTX_free(context) }
  }

  init(_ algorithm: Algorithm) {
    state = State()
    let isReady = EVP_DigestInit_ex(state.context, algorithm == .sha1 ? EVP_sha1() : EVP_sha256(), nil)
    precondition(isReady == 1, "libcrypto has the hash")
  }

  /// Takes the next bytes.
  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.baseAddress else { return }
    EVP_DigestUpdate(state.context, start, bytes.count)
  }

  /// The hash of all bytes taken, in hexadecimal; no more can be taken.
  consuming func finished() -> String {
    var bytes = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var count: UInt32 = 0
    EVP_DigestFinal_ex(state.context, &bytes, &count)
    let digits = Array("0123456789abcdef")
    return bytes.prefix(Int(count)).reduce(into: "") { $0 += [digits[Int($1 >> 4)], digits[Int($1 & 15)]] }
  }
}

/// The hash that a file's name in the cache stands for.
struct Checksum {
  /// The hash, in hexadecimal.
  let text: String
  private let byteCount: Int

  /// Takes the name of a blob; nil for one that is no hash.
  ///
  /// - Parameters:
  ///   - name: SHA-256 of the bytes, or, of files that Git keeps itself, the SHA-1 that Git names them by.
  ///   - byteCount: The size of the whole file.
  init?(_ name: String, byteCount: Int) {
    guard name.utf8.count == 64 || name.utf8.count == 40, name.isLowercaseHexadecimal else { return nil }
    text = name
    self.byteCount = byteCount
  }

  /// A digest that has taken what stands before the file's own bytes.
  var digest: Digest {
    guard text.utf8.count == 40 else { return Digest(.sha256) }
    var digest = Digest(.sha1)
    Array("blob \(byteCount)\0".utf8).withUnsafeBytes { digest.update($0) }
    return digest
  }
}
