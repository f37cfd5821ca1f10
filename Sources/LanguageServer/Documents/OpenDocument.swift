internal import Diagnostics
internal import JSONDocuments

/// A text that an editor has open; what the editor shows counts, and not what the disk has.
struct OpenDocument {
  /// The address by which the editor knows it.
  let address: DocumentAddress
  /// The number of the last change, as the editor counts.
  private(set) var version: Int?
  /// The text as it is now.
  private(set) var file: SourceFile
  /// What was last said of it.
  var diagnostics: [Diagnostic] = []

  /// Whether other recipes were read with it; a note says so of every recipe that includes some.
  var includesOthers: Bool { diagnostics.contains { $0.code.name == "included-recipe" } }

  init(address: DocumentAddress, version: Int?, text: String) {
    self.address = address
    self.version = version
    file = SourceFile(name: address.name, text: text)
  }

  /// Makes changes one after the other, all of them or none.
  ///
  /// - Parameters:
  ///   - changes: Each has the `text` that takes the place of a `range`, or of everything where it has none.
  ///   - version: The number of the text after them.
  ///   - encoding: How the ranges count.
  /// - Throws: `Failure` when a change is none.
  mutating func apply(_ changes: [JSON], version: Int?, encoding: PositionEncoding) throws(Failure) {
    var changed = file
    for change in changes {
      guard let text = change["text"]?.string else { throw Failure(.invalidParameters, "a change without text") }
      guard let range = change["range"] else {
        changed = SourceFile(name: file.name, text: text)
        continue
      }
      guard let start = EditorPosition(range["start"]), let end = EditorPosition(range["end"]), start <= end else {
        throw Failure(.invalidParameters, "a change whose range is none")
      }
      let span = changed.offset(of: start, in: encoding)..<changed.offset(of: end, in: encoding)
      var bytes = changed.bytes
      bytes.replaceSubrange(span, with: text.utf8)
      changed = SourceFile(name: file.name, bytes: bytes)
    }
    file = changed
    self.version = version
  }
}
