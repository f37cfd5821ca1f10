internal import Glibc

/// A file of lines that are on the disk once they are added, each with its digest: what stands in it before a crash can be
/// told from what the crash tore.
package final class JournalFile: Sendable {
  private let file: OpenFile

  /// One sound line.
  package struct Line: Hashable, Sendable {
    /// What was added.
    package let content: [UInt8]
    /// Where it ends, from the start of the file.
    package let end: Int
  }

  private static let digestLength = 32
  private static let lineBreak = UInt8(ascii: "\n")
  private static let space = UInt8(ascii: " ")

  /// Makes a new journal, in place of what stands there.
  ///
  /// - Throws: The system's refusal.
  package convenience init(creating path: String) throws(CheckpointError) {
    try self.init(continuing: path, at: 0)
  }

  /// Opens a journal to add lines behind its sound ones; what follows them is cut off.
  ///
  /// - Throws: The system's refusal.
  package init(continuing path: String, at end: Int) throws(CheckpointError) {
    file = try OpenFile.updating(path)
    try file.truncate(to: end)
    try file.synchronize()
    try Folder.synchronize(Folder.split(path).parent)
  }

  /// Adds a line, and waits until it is on the disk.
  ///
  /// - Parameter content: The line, without line breaks.
  /// - Throws: `diskFull`, or the system's refusal.
  package func append(_ content: [UInt8]) throws(CheckpointError) {
    precondition(!content.contains(Self.lineBreak), "a line ends with its break")
    let line = Array(ContentDigest.text(of: content).utf8) + [Self.space] + content + [Self.lineBreak]
    try file.write(line, at: try file.byteCount())
    try file.synchronize()
  }

  /// The sound lines of a journal, up to the first that is torn or altered; none where there is no journal.
  ///
  /// - Throws: The system's refusal.
  package static func read(_ path: String) throws(CheckpointError) -> [Line] {
    guard Folder.exists(path) else { return [] }
    let file = try OpenFile.reading(path)
    let bytes = try file.read(count: try file.byteCount(), at: 0)
    var lines: [Line] = []
    var start = 0
    while let end = bytes[start...].firstIndex(of: lineBreak) {
      let line = bytes[start..<end]
      let content = Array(line.dropFirst(digestLength + 1))
      guard line.count > digestLength, line[start + digestLength] == space,
        line.prefix(digestLength).elementsEqual(ContentDigest.text(of: content).utf8)
      else { break }
      start = end + 1
      lines.append(Line(content: content, end: start))
    }
    return lines
  }
}
