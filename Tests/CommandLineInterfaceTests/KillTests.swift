import Foundation
import Glibc
import JSONDocuments
import TestSupport
import Testing

/// The executable killed at moments that nobody chose, and resumed until it comes to its end.
@Suite struct KillTests {
  private static let recipes = [
    "data": """
    quant_stage:
      quant_modifiers:
        SmoothQuantModifier: {smoothing_strength: 0.5}
        GPTQModifier: {scheme: W4A16, targets: [Linear], ignore: [lm_head]}
    """,
    "passes": """
    calibration: {recalibrate: per-stage}
    quant_stage:
      quant_modifiers:
        SparseGPTModifier: {sparsity: 0.5, mask_structure: '2:4', targets: ['re:.*layers.*_proj$']}
        GPTQModifier: {scheme: W4A16, targets: [Linear], ignore: [lm_head]}
    """,
    "no data": """
    quant_stage:
      quant_modifiers:
        QuantizationModifier: {scheme: W8A16, targets: [Linear]}
    """,
  ]
  private static let seeds: [UInt64] = [1, 2, 3, 4]
  private static let killCount = 6

  private static func command(to output: String, resuming: Bool = false) -> [String] {
    [
      "run", "recipe.yaml", "--model", "model", "--output", output, "--calibration", "calibration.jsonl",
      "--samples", "1000", "--sequence-length", "\(rowLength)", "--report", "html",
    ] + (resuming ? ["--resume"] : [])
  }

  private static let rowLength = 128
  private static let fewRows = 48
  /// Enough for a block to take long beside what it takes to ask how far a run is.
  private static let manyRows = 600

  private static func workspace(_ recipe: String, rows: Int) throws -> Workspace {
    let workspace = try Workspace()
    try workspace.copyBundledModel()
    try workspace.write("recipe.yaml", try #require(recipes[recipe]) + "\n")
    try workspace.writeRows(count: rows, length: rowLength)
    return workspace
  }

  /// All files of a result but the page, which has times all over; of the report all but times.
  private static func files(_ workspace: Workspace, of output: String) throws -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: workspace.url(output).path(percentEncoded: false)) {
      files[name] = name == "pare-report.html" ? [] : try workspace.read("\(output)/\(name)")
    }
    var report = try JSON.parse(try #require(files["pare-report.json"]))
    report["phases"] = nil
    files["pare-report.json"] = Array(report.serialized(.compact).utf8)
    return files
  }

  @Test(.timeLimit(.minutes(2)), arguments: recipes.keys.sorted(), seeds)
  func aKilledRunResumedHasTheSameBytes(recipe: String, seed: UInt64) throws {
    let workspace = try Self.workspace(recipe, rows: Self.fewRows)
    let started = ContinuousClock.now
    try #require(workspace.run(Self.command(to: "whole")).status == 0)
    let duration = ContinuousClock.now - started
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<Self.killCount {
      let running = try workspace.start(Self.command(to: "out", resuming: true))
      Workspace.pause(duration * Double.random(in: 0...0.9, using: &generator))
      kill(running.process.processIdentifier, SIGKILL)
      let outcome = try running.wait()
      // It may have come to its end before.
      try #require(outcome.status == -SIGKILL || outcome.status == 0, "\(outcome.errors)")
    }
    let last = try workspace.run(Self.command(to: "out", resuming: true))
    #expect(last.status == 0, "\(last.errors)")
    #expect(try !workspace.names().contains { $0.hasPrefix(".") })
    let (found, expected) = (try Self.files(workspace, of: "out"), try Self.files(workspace, of: "whole"))
    #expect(found.keys.sorted() == expected.keys.sorted())
    for (name, bytes) in expected { #expect(found[name] == bytes, "\(name)") }
  }

  /// A run that was interrupted when one block at least was finished.
  private static func interrupt(_ workspace: Workspace, to output: String) throws -> Workspace.Outcome {
    let running = try workspace.start(Self.command(to: output) + ["--threads", "1"])
    let journal = ".\(output).partial/journal"
    while running.process.isRunning {
      let text = (try? workspace.read(journal)).map { String(decoding: $0, as: UTF8.self) } ?? ""
      if text.contains(#""kind":"block""#) { break }
      Workspace.pause(.milliseconds(1))
    }
    kill(running.process.processIdentifier, SIGTERM)
    return try running.wait()
  }

  @Test(.timeLimit(.minutes(2))) func anInterruptedRunSaysHowItGoesOn() throws {
    let workspace = try Self.workspace("data", rows: Self.manyRows)
    let before = try workspace.names()
    let interrupted = try Self.interrupt(workspace, to: "out")
    try #require(interrupted.status == 3, "\(interrupted.errors)")
    #expect(interrupted.errors.contains("finished and kept in ./.out.partial [interrupted]"), "\(interrupted.errors)")
    #expect(interrupted.errors.hasSuffix("= help: the same command with --resume goes on from there\n"))
    #expect(try workspace.names() == ([".out.partial"] + before).sorted())

    let refused = try workspace.run(Self.command(to: "out"))
    #expect(refused.status == 2 && refused.errors.contains("[unfinished-run]"), "\(refused.errors)")
    let differs = try workspace.run(Self.command(to: "out", resuming: true).dropLast(3) + ["--resume"])
    #expect(differs.status == 2, "\(differs.errors)")
    #expect(differs.errors.contains("cannot be resumed: --report changed since [different-run]"))

    let resumed = try workspace.run(Self.command(to: "out", resuming: true))
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(resumed.output.contains(" since it was resumed behind "), "\(resumed.output)")
    let again = try workspace.run(Self.command(to: "out", resuming: true))
    #expect(again.status == 0 && again.errors.contains("[already-finished]"), "\(again.errors)")
    try workspace.write("recipe.yaml", "# Another.\n" + String(decoding: workspace.read("recipe.yaml"), as: UTF8.self))
    let other = try workspace.run(Self.command(to: "out", resuming: true))
    #expect(other.status == 2 && other.errors.contains("[output-exists]"), "\(other.errors)")
  }

  @Test(.timeLimit(.minutes(2))) func twoRunsDoNotWriteOneOutput() throws {
    let workspace = try Self.workspace("data", rows: Self.manyRows)
    let running = try workspace.start(Self.command(to: "out") + ["--threads", "1"])
    while running.process.isRunning, (try? workspace.read(".out.partial/journal")) == nil {
      Workspace.pause(.milliseconds(1))
    }
    kill(running.process.processIdentifier, SIGSTOP)
    for arguments in [Self.command(to: "out"), Self.command(to: "out", resuming: true)] {
      let refused = try workspace.run(arguments)
      #expect(refused.status == 2 && refused.errors.contains("[run-in-progress]"), "\(refused.errors)")
    }
    kill(running.process.processIdentifier, SIGCONT)
    #expect(try running.wait().status == 0)
  }
}
