import Foundation
import Glibc
import Testing

/// What signals do to a run that has finished nothing yet.
@Suite struct InterruptionTests {
  /// Far more work than a run gets time for here.
  private static let rows = 600
  private static let rowLength = 512

  @Test(.timeLimit(.minutes(2)), arguments: [SIGINT, SIGTERM])
  func aSignalEndsARunWithoutATrace(signal: Int32) throws {
    let workspace = try Workspace()
    try workspace.copyBundledModel()
    try workspace.link("recipes", to: Workspace.bundledRecipes)
    try workspace.writeRows(count: Self.rows, length: Self.rowLength)
    let before = try workspace.names()
    let running = try workspace.start([
      "run", "recipes/gptq-w4a16.yaml", "--model", "model", "--output", "out", "--calibration", "calibration.jsonl",
      "--samples", "\(Self.rows)", "--sequence-length", "\(Self.rowLength)",
    ])
    // The hidden folder appears when work begins, and signals are heeded from before then on.
    while running.process.isRunning, try workspace.names() == before {
      Workspace.pause(.milliseconds(1))
    }
    #expect(try workspace.names().contains { $0.hasPrefix(".out.") })
    kill(running.process.processIdentifier, signal)
    let outcome = try running.wait()
    #expect(outcome.status == 3)
    #expect(outcome.errors.hasSuffix("error: interrupted; nothing was written [interrupted]\n"), "\(outcome.errors)")
    #expect(outcome.output.isEmpty)
    #expect(try workspace.names() == before)
  }
}
