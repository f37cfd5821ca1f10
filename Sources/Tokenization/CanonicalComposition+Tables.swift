extension CanonicalComposition {
  /// The tables in the form that lookups want.
  static let tables = Tables()

  /// Decompositions, compositions and combining classes.
  struct Tables: Sendable {
    /// What a scalar decomposes into: two scalars, or one and 0.
    private var decompositions: [UInt32: (UInt32, UInt32)] = [:]
    /// `first << 32 | second` to composite.
    private var composites: [UInt64: UInt32] = [:]
    private var classes: [UInt32: UInt8] = [:]
    /// One bit for each scalar that is no boundary: it may change, or join what stands before it.
    private var unstable: [UInt64]

    /// Scalars from here on neither decompose nor combine.
    private static let limit: UInt32 = 0x30000

    fileprivate init() {
      unstable = Array(repeating: 0, count: Int(Self.limit / 64))
      for index in stride(from: 0, to: pairTable.count, by: 3) {
        decompositions[pairTable[index]] = (pairTable[index + 1], pairTable[index + 2])
        composites[Self.key(pairTable[index + 1], pairTable[index + 2])] = pairTable[index]
        mark(pairTable[index + 2])
      }
      for index in stride(from: 0, to: excludedPairTable.count, by: 3) {
        decompositions[excludedPairTable[index]] = (excludedPairTable[index + 1], excludedPairTable[index + 2])
        mark(excludedPairTable[index])
      }
      for index in stride(from: 0, to: singleTable.count, by: 2) {
        decompositions[singleTable[index]] = (singleTable[index + 1], 0)
        mark(singleTable[index])
      }
      for index in stride(from: 0, to: classTable.count, by: 3) {
        for scalar in classTable[index]...classTable[index + 1] {
          classes[scalar] = UInt8(truncatingIfNeeded: classTable[index + 2])
          mark(scalar)
        }
      }
      for scalar in Hangul.vowels { mark(scalar) }
      for scalar in Hangul.finals { mark(scalar) }
    }

    /// Whether a scalar is its own composed form and never joins what stands before it.
    @inline(__always)
    func isStable(_ scalar: Unicode.Scalar) -> Bool {
      scalar.value >= Self.limit || unstable[Int(scalar.value >> 6)] & (1 << UInt64(scalar.value & 63)) == 0
    }

    /// The canonical combining class; 0 for starters.
    func combiningClass(_ scalar: UInt32) -> UInt8 { classes[scalar] ?? 0 }

    /// Appends the full canonical decomposition.
    func decompose(_ scalar: UInt32, into scalars: inout [UInt32]) {
      if Hangul.syllables.contains(scalar) {
        Hangul.decompose(scalar, into: &scalars)
      } else if let (first, second) = decompositions[scalar] {
        decompose(first, into: &scalars)
        if second != 0 { decompose(second, into: &scalars) }
      } else {
        scalars.append(scalar)
      }
    }

    /// The scalar that two compose into.
    func composite(_ first: UInt32, _ second: UInt32) -> UInt32? {
      Hangul.composite(first, second) ?? composites[Self.key(first, second)]
    }

    private static func key(_ first: UInt32, _ second: UInt32) -> UInt64 { UInt64(first) << 32 | UInt64(second) }

    private mutating func mark(_ scalar: UInt32) {
      guard scalar < Self.limit else { return }
      unstable[Int(scalar >> 6)] |= 1 << UInt64(scalar & 63)
    }
  }
}

/// Hangul syllables, whose composition is arithmetic (The Unicode Standard, section 3.12).
private enum Hangul {
  static let syllables: Range<UInt32> = 0xAC00..<0xD7A4
  static let initials: Range<UInt32> = 0x1100..<0x1113
  static let vowels: Range<UInt32> = 0x1161..<0x1176
  static let finals: Range<UInt32> = 0x11A8..<0x11C3
  private static let vowelCount = UInt32(21)
  /// The finals, and none.
  private static let finalCount = UInt32(28)

  static func decompose(_ syllable: UInt32, into scalars: inout [UInt32]) {
    let index = syllable - syllables.lowerBound
    scalars.append(initials.lowerBound + index / (vowelCount * finalCount))
    scalars.append(vowels.lowerBound + index % (vowelCount * finalCount) / finalCount)
    let final = index % finalCount
    if final != 0 { scalars.append(finals.lowerBound + final - 1) }
  }

  static func composite(_ first: UInt32, _ second: UInt32) -> UInt32? {
    if initials.contains(first), vowels.contains(second) {
      let pair = (first - initials.lowerBound) * vowelCount + second - vowels.lowerBound
      return syllables.lowerBound + pair * finalCount
    }
    if syllables.contains(first), finals.contains(second), (first - syllables.lowerBound) % finalCount == 0 {
      return first + second - finals.lowerBound + 1
    }
    return nil
  }
}
