import Checkpoints
import Foundation
import Testing

/// What a crash leaves of notes and floats.
@Suite struct JournalFileTests {
  private static let lines = ["{}", "{\"unit\":\"block\"}", "", "naïve ✓"].map { Array($0.utf8) }

  private static func write(_ path: String) throws {
    let journal = try JournalFile(creating: path)
    for line in lines { try journal.append(line) }
  }

  @Test func linesAreReadAsTheyWereAdded() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("journal")
    #expect(try JournalFile.read(path).isEmpty)
    try Self.write(path)
    let read = try JournalFile.read(path)
    #expect(read.map(\.content) == Self.lines)
    #expect(read.last?.end == (try folder.read("journal").count))
  }

  @Test func aTornLineIsNone() throws {
    let folder = try TemporaryFolder()
    try Self.write(folder.path("journal"))
    let bytes = try folder.read("journal")
    let ends = try JournalFile.read(folder.path("journal")).map(\.end)
    for count in 0..<bytes.count {
      try folder.write("torn", Array(bytes.prefix(count)))
      #expect(try JournalFile.read(folder.path("torn")).count == ends.count { $0 <= count }, "\(count) bytes")
    }
  }

  @Test func anAlteredByteEndsWhatIsRead() throws {
    let folder = try TemporaryFolder()
    try Self.write(folder.path("journal"))
    let bytes = try folder.read("journal")
    let ends = try JournalFile.read(folder.path("journal")).map(\.end)
    for place in bytes.indices {
      var altered = bytes
      altered[place] ^= 0x10
      try folder.write("altered", altered)
      let read = try JournalFile.read(folder.path("altered"))
      #expect(read.map(\.content) == Array(Self.lines.prefix(ends.count { $0 <= place })), "byte \(place)")
    }
  }

  @Test func linesAreAddedBehindTheSoundOnes() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("journal")
    try Self.write(path)
    try folder.write("journal", folder.read("journal") + Array("torn".utf8))
    let second = try JournalFile.read(path)[1]
    try JournalFile(continuing: path, at: second.end).append(Array("more".utf8))
    #expect(try JournalFile.read(path).map(\.content) == Self.lines.prefix(2) + [Array("more".utf8)])
    _ = try JournalFile(creating: path)
    #expect(try JournalFile.read(path).isEmpty)
  }

  @Test func floatsAreKeptBitForBit() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("stream")
    let floats: [Float] = [0, -0.0, 1.1, .infinity, Float(bitPattern: 0x7FC0_1234), .leastNonzeroMagnitude]
    let longer = floats + floats
    _ = try longer.withUnsafeBufferPointer { try FloatFile.write($0, to: path) }
    let digest = try floats.withUnsafeBufferPointer { try FloatFile.write($0, to: path) }
    func read(_ count: Int, digest: String) throws -> [UInt32]? {
      var found = [Float](repeating: 7, count: count)
      let isSame = try found.withUnsafeMutableBufferPointer { try FloatFile.read(path, into: $0, digest: digest) }
      return isSame ? found.map(\.bitPattern) : nil
    }
    #expect(try read(floats.count, digest: digest) == floats.map(\.bitPattern))
    #expect(try read(floats.count - 1, digest: digest) == nil)
    #expect(try read(floats.count, digest: ContentDigest.text(of: [])) == nil)
    var bytes = try folder.read("stream")
    bytes[9] ^= 1
    try folder.write("stream", bytes)
    #expect(try read(floats.count, digest: digest) == nil)
    try FileManager.default.removeItem(atPath: path)
    #expect(try read(floats.count, digest: digest) == nil)
  }

  @Test func aDigestIsThatOfTheBytesAndNotOfTheirPieces() {
    // XXH3 of nothing, 128 bits, as the library's own `xxhsum -H2` prints it.
    #expect(ContentDigest.text(of: []) == "99aa06d3014798d86001c324468d497f")
    let digest = ContentDigest()
    for piece in [[1, 2], [], [3] as [UInt8]] { digest.add(piece) }
    #expect(digest.text == ContentDigest.text(of: [1, 2, 3]))
    let (first, second) = (ContentDigest(), ContentDigest())
    for text in ["ab", "c"] { first.add(text) }
    for text in ["a", "bc"] { second.add(text) }
    #expect(first.text != second.text)
  }

  @Test func whatAPassReplacesStaysUntilTheNextDoes() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("scratch")
    let scratch = try ScratchTensors(path)
    try scratch.keep("a", [1, 2])
    try scratch.keep("b", [3])
    let first = try scratch.synchronize()
    try scratch.keep("a", [4, 5])
    #expect(try scratch.values(of: "a") == [4, 5])
    // A process that dies now has not noted the second place.
    let afterCrash = try ScratchTensors(path, places: first)
    #expect(try afterCrash.values(of: "a") == [1, 2])
    #expect(try afterCrash.values(of: "b") == [3])
    #expect(try afterCrash.values(of: "c") == nil)
    let second = try scratch.synchronize()
    #expect(first.map(\.name) == ["a", "b"] && second.map(\.name) == ["a"])
    let later = try ScratchTensors(path, places: first + second)
    #expect(try later.values(of: "a") == [4, 5])
    try later.keep("a", [6, 7])
    #expect(try later.values(of: "a") == [6, 7])
    #expect(try later.values(of: "b") == [3])
    #expect(try folder.read("scratch").count == 5 * 4)
  }
}
