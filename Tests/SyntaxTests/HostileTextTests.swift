import Diagnostics
import Foundation
import Syntax
import TestSupport
import Testing

/// Texts that nobody writes in good faith: each is read in linear time and answered with a diagnostic where it is wrong.
@Suite struct HostileTextTests {
  /// A kind of text that can be made as long as one likes.
  struct Kind: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// The code of the first diagnostic, or nil where nothing is wrong.
    let code: String?
    let text: @Sendable (_ count: Int) -> String

    init(_ name: String, _ code: String?, _ text: @escaping @Sendable (_ count: Int) -> String) {
      testDescription = name
      self.code = code
      self.text = text
    }
  }

  static let kinds = [
    Kind("keys", nil) { lines($0) { "k\($0): \($0)" } },
    Kind("equal keys", "duplicate-key") { lines($0) { _ in "k: 1" } },
    Kind("equal keys on one line", "duplicate-key") { "{" + repeated("k: 1, ", $0) + "}" },
    Kind("comments", "empty-document") { lines($0) { "# \($0)" } },
    Kind("trailing comments", nil) { lines($0) { "k\($0): 1 # \($0)" } },
    Kind("comments in brackets", nil) { "[\n" + repeated("x, # c\n", $0) + "]" },
    Kind("anchors", nil) { lines($0) { "k\($0): &k\($0) 1" } },
    Kind("aliases", nil) { "- &a 1\n" + repeated("- *a\n", $0) },
    Kind("aliases without anchors", "undefined-alias") { count in
      lines(count) { "k\($0): &k\($0) 1" } + lines(count) { "u\($0): *x\($0)" }
    },
    Kind("anchored and merged", nil) { "a: &a {x: 1}\n" + lines($0) { "k\($0): {<<: *a, y: 1}" } },
    Kind("directives", "too-many-directives") { lines($0) { "%TAG !a\($0)! x" } + "---\na: 1\n" },
    Kind("tags", "unsupported-tag") { repeated("- !a x\n", $0) },
    Kind("documents", "several-documents") { repeated("a: 1\n---\n", $0) },
    Kind("one long line", nil) { "a: " + repeated("x", $0 * 10) },
    Kind("one long key", "syntax-error") { repeated("x", $0 * 10) + ": 1\n" },
    Kind("one long list", nil) { "a: [" + repeated("x,", $0 * 4) + "]" },
    Kind("wide characters", nil) { lines($0) { "é\($0): 漢" } },
    Kind("empty lines", nil) { "a:\n" + repeated("\n", $0 * 10) + "  b: 1\n" },
    Kind("spaces", nil) { "a:" + repeated(" ", $0 * 10) + "b\n" },
    Kind("a long block", nil) { "a: |\n" + repeated("  x\n", $0 * 2) },
    Kind("empty lines in a block", nil) { "a: |+\n" + repeated("\n", $0 * 10) },
    Kind("folded text", nil) { "a: x\n" + repeated("  y\n", $0 * 2) },
    Kind("backslashes", nil) { "a: \"" + repeated("\\\\", $0 * 4) + "\"" },
    Kind("dashes", nil) { repeated("-\n", $0 * 2) },
    Kind("deep brackets", "nesting-too-deep") { repeated("[", $0) },
    Kind("deep dashes", "nesting-too-deep") { repeated("- ", $0) },
    Kind("deep keys", "nesting-too-deep") { repeated("? ", $0) },
    Kind("unclosed brackets", "syntax-error") { "[\n" + repeated("x,\n", $0) },
    Kind("lone carriage returns", nil) { (0..<$0).map { "k\($0): 1\r" }.joined() },
    Kind("byte order marks", "control-character") { "a: 1\n" + repeated("\u{FEFF}", $0) },
    Kind("zero bytes", "control-character") { "a: 1\n" + repeated("\0", $0) },
  ]

  @Test func thereAreKinds() { #expect(Self.kinds.count > 20) }

  @Test(arguments: kinds)
  func itIsReadAndFormattedAndWhatIsWrongIsSaid(kind: Kind) {
    let tree = SyntaxTree.parse(SourceFile(name: "hostile.yaml", text: kind.text(3000)))
    #expect(tree.diagnostics.first?.code.name == kind.code)
    let formatted = tree.formatted()
    #expect((formatted.value != nil) == tree.isWhole)
    if let once = formatted.value {
      #expect(SyntaxTree.parse(once).formatted().value?.bytes == once.bytes)
    }
  }

  /// Eight times the text may take eight times the work, and twice that for what the machine adds; squared, it would be
  /// sixty-four times.
  @Test(arguments: kinds)
  func theWorkGrowsAsTheTextDoes(kind: Kind) {
    let (count, factor, allowance) = (2000, 8, 2.5)
    let small = SourceFile(name: "hostile.yaml", text: kind.text(count))
    let large = SourceFile(name: "hostile.yaml", text: kind.text(count * factor))
    // Very little work is lost in the clock's noise.
    let least = max(Self.work(small), 0.002)
    #expect(Self.work(large) < least * Double(factor) * allowance)
  }

  @Test func anAliasBombIsNotExpanded() {
    let levels = (1...30).map { "a\($0): &a\($0) [\(Self.repeated("*a\($0 - 1), ", 10))]\n" }.joined()
    let tree = SyntaxTree.parse(SourceFile(name: "bomb.yaml", text: "a0: &a0 [x, x, x]\n" + levels))
    #expect(tree.diagnostics.map(\.code.name) == ["alias-expansion"])
    #expect(tree.formatted().value == nil)
  }

  @Test func manyNodesOfItsOwnAreNoAliasExpansion() {
    let text = "- &a 1\n- *a\n" + Self.repeated("- x\n", SyntaxTree.nodeLimit)
    #expect(SyntaxTree.parse(SourceFile(name: "long.yaml", text: text)).diagnostics.isEmpty)
  }

  @Test func bytesThatAreNotTextAreRefusedAtTheFirst() {
    let bytes = Array("a: 1\n# ".utf8) + [UInt8](repeating: 0xFF, count: 100_000)
    let tree = SyntaxTree.parse(SourceFile(name: "bytes.yaml", bytes: bytes))
    #expect(tree.diagnostics.map(\.code.name) == ["invalid-utf8"])
    #expect(tree.diagnostics.first?.position == SourcePosition(line: 2, column: 3))
  }

  /// Processor seconds that parsing and formatting take on this thread; the least of three.
  private static func work(_ file: SourceFile) -> Double {
    (0..<3).map { _ in
      let start = processorTime()
      let formatted = SyntaxTree.parse(file).formatted()
      let end = processorTime()
      #expect(formatted.value != nil || formatted.hasErrors)
      return end - start
    }.min() ?? 0
  }

  private static func processorTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  private static func repeated(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }

  private static func lines(_ count: Int, _ line: (Int) -> String) -> String {
    (0..<count).map { line($0) + "\n" }.joined()
  }
}
