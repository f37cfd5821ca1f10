import Checkpoints
import TestSupport
import Testing
import Vocabulary

@Suite struct SafetensorsHeaderTests {
  @Test func aHeaderSaysWhatIsWhere() throws {
    let bytes = SafetensorsFile.small
    let header = try SafetensorsHeader.parse(bytes, fileByteCount: bytes.count)
    #expect(header.metadata.map(\.key) == ["format"])
    #expect(header.metadata.map(\.value) == ["pt"])
    #expect(header.dataStart == bytes.count - 23)
    #expect(header.tensors.map(\.description.name) == ["a", "b", "c"])
    #expect(header.tensors.map(\.description.elementType) == [.float32, .bfloat16, .uint8])
    #expect(header.tensors.map(\.description.shape) == [[2, 2], [3], []])
    #expect(header.tensors.map { $0.byteRange.count } == [16, 6, 1])
    #expect(header.tensors[1].byteRange.lowerBound == header.dataStart + 16)
  }

  /// The reference reader's verdicts, one line per case: name, then "ok" or its error.
  static let verdicts: [(name: String, isAccepted: Bool)] = {
    guard let text = try? Fixture.text("safetensors_reader_matrix.txt") else { return [] }
    return text.split(separator: "\n").dropFirst().map { line in
      let name = line.prefix(42).reversed().drop { $0 == " " }.reversed()
      return (String(name), line.dropFirst(43).hasPrefix("ok"))
    }
  }()

  /// What the reference accepts although its own format description forbids it, or beyond any real use.
  static let refusedHereOnly: Set = ["leading space", "leading newline", "dup tensor key", "dims 1e5"]

  @Test func everyCaseOfTheMatrixIsBuiltHere() {
    #expect(Self.verdicts.count == 51)
    #expect(Set(Self.verdicts.map(\.name)) == Set(ReaderMatrix.cases.keys))
  }

  @Test(arguments: verdicts.map(\.name))
  func noCaseOfTheMatrixIsTakenThatTheReferenceRefuses(name: String) throws {
    let isAccepted = try #require(Self.verdicts.first { $0.name == name }).isAccepted
    let bytes = try #require(ReaderMatrix.cases[name])
    if isAccepted && !Self.refusedHereOnly.contains(name) {
      let header = try SafetensorsHeader.parse(bytes, fileByteCount: bytes.count)
      expectTiling(header, fileByteCount: bytes.count)
    } else {
      #expect(throws: HeaderFault.self) { try SafetensorsHeader.parse(bytes, fileByteCount: bytes.count) }
    }
  }

  @Test func faultsCarryWhatWasFound() {
    func fault(_ name: String) -> HeaderFault? {
      guard let bytes = ReaderMatrix.cases[name] else { return nil }
      do {
        _ = try SafetensorsHeader.parse(bytes, fileByteCount: bytes.count)
        return nil
      } catch {
        return error
      }
    }
    #expect(fault("hole") == .misplaced(tensor: "b", begin: 12, expected: 8))
    #expect(fault("overlap") == .misplaced(tensor: "b", begin: 4, expected: 8))
    #expect(fault("start nonzero") == .misplaced(tensor: "a", begin: 4, expected: 0))
    #expect(fault("wrong size") == .sizeMismatch(tensor: "a", found: 4, expected: 8))
    #expect(fault("overflow shape") == .sizeOverflow(tensor: "a"))
    #expect(fault("overflow shape with 0") == .sizeOverflow(tensor: "a"))
    #expect(fault("F4 odd") == .partialByte(tensor: "a"))
    #expect(fault("unknown dtype") == .unknownElementType(tensor: "a", found: "F128"))
    #expect(fault("dup tensor key") == .repeatedTensor("a"))
    #expect(fault("dup metadata") == .repeatedMetadata)
    #expect(fault("dup field") == .repeatedMember(tensor: "a", member: "dtype"))
    #expect(fault("missing shape") == .malformedMember(tensor: "a", member: "shape"))
    #expect(fault("meta nonstr") == .malformedMetadata)
    #expect(fault("array header") == .notAnObject)
    #expect(fault("dims 1e5") == .tooManyDimensions(tensor: "a", found: 100_000, limit: 8))
    #expect(fault("header N too big") == .headerTooLarge(byteCount: 100_000_001, limit: 100_000_000))
    #expect(fault("short") == .tooShort(byteCount: 7))
    #expect(fault("empty") == .tooShort(byteCount: 0))
  }

  @Test(arguments: [UInt64.max, UInt64.max - 7, 1 << 63, (1 << 63) - 1, 100_000_001] as [UInt64])
  func aHugeHeaderSizeOverflowsNothing(count: UInt64) {
    let bytes = SafetensorsFile.prefix(count) + Array("{}".utf8)
    #expect(throws: HeaderFault.headerTooLarge(byteCount: count, limit: 100_000_000)) {
      try SafetensorsHeader.parse(bytes, fileByteCount: bytes.count)
    }
  }

  @Test func offsetsBeyondEveryFileOverflowNothing() {
    let huge = Int.max
    for (shape, offsets) in [
      ("[\(huge)]", "[0,\(huge)]"), ("[1]", "[\(huge - 1),\(huge)]"), ("[0]", "[\(huge),\(huge)]"),
      ("[2]", "[18446744073709551614,18446744073709551616]"),
    ] {
      let bytes = SafetensorsFile.bytes(#"{"a":{"dtype":"U8","shape":\#(shape),"data_offsets":\#(offsets)}}"#, data: 2)
      #expect(throws: HeaderFault.self) { try SafetensorsHeader.parse(bytes, fileByteCount: bytes.count) }
    }
  }

  @Test func aFileCutAnywhereIsRefused() throws {
    let whole = SafetensorsFile.small
    let folder = try TemporaryFolder()
    for count in 0..<whole.count {
      try folder.write("cut", Array(whole.prefix(count)))
      #expect(throws: CheckpointError.self, "cut to \(count) bytes") { try SafetensorsHeader.read(folder.path("cut")) }
    }
    try folder.write("long", whole + [0])
    #expect(
      throws: CheckpointError.header(
        file: folder.path("long"),
        .fileByteCount(found: whole.count + 1, expected: whole.count)
      )
    ) {
      try SafetensorsHeader.read(folder.path("long"))
    }
    try folder.write("whole", whole)
    #expect(try SafetensorsHeader.read(folder.path("whole")).tensors.count == 3)
  }

  @Test func aDamagedFileIsRefusedOrStillWhole() {
    var generator = SeededGenerator(seed: 2026)
    var acceptedCount = 0
    for _ in 0..<6000 {
      let bytes = mutated(SafetensorsFile.small, using: &generator)
      do {
        // A reader holds either the whole header or finds that the file ends before it.
        let header = try SafetensorsHeader.parse(bytes, fileByteCount: bytes.count)
        expectTiling(header, fileByteCount: bytes.count)
        acceptedCount += 1
      } catch {
        // Any typed fault will do; what counts is that there is one.
      }
    }
    #expect((1..<6000).contains(acceptedCount))
  }

  /// Tensors fill the file behind its header without holes and overlaps.
  private func expectTiling(_ header: SafetensorsHeader, fileByteCount: Int) {
    var end = header.dataStart
    for tensor in header.tensors {
      #expect(tensor.byteRange.lowerBound == end)
      #expect(tensor.byteRange.count == tensor.description.byteCount)
      end = tensor.byteRange.upperBound
    }
    #expect(end == fileByteCount)
  }

  private func mutated(_ bytes: [UInt8], using generator: inout SeededGenerator) -> [UInt8] {
    var bytes = bytes
    let digitsAndMarks = Array(#"0123456789{}[],:"-.eE FU"#.utf8)
    for _ in 0..<Int.random(in: 1...3, using: &generator) {
      let place = Int.random(in: 0..<bytes.count, using: &generator)
      switch Int.random(in: 0..<6, using: &generator) {
      case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
      case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      case 2: bytes[place] = digitsAndMarks.randomElement(using: &generator) ?? 0
      case 3: bytes.insert(digitsAndMarks.randomElement(using: &generator) ?? 0, at: place)
      case 4: bytes.remove(at: place)
      default: bytes.removeSubrange(place..<min(bytes.count, place + 4))
      }
      if bytes.isEmpty { return bytes }
    }
    return bytes
  }
}
