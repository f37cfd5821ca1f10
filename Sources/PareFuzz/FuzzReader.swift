import ChatTemplates
import Checkpoints
import Diagnostics
import JSONDocuments
import Models
import Recipes
import Syntax
import Tokenization

/// One of the readers of what comes from outside; its seeds are in `Tests/Fuzz/<name>`.
struct FuzzReader: Sendable {
  /// What `PARE_FUZZ_READER` calls it.
  let name: String
  /// Reads bytes; what must hold of the result is demanded.
  let read: @Sendable ([UInt8]) -> Void

  static let all = [
    FuzzReader(name: "architecture", read: architecture),
    FuzzReader(name: "expression", read: expression),
    FuzzReader(name: "fix", read: fix),
    FuzzReader(name: "format", read: format),
    FuzzReader(name: "header", read: { _ = try? SafetensorsHeader.parse($0, fileByteCount: $0.count) }),
    FuzzReader(name: "lsp", read: EditorFuzz.read),
    FuzzReader(name: "recipe", read: recipe),
    FuzzReader(name: "template", read: template),
    FuzzReader(name: "tokenizer", read: tokenizer),
  ]

  /// A document describes a small model, or there is a word why not.
  private static func architecture(_ bytes: [UInt8]) {
    let checked = Architecture.read(SourceFile(name: "input.yaml", bytes: bytes))
    _ = checked.diagnostics.rendered()
    guard let architecture = checked.value else { return }
    let numbers = [
      "hidden_size": 8, "intermediate_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "vocab_size": 16,
      "num_local_experts": 2, "num_experts_per_tok": 1, "max_position_embeddings": 4,
    ]
    let config = JSON.object(numbers.sorted { $0.key < $1.key }.map { .init($0.key, .integer(Int64($0.value))) })
    // Every module that the document names is there, and so are two blocks of two experts.
    let names = architecture.tensorNames(numbers: [0, 1])
    guard let outline = try? ModelOutline.derived(config: config, tensorNames: names, architecture: architecture) else {
      return
    }
    demand(outline.decoder?.blocks.count == 2, "two blocks are described")
    _ = outline.decoder?.smoothingSites
  }

  /// Arithmetic in a recipe has a value or an error.
  private static func expression(_ bytes: [UInt8]) {
    guard let text = String(validating: bytes, as: UTF8.self), !text.unicodeScalars.contains(where: { $0.value < 0x20 })
    else { return }
    let quoted = text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
    recipe(
      Array(
        """
        half: 0.5
        args: {again: eval(again), twice: eval(half * 2), more: eval(twice + twice)}
        s_stage:
          s_modifiers:
            SparseGPTModifier:
              sparsity: 'eval(\(quoted))'
        """.utf8
      )
    )
  }

  /// Safe repairs break no document, come to an end, and leave nothing to repair.
  private static func fix(_ bytes: [UInt8]) {
    let file = SourceFile(name: "input.yaml", bytes: bytes)
    guard !SyntaxTree.parse(file).diagnostics.hasErrors else { return }
    let fixed = file.fixing { Recipe.check($0).diagnostics }
    demand(!SyntaxTree.parse(fixed.file).diagnostics.hasErrors, "broken by repairs:\n\(fixed.file.text)")
    let again = fixed.file.fixing { Recipe.check($0).diagnostics }
    demand(again.file.bytes == fixed.file.bytes, "not repaired at once:\n\(fixed.file.text)\n\(again.file.text)")
  }

  /// The formatter changes no meaning, loses no comment, and has nothing to do a second time.
  private static func format(_ bytes: [UInt8]) {
    let tree = SyntaxTree.parse(SourceFile(name: "input.yaml", bytes: bytes))
    guard let once = tree.formatted().value else {
      demand(tree.diagnostics.hasErrors, "not formatted, and no error says why")
      return
    }
    let second = SyntaxTree.parse(once)
    guard let twice = second.formatted().value else { fatalError("broken:\n\(once.text)") }
    demand(twice.bytes == once.bytes, "not the same a second time:\n\(once.text)\nand then\n\(twice.text)")
    demand(comments(tree) == comments(second), "other comments:\n\(once.text)")
    demand(
      tree.diagnostics.map(\.code) == second.diagnostics.map(\.code),
      "other diagnostics:\n\(once.text)"
    )
    switch (tree.root, second.root) {
    case (nil, nil): break
    case (let before?, let after?): demand(before.means(after), "another meaning:\n\(once.text)")
    default: fatalError("a root came or went:\n\(once.text)")
    }
  }

  private static func comments(_ tree: SyntaxTree) -> [Substring] {
    tree.comments.map { tree.file[$0.span].dropLastSpace() }
  }

  private static func recipe(_ bytes: [UInt8]) {
    let checked = Recipe.check(SourceFile(name: "input.yaml", bytes: bytes))
    _ = checked.diagnostics.rendered()
    _ = checked.value?.stageGraph()
  }

  /// A chat template renders a conversation, or says in which of its lines it does not.
  private static func template(_ bytes: [UInt8]) {
    let source = String(decoding: bytes, as: UTF8.self)
    let conversation =
      #"[{"role": "user", "content": "Hello"}, {"role": "assistant", "content": [{"text": "a\n"}], "n": 2.5}]"#
    guard let messages = try? JSON.parse(Array(conversation.utf8)) else { fatalError("the conversation is JSON") }
    do {
      _ = try ChatTemplate(source).render(
        messages: messages,
        tools: .array([.object([.init("name", .string("f"))])]),
        surroundings: .init(specialTokens: ["bos_token": "<s>"], date: .init(year: 2024, month: 7, day: 26))
      )
    } catch {
      let lineCount = source.unicodeScalars.count { $0 == "\n" || $0 == "\r" } + 1
      demand((1...lineCount).contains(error.line), "line \(error.line) of \(lineCount)")
    }
  }

  private static func tokenizer(_ bytes: [UInt8]) {
    guard let document = try? JSON.parse(bytes), let tokenizer = try? Tokenizer(json: document) else { return }
    let ids = tokenizer.encode("Once upon a time\n\n 12 naïve 🙂", addingSpecialTokens: true)
    demand(ids.allSatisfy { 0..<tokenizer.vocabularySize ~= Int($0) }, "an id outside the vocabulary")
  }
}

/// Ends the run with a message, which a precondition of an optimized build would leave out.
func demand(_ condition: Bool, _ message: @autoclosure () -> String) {
  guard condition else { fatalError(message()) }
}

extension String {
  /// The text without the spaces and tabs at its end.
  fileprivate func dropLastSpace() -> Substring {
    var text = self[...]
    while text.last == " " || text.last == "\t" { text.removeLast() }
    return text
  }
}
