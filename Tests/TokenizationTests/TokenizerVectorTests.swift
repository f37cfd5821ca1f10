import Foundation
import JSONDocuments
import TestSupport
import Testing
import Tokenization

@Suite struct TokenizerVectorTests {
  private static let fixtures = Places.fixtures(of: "Tokenization")
  private static let tokenizers = Places.files(in: fixtures.appending(path: "tokenizers"), suffix: "json")

  @Test func thereAreTokenizersAndEachHasVectors() {
    let names = Self.tokenizers.map { $0.deletingPathExtension().lastPathComponent }
    let vectors = Places.files(in: Self.fixtures.appending(path: "vectors"), suffix: "jsonl")
    #expect(names.count >= 19)
    #expect(Set(vectors.map { $0.deletingPathExtension().lastPathComponent }) == Set(names + ["tiny-stories"]))
  }

  @Test(arguments: tokenizers)
  func everyComponentDoesWhatTheReferenceDoes(file: URL) throws {
    let name = file.deletingPathExtension().lastPathComponent
    try check(Tokenizer(at: file), against: name)
  }

  @Test func theBundledModelsTokenizerDoesWhatTheReferenceDoes() throws {
    let tokenizer = try Tokenizer(at: Places.inRepository("models/tiny-stories/tokenizer.json"))
    #expect(tokenizer.vocabularySize == 1024)
    try check(tokenizer, against: "tiny-stories")
  }

  private func check(_ tokenizer: Tokenizer, against name: String) throws {
    let recorded = try TokenizerVectors(recordedIn: Self.fixtures.appending(path: "vectors/\(name).jsonl"))
    #expect(recorded.vectors.count > 100)
    var workspace = Tokenizer.Workspace()
    for vector in recorded.vectors {
      #expect(tokenizer.encode(vector.text, addingSpecialTokens: false) == vector.ids, "\(name): \(vector.text)")
      #expect(tokenizer.encode(vector.text, addingSpecialTokens: true) == vector.framed, "\(name): \(vector.text)")
      var text = vector.text
      let shared = text.withUTF8 { tokenizer.encode(utf8: $0, addingSpecialTokens: false, workspace: &workspace) }
      #expect(shared == vector.ids, "\(name), with a shared workspace: \(vector.text)")
      #expect(vector.framed.allSatisfy { $0 < tokenizer.vocabularySize })
    }
  }

  @Test func aTextOfAMillionSymbolsIsOneWord() throws {
    let tokenizer = try Tokenizer(at: Self.fixtures.appending(path: "tokenizers/no-unknown.json"))
    let once = tokenizer.encode("abab", addingSpecialTokens: false)
    #expect(once.count == 1)
    let many = tokenizer.encode(String(repeating: "abab", count: 250_000), addingSpecialTokens: false)
    #expect(many == Array(repeating: once[0], count: 250_000))
  }
}
