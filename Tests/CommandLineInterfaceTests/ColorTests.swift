import Foundation
import Glibc
import Testing

/// When messages are coloured: on a terminal, unless `NO_COLOR` is there.
@Suite struct ColorTests {
  private static let escape = "\u{1B}["

  /// What `check` tells a terminal about a recipe with an error.
  private func messages(environment: [String: String]) throws -> String {
    var master: Int32 = -1
    var terminal: Int32 = -1
    try #require(openpty(&master, &terminal, nil, nil, nil) == 0)
    defer { close(master) }
    let workspace = try Workspace()
    try workspace.linkMaterial()
    let outcome = try workspace.start(
      ["check", "given/misspelled.yaml"],
      errors: FileHandle(fileDescriptor: terminal, closeOnDealloc: false),
      environment: environment
    ).wait()
    #expect(outcome.status == 1)
    close(terminal)
    var text: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 12)
    // The last read fails: nobody holds the other end any more.
    while case let count = read(master, &buffer, buffer.count), count > 0 { text += buffer[..<count] }
    return String(decoding: text, as: UTF8.self)
  }

  @Test func aTerminalGetsColours() throws {
    let text = try messages(environment: [:])
    #expect(text.contains("unknown-scheme"))
    #expect(text.contains(Self.escape))
  }

  @Test(arguments: ["1", "0"])
  func noColorIsObeyedWhateverItsValue(value: String) throws {
    let text = try messages(environment: ["NO_COLOR": value])
    #expect(text.contains("unknown-scheme"))
    #expect(!text.contains(Self.escape))
  }

  /// So says no-color.org.
  @Test func anEmptyNoColorCountsAsNone() throws {
    #expect(try messages(environment: ["NO_COLOR": ""]).contains(Self.escape))
  }

  @Test func aFileGetsNone() throws {
    let workspace = try Workspace()
    try workspace.linkMaterial()
    let outcome = try workspace.run(["check", "given/misspelled.yaml"])
    #expect(outcome.errors.contains("unknown-scheme"))
    #expect(!outcome.errors.contains(Self.escape))
  }
}
