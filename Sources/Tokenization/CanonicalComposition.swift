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
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    text.withUnsafeBufferPointer { bytes in
      var copied = 0
      // Where the last stable scalar starts; nothing before it depends on what comes behind it.
      var boundary = 0
      var index = 0
      while index < bytes.count {
        if bytes[index] < 0xCC {
          boundary = index
          index += bytes[index] < 0x80 ? 1 : 2
          continue
        }
        let (scalar, length) = UTF8Text.scalar(in: bytes, at: index)
        if tables.isStable(scalar) {
          boundary = index
          index += length
          continue
        }
        var end = index + length
        while end < bytes.count {
          let (following, length) = UTF8Text.scalar(in: bytes, at: end)
          if tables.isStable(following) { break }
          end += length
        }
        result.append(contentsOf: bytes[copied..<boundary])
        append(compose(bytes, boundary..<end), to: &result)
        copied = end
        boundary = end
        index = end
      }
      result.append(contentsOf: bytes[copied...])
    }
    return result
  }

  private static func append(_ scalars: [UInt32], to result: inout [UInt8]) {
    for value in scalars {
      if let scalar = Unicode.Scalar(value) { result.append(contentsOf: scalar.utf8) }
    }
  }

  /// Decomposes, orders and composes a stretch that starts with a stable scalar or at the start of the text.
  private static func compose(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> [UInt32] {
    var scalars: [UInt32] = []
    var index = range.lowerBound
    while index < range.upperBound {
      let (scalar, length) = UTF8Text.scalar(in: bytes, at: index)
      tables.decompose(scalar.value, into: &scalars)
      index += length
    }
    order(&scalars)

    var result: [UInt32] = []
    var starter: Int?
    var previousClass: UInt8 = 0
    for scalar in scalars {
      let combiningClass = tables.combiningClass(scalar)
      // What stands between starter and scalar blocks them unless its class is lower.
      let isBlocked = starter.map { $0 != result.count - 1 && previousClass >= combiningClass } ?? true
      if let starter, !isBlocked, let composite = tables.composite(result[starter], scalar) {
        result[starter] = composite
        continue
      }
      if combiningClass == 0 { starter = result.count }
      previousClass = combiningClass
      result.append(scalar)
    }
    return result
  }

  /// Sorts runs of combining scalars by class, keeping the order of equals.
  private static func order(_ scalars: inout [UInt32]) {
    var start = 0
    while start < scalars.count {
      guard tables.combiningClass(scalars[start]) != 0 else {
        start += 1
        continue
      }
      var end = start + 1
      while end < scalars.count && tables.combiningClass(scalars[end]) != 0 { end += 1 }
      let run = scalars[start..<end].enumerated().sorted {
        (tables.combiningClass($0.element), $0.offset) < (tables.combiningClass($1.element), $1.offset)
      }
      scalars.replaceSubrange(start..<end, with: run.map(\.element))
      start = end
    }
  }
}
