import Foundation
import TestSupport
import Testing

/// Commands as people type them, with all that they answer, one text file each.
@Suite struct CommandTests {
  static let transcripts = Places.files(in: Workspace.fixtures.appending(path: "commands"), suffix: "txt")

  @Test func thereAreTranscripts() { #expect(Self.transcripts.count > 30) }

  @Test(arguments: transcripts)
  func aCommandAnswersAsRecorded(transcript: URL) throws {
    let recorded = try String(contentsOf: transcript, encoding: .utf8)
    let line = String(recorded.prefix { $0 != "\n" })
    var words = line.split(separator: " ").map(String.init)
    try #require(words.starts(with: ["$", "pare"]), "a transcript begins with its command")
    words.removeFirst(2)
    var input: String?
    if let sign = words.firstIndex(of: "<") {
      input = words[sign + 1]
      words.removeSubrange(sign...)
    }
    let workspace = try Workspace()
    try workspace.linkMaterial()
    let before = try workspace.names()
    let outcome = try workspace.run(words, input: input)
    #expect(try workspace.names() == before)
    let name = transcript.deletingPathExtension().lastPathComponent
    #expect(name.hasPrefix("usage-") == (outcome.status == 2) || name.contains("-absent-"))
    try expectSnapshot(
      """
      \(line)
      exit \(outcome.status)
      --- standard output
      \(outcome.output)--- standard error
      \(outcome.errors.withoutRates)
      """,
      at: transcript
    )
  }
}
