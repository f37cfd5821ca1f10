package import Checkpoints
package import JSONDocuments
internal import Kernels
internal import Modifiers
package import Planning
internal import Vocabulary

/// All that a run's bytes follow from: an unfinished run can be continued by one with the same fingerprint.
package struct RunFingerprint: Hashable, Sendable {
  /// One thing that they follow from.
  package enum Part: String, CaseIterable, Sendable {
    /// The version of the tool.
    case version
    /// The recipe, with all that it includes.
    case recipe
    /// The model: config, headers and, where calibration makes work long, every weight.
    case model
    /// When the weight files were last written; only of runs that do not read every weight for their fingerprint.
    case weightTimes
    /// The number of calibration sequences.
    case sequences
    /// The tokens of the longest.
    case sequenceLength
    /// The calibration sequences.
    case calibration
    /// The precision of scales and codes.
    case arithmetic
    /// The instructions of the loops.
    case instructions
    /// The place of every output tensor.
    case layout
    /// The layers that are counted for the page about the run.
    case page
  }

  /// A part that two runs do not have in common; nil where one has none.
  package struct Difference: Hashable, Sendable {
    /// The part.
    package let part: Part
    /// What the earlier run had.
    package let earlier: String?
    /// What this run has.
    package let now: String?

    package init(_ part: Part, earlier: String?, now: String?) {
      self.part = part
      self.earlier = earlier
      self.now = now
    }
  }

  /// What each part is: a digest, or a word.
  package let values: [Part: String]

  package init(_ values: [Part: String]) { self.values = values }

  /// Takes the fingerprint of a run.
  ///
  /// - Parameters:
  ///   - plan: What is to be done.
  ///   - source: The model.
  ///   - windows: The calibration sequences.
  ///   - options: How it is to be done.
  /// - Throws: `interrupted`, or the system's refusal.
  package init(
    _ plan: Plan,
    on source: Checkpoint,
    windows: [[Int32]],
    options: RunOptions
  ) throws(ExecutionError) {
    let layout = ContentDigest()
    for output in plan.outputs {
      layout.add(output.description.name)
      layout.add(output.description.elementType.rawValue)
      for size in output.description.shape { layout.add(size) }
    }
    layout.add(plan.shardByteLimit ?? 0)
    var values: [Part: String] = [
      .version: options.version, .recipe: ContentDigest.text(of: options.recipeSources),
      .arithmetic: options.arithmetic.rawValue, .instructions: "\(options.processor.level)", .layout: layout.text,
      .page: ContentDigest.text(of: Array(options.histogramLayers.sorted().joined(separator: "\n").utf8)),
    ]
    let model = ContentDigest()
    source.headers.add(to: model)
    if plan.calibration == nil {
      let times = ContentDigest()
      try checked { () throws(CheckpointError) in try source.headers.addModificationTimes(to: times) }
      values[.weightTimes] = times.text
    } else {
      for name in source.headers.tensorNames {
        guard !options.isInterrupted() else { throw .interrupted }
        guard let tensor = source.tensorIfPresent(name) else { continue }
        tensor.withBytes { model.add($0) }
        tensor.dontNeed()
      }
      let calibration = ContentDigest()
      for window in windows {
        calibration.add(window.count)
        window.withUnsafeBytes { calibration.add($0) }
      }
      values[.sequences] = "\(windows.count)"
      values[.sequenceLength] = "\(windows.map(\.count).max() ?? 0)"
      values[.calibration] = calibration.text
    }
    values[.model] = model.text
    self.values = values
  }

  /// What has changed since an earlier run, in the order of the parts.
  ///
  /// Another number or length makes other sequences, which is not told twice.
  package func differences(from earlier: RunFingerprint) -> [Difference] {
    let parts = Part.allCases.filter { values[$0] != earlier.values[$0] }
    let isOtherSelection = parts.contains(.sequences) || parts.contains(.sequenceLength)
    return parts.filter { $0 != .calibration || !isOtherSelection }
      .map { Difference($0, earlier: earlier.values[$0], now: values[$0]) }
  }
}

extension RunFingerprint {
  /// The fingerprint as an object of texts.
  package var document: JSON { document(leavingOut: []) }

  /// The fingerprint as it stands in the report: without times, which a copy of the model does not keep.
  var reportDocument: JSON { document(leavingOut: [.weightTimes]) }

  /// Reads an object of texts; members that this version does not know have no part.
  package init?(_ document: JSON?) {
    guard let members = document?.object else { return nil }
    var values: [Part: String] = [:]
    for member in members {
      guard let part = Part(rawValue: member.key) else { continue }
      guard let value = member.value.string else { return nil }
      values[part] = value
    }
    self.init(values)
  }

  /// Whether the report of a finished run has the same parts.
  package func isThat(ofReport report: JSON) -> Bool {
    guard let other = RunFingerprint(report["fingerprint"]) else { return false }
    return values.filter { $0.key != .weightTimes } == other.values
  }

  private func document(leavingOut omitted: Set<Part>) -> JSON {
    .object(
      Part.allCases.compactMap { part in
        omitted.contains(part) ? nil : values[part].map { JSON.Member(part.rawValue, .string($0)) }
      }
    )
  }
}
