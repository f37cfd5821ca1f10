internal import Checkpoints
internal import Kernels

/// Where a run begins: in a new hidden folder, or behind what an unfinished run has finished.
struct RunStart {
  let staging: StagingFolder
  let writer: CheckpointWriter
  let journal: RunJournal
  let fingerprint: RunFingerprint
  /// What was finished; nothing of a new run.
  private(set) var records: [JournalRecord] = []
  /// The residual stream behind the last finished block.
  private(set) var stream: FloatBuffer?
  /// Finished blocks; nil for a run that begins at the beginning.
  private(set) var resumedBlockCount: Int?

  /// Finds what there is to go on with, and makes or opens the output.
  ///
  /// - Parameters:
  ///   - destination: The path of the folder to be.
  ///   - layout: The tensors to come.
  ///   - streamCount: The floats of a residual stream; zero without calibration.
  ///   - options: Whether to go on with an unfinished run.
  ///   - takeFingerprint: Takes the fingerprint of this run, which may take long.
  /// - Throws: `unfinished` or `differs`, after which everything is as before, or what stands in the way of a new run.
  init(
    at destination: String,
    layout: SafetensorsLayout,
    streamCount: Int,
    options: RunOptions,
    takeFingerprint: () throws(ExecutionError) -> RunFingerprint
  ) throws(ExecutionError) {
    let staging = try checked { () throws(CheckpointError) in try StagingFolder(for: destination) }
    self.staging = staging
    let found = try checked { () throws(CheckpointError) in try RunJournal.Contents(in: staging) }
    guard var contents = found, let unfinished = contents.unfinished(in: staging) else {
      do {
        if options.resumes { options.progress(.nothingToResume) }
        let fingerprint = try takeFingerprint()
        self.fingerprint = fingerprint
        writer = try checked { () throws(CheckpointError) in try CheckpointWriter(in: staging, layout: layout) }
        journal = try checked { () throws(CheckpointError) in
          try RunJournal(in: staging, fingerprint: fingerprint, streamCount: streamCount)
        }
      } catch {
        staging.remove()
        throw error
      }
      return
    }
    guard options.resumes else { throw .unfinished(unfinished) }
    let fingerprint: RunFingerprint
    do {
      fingerprint = try takeFingerprint()
    } catch {
      throw error.isOfMoment ? .stopped(unfinished, by: error) : error
    }
    let differences = fingerprint.differences(from: contents.fingerprint)
    guard differences.isEmpty else { throw .differs(unfinished, differences) }
    self.fingerprint = fingerprint
    stream = try checked { () throws(CheckpointError) in
      try contents.readStream(in: staging, count: streamCount)
    }
    let known = contents
    records = known.records
    resumedBlockCount = SweepPosition(records).finishedBlockCount
    writer = try checked { () throws(CheckpointError) in
      try CheckpointWriter(continuing: staging, layout: layout, written: Set(known.records.flatMap(\.written)))
    }
    do {
      journal = try checked { () throws(CheckpointError) in try RunJournal(in: staging, continuing: known) }
    } catch {
      writer.leave()
      throw error
    }
  }

  /// Leaves what is finished for another run when the machine or the caller ended this one; removes it otherwise.
  ///
  /// - Returns: The error that tells which.
  func end(by error: ExecutionError) -> ExecutionError {
    guard error.isOfMoment, let unfinished = journal.unfinished else {
      writer.discard()
      return error
    }
    writer.leave()
    return .stopped(unfinished, by: error)
  }
}
