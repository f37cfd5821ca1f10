internal import Diagnostics
internal import Planning

/// What can be wrong with a limit on memory.
enum MemoryDiagnostics {
  static func memoryTooSmall(_ budget: Int, _ need: PlannedMemory) -> Diagnostic {
    let parts = need.leastParts
    var notes: [String] = []
    if parts.weights > 0 {
      notes.append("\(ByteCount.text(parts.weights)) are the weights of one block in float32, and its codes")
    }
    if parts.moments > 0 {
      notes.append(
        "\(ByteCount.text(parts.moments)) are second moments of an input of \(parts.width) channels, and their factor"
      )
    }
    if parts.work > 0 {
      notes.append("\(ByteCount.text(parts.work)) are copies of what is worked on, and what flows of a chunk of tokens")
    }
    notes.append("\(ByteCount.text(parts.program)) are the program and its libraries")
    if parts.weights + parts.moments > 0 { notes.append("fewer calibration tokens do not need less") }
    let inFiles = need.activations > 0 ? ", even with all activations in files" : ""
    return Diagnostic(
      .error,
      DiagnosticCode("memory-too-small"),
      "the plan needs \(ByteCount.text(need.leastPeak)) of memory\(inFiles), and --memory allows \(ByteCount.text(budget))",
      help: parts.moments > 0
        ? "allow more, or quantize the widest layers by a modifier that reads no second moments" : "allow more",
      notes: notes
    )
  }
}
