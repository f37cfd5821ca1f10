internal import Diagnostics

/// What can be wrong with layers that are served as one.
enum FusedSetDiagnostics {
  static func fusedSetDiffers(_ finding: FusedSetFinding, severity: Severity) -> Diagnostic {
    let reason =
      severity == .error
      ? "schemes with one global scale need it to be that of the whole set"
      : "runtimes make one layer of them and refuse the model, or take the first one's scheme for all"
    return Diagnostic(
      severity,
      DiagnosticCode("fused-set-differs"),
      "\(finding.names) read one tensor and should have one scheme, but \(finding.assignments)",
      at: finding.places.first?.span,
      label: finding.places.first?.label ?? "",
      secondary: Array(finding.places.dropFirst()),
      help: "give all of them one scheme, or list all of them under ignore",
      notes: [reason, finding.whereabouts] + searching(finding)
    )
  }

  /// What a search for one factor makes of several schemes.
  static func searching(_ finding: FusedSetFinding) -> [String] {
    finding.searcher.map {
      ["\($0) searches one factor for all of them, and llm-compressor tries the last one's scheme"]
    }
      ?? []
  }
}
