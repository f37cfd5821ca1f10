import Foundation
import JSONDocuments
import Patterns
import TestSupport
import Testing
import Tokenization

@Suite struct TokenizerErrorTests {
  private static let plain = #"{"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"]}"#

  private func tokenizer(_ members: String, model: String = plain) throws -> Tokenizer {
    try Tokenizer(json: JSON.parse(Array("{\(members.isEmpty ? "" : members + ", ")\"model\": \(model)}".utf8)))
  }

  @Test func aFileMayHoldAModelOnly() throws {
    let tokenizer = try tokenizer("")
    #expect(tokenizer.encode("abba", addingSpecialTokens: true) == [2, 1, 0])
    #expect(tokenizer.vocabularySize == 3)
  }

  @Test func addedTokensCountForTheVocabularySize() throws {
    let tokenizer = try tokenizer(#""added_tokens": [{"id": 9, "content": "X", "normalized": false}]"#)
    #expect(tokenizer.vocabularySize == 10)
    #expect(tokenizer.encode("aXb", addingSpecialTokens: false) == [0, 9, 1])
  }

  @Test(arguments: [
    (#""normalizer": {"type": "NFKC"}"#, "normalizer NFKC"),
    (#""normalizer": {"type": "Sequence", "normalizers": [{"type": "Lowercase"}]}"#, "normalizer Lowercase"),
    (
      #""normalizer": {"type": "Replace", "pattern": {"String": ""}, "content": "x"}"#,
      "normalizer Replace of an empty text"
    ),
    (#""pre_tokenizer": {"type": "BertPreTokenizer"}"#, "pre-tokenizer BertPreTokenizer"),
    (
      #""pre_tokenizer": {"type": "Split", "pattern": {"Regex": "\\h"}, "behavior": "Isolated"}"#,
      "regular expression \\h"
    ),
    (
      #""pre_tokenizer": {"type": "Split", "pattern": {"Regex": "[a[bc]]"}, "behavior": "Isolated"}"#,
      "regular expression [a[bc]]"
    ),
    (
      #""pre_tokenizer": {"type": "Split", "pattern": {"Regex": "[a&&b]"}, "behavior": "Isolated"}"#,
      "regular expression [a&&b]"
    ),
    (#""post_processor": {"type": "BertProcessing"}"#, "post-processor BertProcessing"),
    (#""post_processor": {"type": "TemplateProcessing", "single": []}"#, "template without a text"),
  ])
  func whatIsNotSupportedIsNamed(members: String, component: String) {
    #expect(throws: TokenizerError.unsupported(component: component)) { try tokenizer(members) }
  }

  @Test(arguments: [
    (#"{"type": "Unigram", "vocab": []}"#, TokenizerError.unsupported(component: "model Unigram")),
    (#"{"vocab": {}, "merges": [], "dropout": 0.1}"#, .unsupported(component: "model dropout")),
    (
      #"{"vocab": {}, "merges": [], "end_of_word_suffix": "</w>"}"#, .unsupported(component: "model end_of_word_suffix")
    ),
    (#"{"merges": []}"#, .malformed(path: "model.vocab")),
    (#"{"vocab": {"a": -1}, "merges": []}"#, .malformed(path: "model.vocab.a")),
    (#"{"vocab": {"a": 2147483648}, "merges": []}"#, .malformed(path: "model.vocab.a")),
    (#"{"vocab": {"a": 0.5}, "merges": []}"#, .malformed(path: "model.vocab.a")),
    (#"{"vocab": {"a": 0}}"#, .malformed(path: "model.merges")),
    (#"{"vocab": {"a": 0}, "merges": ["a"]}"#, .malformed(path: "model.merges[0]")),
    (#"{"vocab": {"a": 0}, "merges": ["a a a"]}"#, .malformed(path: "model.merges[0]")),
    (#"{"vocab": {"a": 0}, "merges": [["a"]]}"#, .malformed(path: "model.merges[0]")),
    (#"{"vocab": {"a": 0, "aa": 1}, "merges": ["a a", "aa b"]}"#, .mergeOutsideVocabulary(index: 1)),
    (#"{"vocab": {"a": 0}, "merges": ["a a"]}"#, .mergeOutsideVocabulary(index: 0)),
    (#"{"vocab": {"a": 0}, "merges": [], "unk_token": "?"}"#, .unknownTokenMissing("?")),
    (#"{"vocab": {}, "merges": [], "byte_fallback": 1}"#, .malformed(path: "model.byte_fallback")),
  ])
  func aModelThatCannotBeUsedIsRefused(model: String, error: TokenizerError) {
    #expect(throws: error) { try tokenizer("", model: model) }
  }

  @Test(arguments: [
    (#""normalizer": {}"#, "normalizer.type"),
    (#""normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend"}]}"#, "normalizer.normalizers[0].prepend"),
    (#""pre_tokenizer": {"type": "Split", "pattern": "x", "behavior": "Isolated"}"#, "pre_tokenizer.pattern"),
    (#""pre_tokenizer": {"type": "Split", "pattern": {"String": "x"}, "behavior": "Nope"}"#, "pre_tokenizer.behavior"),
    (#""pre_tokenizer": {"type": "Metaspace", "replacement": "ab"}"#, "pre_tokenizer.replacement"),
    (
      #""pre_tokenizer": {"type": "Metaspace", "replacement": "_", "prepend_scheme": "last"}"#,
      "pre_tokenizer.prepend_scheme"
    ),
    (
      #""post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>"}}]}"#,
      "post_processor.special_tokens.<s>"
    ),
    (#""added_tokens": [{"content": "x"}]"#, "added_tokens[0].id"),
    (#""added_tokens": [{"id": 1}]"#, "added_tokens[0].content"),
  ])
  func whatIsMalformedIsPlaced(members: String, path: String) {
    #expect(throws: TokenizerError.malformed(path: path)) { try tokenizer(members) }
  }

  @Test func aRegularExpressionThatDoesNotCompileIsQuoted() {
    let members = #""pre_tokenizer": {"type": "Split", "pattern": {"Regex": "a("}, "behavior": "Isolated"}"#
    let error = #expect(throws: TokenizerError.self) { try tokenizer(members) }
    guard case .pattern(let text, let reason) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(text == "a(")
    #expect(reason.offset == 2)
  }
}
