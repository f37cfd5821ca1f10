internal import CPCRE2

/// A compiled regular expression over Unicode text, where classes such as `\w` and `\d` mean Unicode properties.
///
/// A search that would exceed PCRE2's limit of steps (ten million) counts as one that finds nothing.
// @unchecked: the compiled code is written only in `init`, before any other thread can see it; PCRE2 documents
// compiled code, JIT code included, as safe to share. All that a search writes is created for that search.
package final class Pattern: @unchecked Sendable {
  private let code: OpaquePointer
  /// What a match at the start is asked for with: nothing where the pattern allows no other, as JIT code has no such option.
  private let startOption: UInt32

  /// Compiles a pattern.
  ///
  /// - Parameters:
  ///   - text: The pattern in Perl's syntax.
  ///   - isAnchored: Whether matches are wanted at the start of texts only; `matchesAtStart` is faster then.
  /// - Throws: PCRE2's message and the place of the fault.
  package init(_ text: String, isAnchored: Bool = false) throws(PatternError) {
    startOption = isAnchored ? 0 : PCRE2_ANCHORED
    let options = PCRE2_UTF | PCRE2_UCP | (isAnchored ? PCRE2_ANCHORED : 0)
    var text = text
    var failure: Int32 = 0
    var offset = 0
    let compiled = withUnsafePointer(to: UInt8(0)) { nowhere in
      text.withUTF8 { bytes in
        // PCRE2 wants an address even for no bytes.
        pcre2_compile_8(bytes.baseAddress ?? nowhere, bytes.count, options, &failure, &offset, nil)
      }
    }
    guard let compiled else { throw PatternError(message: Self.message(of: failure), offset: offset) }
    code = compiled
    // Where the machine has no JIT the interpreter does the same work.
    _ = pcre2_jit_compile_8(compiled, PCRE2_JIT_COMPLETE)
  }

  deinit {
    pcre2_code_free_8(code)
  }

  /// Whether a match starts where the text starts; it need not reach the end (Python's `re.match`).
  package func matchesAtStart(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { bytes in
      withSearch(over: bytes) { search in search.match(from: 0, options: startOption) != nil }
    }
  }

  /// Calls a closure with each match from left to right, as byte ranges of the text.
  ///
  /// Matches do not overlap, and an empty match right behind another match is left out, as in Oniguruma's scan.
  ///
  /// - Parameters:
  ///   - text: Valid UTF-8; look-around sees nothing beyond it.
  ///   - body: Receives where a match starts and ends.
  package func forEachMatch(in text: UnsafeBufferPointer<UInt8>, _ body: (Range<Int>) -> Void) {
    withSearch(over: text) { search in
      var position = 0
      var previousEnd = -1
      while position <= text.count, let match = search.match(from: position, options: 0) {
        if match.isEmpty && match.upperBound == previousEnd {
          position += 1
          while position < text.count, UTF8.isContinuation(text[position]) { position += 1 }
        } else {
          body(match)
          position = match.upperBound
          previousEnd = position
        }
      }
    }
  }

  private static func message(of failure: Int32) -> String {
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = pcre2_get_error_message_8(failure, &bytes, bytes.count)
    return String(decoding: bytes.prefix(max(0, Int(count))), as: UTF8.self)
  }

  private func withSearch<Result>(over text: UnsafeBufferPointer<UInt8>, _ body: (borrowing Search) -> Result) -> Result
  {
    withUnsafePointer(to: UInt8(0)) { nowhere in
      body(Search(code: code, text: text.baseAddress ?? nowhere, count: text.count))
    }
  }
}

/// One text being searched, and the room for the place of a match.
private struct Search: ~Copyable {
  private let code: OpaquePointer
  private let text: UnsafePointer<UInt8>
  private let count: Int
  private let match: OpaquePointer
  private let ends: UnsafeMutablePointer<Int>

  init(code: OpaquePointer, text: UnsafePointer<UInt8>, count: Int) {
    self.code = code
    self.text = text
    self.count = count
    guard let match = pcre2_match_data_create_8(1, nil), let ends = pcre2_get_ovector_pointer_8(match) else {
      preconditionFailure("no memory for a match")
    }
    self.match = match
    self.ends = ends
  }

  deinit {
    pcre2_match_data_free_8(match)
  }

  borrowing func match(from start: Int, options: UInt32) -> Range<Int>? {
    var outcome = pcre2_match_8(code, text, count, start, options | PCRE2_NO_UTF_CHECK, match, nil)
    if outcome == PCRE2_ERROR_JIT_STACKLIMIT {
      // The interpreter keeps its stack on the heap.
      outcome = pcre2_match_8(code, text, count, start, options | PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, match, nil)
    }
    // With room for one pair only, PCRE2 says 0 when the pattern has groups.
    guard outcome >= 0, ends[0] <= ends[1] else { return nil }
    return ends[0]..<ends[1]
  }
}
