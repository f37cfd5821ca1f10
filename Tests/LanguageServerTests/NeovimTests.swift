import Foundation
import TestSupport
import Testing

/// A real editor: Neovim without a screen opens, repairs, completes and formats a recipe.
@Suite struct NeovimTests {
  private static let fixtures = Places.fixtures(of: "LanguageServer").appending(path: "neovim")
  private static let executable = Bundle.main.executableURL?.deletingLastPathComponent().appending(path: "pare")

  private static let recipe = """
    # Served with 16-bit activations
    quant_stage:
      quant_modifiers:
        GPTQModifier:
          scheme:   W4A16
          block_sise: 128
          targets: [ Linear,"re:.*\\\\.q_proj$" ]

    """

  @Test(.timeLimit(.minutes(5)))
  func neovimWritesARecipeWithTheServersHelp() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "pare-neovim-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let recipe = folder.appending(path: "recipe.yaml")
    try Self.recipe.write(to: recipe, atomically: true, encoding: .utf8)
    let (outputFile, errorFile) = (folder.appending(path: "output"), folder.appending(path: "errors"))
    for file in [outputFile, errorFile] { try Data().write(to: file) }

    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [
      "nvim", "--headless", "--clean", "-n", "-i", "NONE", "-c",
      "luafile \(Self.fixtures.appending(path: "session.lua").path(percentEncoded: false))",
    ]
    process.currentDirectoryURL = folder
    process.environment = [
      "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin",
      "HOME": folder.path(percentEncoded: false),
      "TMPDIR": folder.path(percentEncoded: false),
      "PARE": try #require(Self.executable).path(percentEncoded: false),
      "RECIPE": recipe.path(percentEncoded: false),
      "MODEL": Places.inRepository("models/tiny-stories").path(percentEncoded: false),
    ]
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: outputFile)
    process.standardError = try FileHandle(forWritingTo: errorFile)
    try process.run()
    process.waitUntilExit()

    let output = try String(contentsOf: outputFile, encoding: .utf8)
    let errors = try String(contentsOf: errorFile, encoding: .utf8)
    #expect(process.terminationStatus == 0, "is neovim installed? make setup does it\n\(output)\n\(errors)")
    try expectSnapshot(output, at: Self.fixtures.appending(path: "session.txt"))
    let left = try FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false))
    #expect(!left.contains { $0.hasPrefix("pare-lsp-") }, "texts were left behind: \(left)")
  }
}
