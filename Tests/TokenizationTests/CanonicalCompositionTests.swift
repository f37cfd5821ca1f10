import Foundation
import JSONDocuments
import TestSupport
import Testing
import Tokenization

/// Normalization is seen through a tokenizer whose vocabulary is every byte.
@Suite struct CanonicalCompositionTests {
  private func composed(_ text: String) throws -> String {
    let vocabulary = JSON.object((0..<256).map { JSON.Member(String(format: "<0x%02X>", $0), .integer(Int64($0))) })
    let tokenizer = try Tokenizer(
      json: .object([
        .init("normalizer", .object([.init("type", .string("NFC"))])),
        .init(
          "model",
          .object([.init("vocab", vocabulary), .init("merges", .array([])), .init("byte_fallback", .boolean(true))])
        ),
      ])
    )
    return String(decoding: tokenizer.encode(text, addingSpecialTokens: false).map { UInt8($0) }, as: UTF8.self)
  }

  private func scalars(_ text: String) -> [UInt32] { text.unicodeScalars.map(\.value) }

  /// The hashes are of Python's unicodedata; see tools/oracles/tokenizers/record_compositions.py.
  @Test func everyAssignedScalarIsComposedAsTheReferenceComposesIt() throws {
    let file = Places.fixtures(of: "Tokenization").appending(path: "compositions.json")
    let recorded = try JSON.parse([UInt8](Data(contentsOf: file)))["hashes"]?.array ?? []
    #expect(recorded.count == 48)
    for (block, hash) in recorded.enumerated() {
      let text = try composed(texts(ofBlock: UInt32(block)))
      let value = text.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
      let digits = String(value, radix: 16)
      let padded = String(repeating: "0", count: 16 - digits.count) + digits
      #expect(padded == hash.string, "scalars from U+\(String(block, radix: 16))000 on")
    }
  }

  /// Each scalar of 4096 that was assigned in the tables' version of Unicode, alone and among others.
  private func texts(ofBlock block: UInt32) -> String {
    var text = String.UnicodeScalarView()
    for value in max(block << 12, 0x20)..<((block + 1) << 12) {
      guard let scalar = Unicode.Scalar(value), scalar.properties.generalCategory != .unassigned,
        let age = scalar.properties.age, age.major <= 14
      else { continue }
      text.append(scalar)
      text.append(contentsOf: ["\n", "a", "\u{327}", scalar, "\u{301}", "\u{323}", "b", "\n"] as [Unicode.Scalar])
    }
    return String(text)
  }

  @Test func hangulIsComposedByArithmetic() throws {
    #expect(scalars(try composed("\u{1112}\u{1161}\u{11AB}")) == [0xD55C])
    #expect(scalars(try composed("\u{AC00}\u{11A8}")) == [0xAC01])
    #expect(scalars(try composed("\u{AC01}\u{11A8}")) == [0xAC01, 0x11A8])
    #expect(scalars(try composed("\u{1100}a\u{1161}")) == [0x1100, 0x61, 0x1161])
  }

  @Test func marksAreOrderedAndBlocked() throws {
    #expect(scalars(try composed("s\u{307}\u{323}")) == [0x1E69])
    #expect(scalars(try composed("a\u{327}\u{301}\u{301}")) == [0xE1, 0x327, 0x301])
    #expect(scalars(try composed("\u{212B}\u{958}\u{344}")) == [0xC5, 0x915, 0x93C, 0x308, 0x301])
  }
}
