import Foundation
import JSONDocuments
import TestSupport
import Testing
import Tokenization

/// Damaged files must be refused or read, never crash; the damage is the same in every run.
@Suite struct MutationTests {
  private static let scraps = [
    "{", "}", "[", "]", "\"", ",", ":", "null", "true", "-1", "1e999", "99999999999999999999", "\\u", "\\ud800",
    "\u{2581}", "\0",
    "\u{EF}", "[[[[", "\"Regex\":\"(\"", "\"type\":\"Sequence\"", "2147483647", "0.5", "\"\"", " ", "(a*)*", "$",
  ]

  private func mutated(_ original: [UInt8], _ source: inout SeededGenerator) -> [UInt8] {
    var bytes = original
    for _ in 0..<Int.random(in: 1...4, using: &source) where !bytes.isEmpty {
      let start = Int.random(in: 0..<bytes.count, using: &source)
      let end = min(bytes.count, start + Int.random(in: 0...12, using: &source))
      switch Int.random(in: 0..<5, using: &source) {
      case 0: bytes[start] = UInt8.random(in: .min ... .max, using: &source)
      case 1: bytes.removeSubrange(start..<end)
      case 2: bytes.insert(contentsOf: bytes[start..<end], at: Int.random(in: 0...bytes.count, using: &source))
      case 3:
        bytes.replaceSubrange(start..<end, with: Self.scraps.randomElement(using: &source).map { Array($0.utf8) } ?? [])
      default: bytes.removeSubrange(start...)
      }
    }
    return bytes
  }

  @Test func damagedTokenizersAreRefusedOrUsed() throws {
    let folder = Places.fixtures(of: "Tokenization").appending(path: "tokenizers")
    let files = Places.files(in: folder, suffix: "json")
    #expect(!files.isEmpty)
    var source = SeededGenerator(seed: 1)
    var outcomes: [String: Int] = [:]
    for file in files {
      let original = [UInt8](try Data(contentsOf: file))
      for _ in 0..<200 {
        do {
          let json = try JSON.parse(mutated(original, &source))
          // What was read can be written, and reads the same.
          #expect(try JSON.parse(Array(json.serialized(.compact).utf8)) == json)
          let tokenizer = try Tokenizer(json: json)
          let ids = tokenizer.encode("Hello \u{2581} wörld\n 123 [MASK] e\u{301}", addingSpecialTokens: true)
          #expect(ids.allSatisfy { $0 >= 0 && $0 < tokenizer.vocabularySize })
          outcomes["used", default: 0] += 1
        } catch let error as JSONError {
          #expect(error.reason != .refused, "no fault was found in what the parser refused")
          outcomes["no JSON", default: 0] += 1
        } catch is TokenizerError {
          outcomes["no tokenizer", default: 0] += 1
        }
      }
    }
    #expect(outcomes.keys.sorted() == ["no JSON", "no tokenizer", "used"], "\(outcomes)")
  }
}
