internal import Diagnostics
internal import Execution

/// What there is to say of unfinished runs.
extension CommandDiagnostics {
  static func alreadyFinished(_ output: String) -> Diagnostic {
    Diagnostic(
      .note,
      DiagnosticCode("already-finished"),
      "\(output) is finished already, and there is nothing to resume"
    )
  }

  static func differentRun(
    of output: String,
    _ run: UnfinishedRun,
    _ differences: [RunFingerprint.Difference]
  ) -> Diagnostic {
    let subjects = differences.map(\.subject)
    let list = subjects.dropLast().joined(separator: ", ") + (subjects.count > 1 ? " and " : "") + (subjects.last ?? "")
    return Diagnostic(
      .error,
      DiagnosticCode("different-run"),
      "the unfinished run of \(output) cannot be resumed: \(list) changed since",
      help: "resume it as it was begun, or remove \(run.path) to start at the beginning",
      notes: differences.compactMap(\.values)
    )
  }

  static func interrupted(keeping run: UnfinishedRun? = nil) -> Diagnostic {
    let code = DiagnosticCode("interrupted")
    guard let run else { return Diagnostic(.error, code, "interrupted; nothing was written") }
    return Diagnostic(
      .error,
      code,
      "interrupted; \(UnfinishedRun.text(ofBlocks: run.blockCount)) finished and kept in \(run.path)",
      help: "the same command with --resume goes on from there"
    )
  }

  static func nothingToResume(_ output: String) -> Diagnostic {
    Diagnostic(
      .note,
      DiagnosticCode("nothing-to-resume"),
      "there is no unfinished run of \(output) to resume; this one starts at the beginning"
    )
  }

  static func runInProgress(_ output: String) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("run-in-progress"),
      "another run is writing \(output)",
      help: "wait for its end, or name another folder"
    )
  }

  static func runKept(_ run: UnfinishedRun) -> Diagnostic {
    Diagnostic(
      .note,
      DiagnosticCode("run-kept"),
      "\(UnfinishedRun.text(ofBlocks: run.blockCount)) finished and kept in \(run.path)",
      help: "the same command with --resume goes on from there"
    )
  }

  static func unfinishedRun(of output: String, _ run: UnfinishedRun) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("unfinished-run"),
      "a run of \(output) is unfinished, with \(UnfinishedRun.text(ofBlocks: run.blockCount)) finished",
      help: "go on with it with --resume, or remove \(run.path) to start at the beginning"
    )
  }
}

extension UnfinishedRun {
  /// A number of blocks in words.
  static func text(ofBlocks count: Int) -> String { count == 1 ? "1 block" : "\(count) blocks" }
}

extension RunFingerprint.Difference {
  /// The part in words.
  fileprivate var subject: String {
    switch part {
    case .version: "the version of Pare"
    case .recipe: "the recipe"
    case .model: "the model"
    case .weightTimes: "the time of the model's weight files"
    case .sequences: "the number of calibration sequences"
    case .sequenceLength: "the length of calibration sequences"
    case .calibration: "the calibration data"
    case .arithmetic: "--arithmetic"
    case .instructions: "the processor's instructions"
    case .layout: "the plan of the output"
    case .page: "--report"
    }
  }

  /// What it was and what it is; nil where only digests are known.
  fileprivate var values: String? {
    switch part {
    case .version, .sequences, .sequenceLength, .arithmetic, .instructions:
      "\(subject): \(earlier ?? "none") then, \(now ?? "none") now"
    case .recipe, .model, .weightTimes, .calibration, .layout, .page: nil
    }
  }
}
