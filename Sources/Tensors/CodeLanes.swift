/// Eight codes at a time: a byte each in one word of 64 bits, the first in the lowest byte, or close together.
struct CodeLanes {
  /// Codes of a word.
  static let count = 8

  private let bitWidth: Int
  /// `2^(bitWidth − 1)` in every byte.
  private let offsets: UInt64
  /// The bits of a code in every byte.
  private let codeBits: UInt64
  /// Of the bits above a code's magnitude all but the highest, in every byte.
  private let signBits: UInt64

  /// Lanes of codes of 1 to 8 bits.
  init(bitWidth: Int) {
    self.bitWidth = bitWidth
    offsets = Self.everyByte << (bitWidth - 1)
    codeBits = Self.everyByte * (1 << bitWidth - 1)
    signBits = Self.everyByte * (0x7F & ~(1 << (bitWidth - 1) - 1))
  }

  private static let everyByte: UInt64 = 0x0101_0101_0101_0101
  private static let highBits = everyByte << 7

  /// Not zero where a signed code needs more bits than it may have: bits above its magnitude differ from their neighbours.
  @inline(__always)
  func excess(_ bytes: UInt64) -> UInt64 { (bytes ^ bytes &>> 1) & signBits }

  /// Signed bytes, raised by half the range and put close together.
  @inline(__always)
  func closed(_ bytes: UInt64) -> UInt64 {
    let raised = (bytes ^ offsets) & codeBits
    let pairs = raised & 0x00FF_00FF_00FF_00FF | (raised &>> 8 & 0x00FF_00FF_00FF_00FF) &<< bitWidth
    let fours = pairs & 0x0000_FFFF_0000_FFFF | (pairs &>> 16 & 0x0000_FFFF_0000_FFFF) &<< (2 * bitWidth)
    return fours & 0xFFFF_FFFF | (fours &>> 32) &<< (4 * bitWidth)
  }

  /// Undoes `closed`.
  @inline(__always)
  func opened(_ bits: UInt64) -> UInt64 {
    let fours = bits & (1 &<< (4 * bitWidth) - 1) | (bits &>> (4 * bitWidth)) &<< 32
    let ofPair = 0x0000_0001_0000_0001 * (1 &<< (2 * bitWidth) - 1) as UInt64
    let pairs = fours & ofPair | (fours &>> (2 * bitWidth) & ofPair) &<< 16
    let ofCode = 0x0001_0001_0001_0001 * (1 &<< bitWidth - 1) as UInt64
    let raised = pairs & ofCode | (pairs &>> bitWidth & ofCode) &<< 8
    // A subtraction in every byte that borrows from no neighbour.
    return ((raised | Self.highBits) - (offsets & ~Self.highBits)) ^ ((raised ^ ~offsets) & Self.highBits)
  }
}

extension UnsafeRawBufferPointer {
  /// Up to eight bytes as a word, the first in the lowest; zeros stand for those beyond `count`.
  @inline(__always)
  func lanes(at offset: Int, count: Int) -> UInt64 {
    guard count < CodeLanes.count else {
      return UInt64(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
    return (0..<count).reduce(0) { $0 | UInt64(self[offset + $1]) &<< (8 * $1) }
  }
}

extension UnsafeMutableRawBufferPointer {
  /// Writes the lowest bytes of a word, up to eight.
  @inline(__always)
  func store(_ lanes: UInt64, at offset: Int, count: Int) {
    guard count < CodeLanes.count else {
      return storeBytes(of: lanes.littleEndian, toByteOffset: offset, as: UInt64.self)
    }
    for index in 0..<count { self[offset + index] = UInt8(truncatingIfNeeded: lanes &>> (8 * index)) }
  }
}

/// Fills words of 32 bits from their lowest bit on.
struct WordWriter {
  private let words: UnsafeMutableBufferPointer<UInt32>
  private var next: Int
  private var pending: UInt64 = 0
  private var held = 0

  init(_ words: UnsafeMutableBufferPointer<UInt32>, from start: Int) {
    self.words = words
    next = start
  }

  /// Appends up to 32 bits; those of `bits` above `count` are zero.
  @inline(__always)
  mutating func append(_ bits: UInt64, count: Int) {
    pending |= bits &<< held
    held += count
    guard held >= 32 else { return }
    words.initializeElement(at: next, to: UInt32(truncatingIfNeeded: pending))
    next += 1
    pending &>>= 32
    held -= 32
  }

  /// Writes the last word, if it is not full.
  mutating func finish() {
    if held > 0 { words.initializeElement(at: next, to: UInt32(truncatingIfNeeded: pending)) }
  }
}

/// Reads words of 32 bits from their lowest bit on.
struct WordReader {
  private let words: UnsafeBufferPointer<UInt32>
  private var index: Int
  private var pending: UInt64 = 0
  private var held = 0

  init(_ words: UnsafeBufferPointer<UInt32>, from start: Int) {
    self.words = words
    index = start
  }

  /// The next up to 32 bits.
  @inline(__always)
  mutating func next(_ count: Int) -> UInt64 {
    if held < count {
      pending |= UInt64(words[index]) &<< held
      index += 1
      held += 32
    }
    defer {
      pending &>>= count
      held -= count
    }
    return pending & (1 &<< count - 1)
  }
}
