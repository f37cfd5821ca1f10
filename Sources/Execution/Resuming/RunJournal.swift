internal import Checkpoints
internal import JSONDocuments
internal import Kernels

/// Notes every finished unit of a run in its hidden folder, so that another run can go on behind it.
///
/// The first line of the journal is the run's fingerprint, each other one a record. What a record speaks of is on the disk
/// before the record is.
final class RunJournal {
  private let staging: StagingFolder
  private let file: JournalFile
  private var position = SweepPosition()
  private var streamCount = 0

  private static let fileName = "journal"
  private static let scratchName = "scratch"
  /// Streams are kept in turn, so that the last is whole while the next is written.
  private static let streamNames = ["stream-0", "stream-1"]

  /// Begins a journal.
  ///
  /// - Parameters:
  ///   - staging: The hidden folder.
  ///   - fingerprint: That of the run.
  ///   - streamCount: The floats of a residual stream, whose disk space is claimed at once; zero without calibration.
  /// - Throws: `diskFull`, or the system's refusal.
  init(in staging: StagingFolder, fingerprint: RunFingerprint, streamCount: Int) throws(CheckpointError) {
    self.staging = staging
    for name in Self.streamNames where streamCount > 0 {
      try FloatFile.reserve(staging.notePath(name), count: streamCount)
    }
    file = try JournalFile(creating: staging.notePath(Self.fileName))
    try file.append(Array(fingerprint.document.serialized(.compact).utf8))
  }

  /// Goes on with a journal.
  init(in staging: StagingFolder, continuing contents: Contents) throws(CheckpointError) {
    self.staging = staging
    file = try JournalFile(continuing: staging.notePath(Self.fileName), at: contents.end)
    for record in contents.records { count(record) }
  }

  /// What the run would leave if it ended now; nil when there is nothing worth keeping.
  var unfinished: UnfinishedRun? {
    hasWork ? UnfinishedRun(path: staging.path, blockCount: position.finishedBlockCount) : nil
  }

  private var hasWork = false

  /// Opens the file of weights between passes.
  ///
  /// - Parameters:
  ///   - staging: The hidden folder.
  ///   - records: What was noted.
  /// - Returns: The weights as the records have them.
  /// - Throws: The system's refusal.
  static func scratch(
    in staging: StagingFolder,
    _ records: [JournalRecord] = []
  ) throws(CheckpointError) -> ScratchTensors {
    try ScratchTensors(staging.notePath(scratchName), places: records.flatMap(\.kept))
  }

  /// Adds a record, and the stream that work goes on with behind it.
  func append(_ record: JournalRecord, stream: FloatBuffer?) throws(CheckpointError) {
    var record = record
    if let stream {
      let name = Self.streamNames[streamCount % Self.streamNames.count]
      let digest = try FloatFile.write(stream[0..<stream.count], to: staging.notePath(name))
      record.stream = JournalRecord.Stream(file: name, digest: digest)
    }
    try file.append(record.line)
    count(record)
  }

  private func count(_ record: JournalRecord) {
    if record.stream != nil { streamCount += 1 }
    position.advance(by: record)
    hasWork = hasWork || record.unit != .copied
  }

  /// What an unfinished run has noted.
  struct Contents {
    /// The run's fingerprint.
    let fingerprint: RunFingerprint
    /// The sound records.
    private(set) var records: [JournalRecord] = []
    /// Where each record begins, from the start of the file.
    private var starts: [Int] = []
    /// Where the last one ends.
    private(set) var end: Int

    /// Reads the journal in a hidden folder; nil where none has a fingerprint.
    init?(in staging: StagingFolder) throws(CheckpointError) {
      let lines = try JournalFile.read(staging.notePath(RunJournal.fileName))
      guard staging.holdsCheckpoint, let first = lines.first,
        let fingerprint = RunFingerprint(try? JSON.parse(first.content))
      else { return nil }
      self.fingerprint = fingerprint
      end = first.end
      for line in lines.dropFirst() {
        guard let record = JournalRecord(line: line.content) else { break }
        records.append(record)
        starts.append(end)
        end = line.end
      }
    }

    /// What the run has left; nil when there is nothing worth keeping.
    func unfinished(in staging: StagingFolder) -> UnfinishedRun? {
      guard records.contains(where: { $0.unit != .copied }) else { return nil }
      return UnfinishedRun(path: staging.path, blockCount: SweepPosition(records).finishedBlockCount)
    }

    /// Reads the stream behind the last block, where work goes on with one.
    ///
    /// A record whose stream did not reach the disk as it was is dropped: work goes on behind the one before it.
    ///
    /// - Parameters:
    ///   - staging: The hidden folder.
    ///   - count: The floats of a stream.
    /// - Returns: The stream, or nil where work goes on without one.
    /// - Throws: The system's refusal.
    mutating func readStream(in staging: StagingFolder, count: Int) throws(CheckpointError) -> FloatBuffer? {
      while let stream = records.last?.stream {
        let buffer = FloatBuffer(count: count)
        let path = staging.notePath(stream.file)
        let floats = UnsafeMutableBufferPointer(start: buffer.start, count: count)
        if try FloatFile.read(path, into: floats, digest: stream.digest) { return buffer }
        records.removeLast()
        end = starts.removeLast()
      }
      return nil
    }
  }
}

/// How far the passes over the calibration data have come.
struct SweepPosition {
  /// The pass that is under way.
  private(set) var pass = 0
  /// Whether outliers were looked at.
  private(set) var isSurveyed = false
  /// Blocks that are finished, each once in every pass, and notes of layers that no pass settles.
  private(set) var finishedBlockCount = 0
  private var blockCount = 0
  private var isHeadSettled = false

  init(_ records: [JournalRecord] = []) {
    for record in records { advance(by: record) }
  }

  /// Goes on behind what a record says is finished.
  mutating func advance(by record: JournalRecord) {
    switch record.unit {
    case .copied: break
    case .layers: finishedBlockCount += 1
    case .survey: isSurveyed = true
    case .block(let number, let index):
      // Blocks that were finished soon after another are noted with a later one.
      finishedBlockCount += index + 1 - (number == pass ? blockCount : 0)
      if number != pass { isHeadSettled = false }
      (pass, blockCount) = (number, index + 1)
    case .head(let number):
      (pass, isHeadSettled) = (number, true)
    }
  }

  /// The first block of a pass that is not finished.
  func firstBlock(ofPass number: Int) -> Int { number == pass ? blockCount : 0 }

  /// Whether a pass has still to settle the head.
  func awaitsHead(inPass number: Int) -> Bool { number != pass || !isHeadSettled }
}
