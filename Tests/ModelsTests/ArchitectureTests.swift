import Diagnostics
import Foundation
import Models
import Syntax
import TestSupport
import Testing

@Suite struct ArchitectureTests {
  static let documents = Places.files(in: Places.inRepository("grammar/models"), suffix: "yaml")

  @Test func everyDocumentIsInTheProgram() {
    #expect(!Self.documents.isEmpty)
    let names = Self.documents.map { $0.deletingPathExtension().lastPathComponent }
    #expect(Architecture.standard.map(\.family) == names)
  }

  @Test(arguments: documents)
  func theProgramReadsADocumentAsItStands(document: URL) throws {
    let tree = SyntaxTree.parse(
      SourceFile(name: document.lastPathComponent, bytes: Array(try Data(contentsOf: document)))
    )
    let root = try #require(tree.root?.mapping)
    let family = try #require(root["family"]?.scalar?.text)
    let types = try #require(root["model_types"]?.sequence?.items).compactMap(\.scalar?.text)
    #expect(family == document.deletingPathExtension().lastPathComponent)
    let architecture = try #require(Architecture.standard.first { $0.family == family })
    #expect(architecture.modelTypes == types)
    for type in types { #expect(Architecture.named(byModelType: type) == architecture) }
  }

  @Test func noModelTypeBelongsToTwoFamilies() {
    let types = Architecture.standard.flatMap(\.modelTypes)
    #expect(Set(types).count == types.count)
    #expect(Architecture.named(byModelType: "Llama") == nil)
  }
}
