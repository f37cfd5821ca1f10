internal import CSimdJSON

extension JSON {
  /// The nesting that ``parse(_:maximumDepth:)`` allows unless told otherwise, as serde_json does.
  package static let standardMaximumDepth = 128

  /// Reads one strict JSON document (RFC 8259): UTF-8, no byte order mark, nothing but white space around it.
  ///
  /// - Parameters:
  ///   - bytes: The whole document.
  ///   - maximumDepth: How many arrays and objects may be open at once, `1...1024`.
  /// - Returns: The document's value.
  /// - Throws: The first fault, with its place.
  package static func parse(_ bytes: [UInt8], maximumDepth: Int = standardMaximumDepth) throws(JSONError) -> JSON {
    try parse(bytes.span.bytes, maximumDepth: maximumDepth)
  }

  /// Reads one strict JSON document that lies in memory of another owner, such as a mapped file.
  ///
  /// - Parameters:
  ///   - bytes: The whole document.
  ///   - maximumDepth: How many arrays and objects may be open at once, `1...1024`.
  /// - Returns: The document's value.
  /// - Throws: The first fault, with its place.
  package static func parse(
    _ bytes: UnsafeRawBufferPointer,
    maximumDepth: Int = standardMaximumDepth
  ) throws(JSONError) -> JSON {
    try parse(bytes.bytes, maximumDepth: maximumDepth)
  }

  private static func parse(_ bytes: RawSpan, maximumDepth: Int) throws(JSONError) -> JSON {
    precondition((1...1024).contains(maximumDepth), "a depth of \(maximumDepth) is not supported")
    if bytes.byteCount >= 3, bytes.withUnsafeBytes({ $0.starts(with: [0xEF, 0xBB, 0xBF]) }) {
      throw JSONError(.byteOrderMark, at: 0)
    }
    var document: OpaquePointer?
    let outcome = bytes.withUnsafeBytes { (raw: UnsafeRawBufferPointer) in
      csimdjson_parse(raw.assumingMemoryBound(to: UInt8.self).baseAddress, raw.count, maximumDepth, &document)
    }
    switch outcome {
    case csimdjson_out_of_memory: throw JSONError(.outOfMemory, at: nil)
    case csimdjson_too_large: throw JSONError(.tooLarge, at: nil)
    default: break
    }
    if let document {
      defer { csimdjson_free(document) }
      var reader = TapeReader(tape: csimdjson_tape(document), strings: csimdjson_strings(document))
      if let value = reader.document() { return value }
    }
    let diagnosis = bytes.withUnsafeBytes { (raw: UnsafeRawBufferPointer) in
      FaultFinder.search(raw, maximumDepth: maximumDepth)
    }
    switch diagnosis {
    case .fault(let error): throw error
    case .wideIntegers(let ends) where !ends.isEmpty:
      return try parse(widening(bytes, at: ends).span.bytes, maximumDepth: maximumDepth)
    case .wideIntegers: throw JSONError(.refused, at: nil)
    }
  }

  /// The document with `.0` behind each integer that simdjson's 64 bits cannot hold, which makes it a double.
  private static func widening(_ bytes: RawSpan, at ends: [Int]) -> [UInt8] {
    var widened: [UInt8] = []
    widened.reserveCapacity(bytes.byteCount + 2 * ends.count)
    bytes.withUnsafeBytes { raw in
      var start = 0
      for end in ends {
        widened.append(contentsOf: raw[start..<end])
        widened.append(contentsOf: ".0".utf8)
        start = end
      }
      widened.append(contentsOf: raw[start...])
    }
    return widened
  }
}
