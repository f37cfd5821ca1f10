import Diagnostics
import Foundation
import Syntax
import TestSupport
import Testing

@Suite struct LosslessTests {
  static let files = ["Tests/SyntaxTests", "Tests/RecipesTests", "grammar", "recipes"]
    .flatMap { Places.filesBelow(Places.inRepository($0), suffix: "yaml") }

  @Test func thereAreFiles() { #expect(Self.files.count > 50) }

  @Test(arguments: files)
  func thePiecesJoinedAreTheSource(url: URL) throws {
    try Self.check(Array(Data(contentsOf: url)), url.lastPathComponent)
  }

  @Test(arguments: files)
  func textWithALineLostOrDoubledOrCutIsReadWholeToo(url: URL) throws {
    let lines = String(decoding: try Data(contentsOf: url), as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false)
    for index in lines.indices.prefix(12) {
      var lost = lines
      lost.remove(at: index)
      var doubled = lines
      doubled.insert(lines[index], at: index)
      var cut = lines
      cut[index] = cut[index].dropLast(cut[index].count / 2)
      for variant in [lost, doubled, cut] {
        try Self.check(Array(variant.joined(separator: "\n").utf8), "\(url.lastPathComponent), line \(index + 1)")
      }
    }
  }

  @Test(arguments: [
    "", "\u{FEFF}a: 1 # c\r\n", "# only\n", "a: |\n  text # no comment\n  more\n# comment\n", "? a\n: b\n",
    "%YAML 1.1\n---\na: !x &b 'c' # d\n...\n", "- [a, {b: c}] # e\n", "é: \"ü\" # ö\n", "a:\tb\n", "[", "a: *b", "\0",
    "a: | # header\n  text # none\n", "a: >-2# c\r\n   x\r\n\r\n# d\r\n", "a: 1 # x\u{2028}b: 2 # y\u{85}c: 3\n",
    "a: 1 # x\r# y\r",
    "\u{FEFF}a: 1\nb: 2\n",
  ])
  func smallTextsAreReadWhole(text: String) throws {
    try Self.check(Array(text.utf8), text)
  }

  private static func check(_ bytes: [UInt8], _ name: String) throws {
    let file = SourceFile(name: name, bytes: bytes)
    let tree = SyntaxTree.parse(file)
    var joined: [UInt8] = []
    for piece in tree.pieces {
      #expect(piece.span.start == joined.count, "\(name): a gap or an overlap at \(joined.count)")
      joined += bytes[piece.span.start..<piece.span.end]
      if piece.kind == .space {
        let isSpace = bytes[piece.span.start..<piece.span.end].allSatisfy {
          $0 <= 0x20 || [0xEF, 0xBB, 0xBF, 0xC2, 0x85, 0xE2, 0x80, 0xA8].contains($0)
        }
        #expect(isSpace, "\(name): \"\(file[piece.span])\" is no space")
      }
      if piece.kind == .comment { #expect(bytes[piece.span.start] == UInt8(ascii: "#"), "\(name)") }
    }
    #expect(joined == bytes, "\(name)")
    #expect(tree.root != nil || tree.diagnostics.hasErrors, "\(name): neither a tree nor an error")
  }
}
