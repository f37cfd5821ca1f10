package import Checkpoints
internal import JSONDocuments

/// One finished unit of a run's work, and all of it that later work or the report needs.
package struct JournalRecord: Hashable, Sendable {
  /// What was finished.
  package var unit: Unit
  /// Output tensors that are on the disk since.
  package var written: [String] = []
  /// Modules that are settled since.
  package var settled: [String] = []
  /// How they fared.
  package var layers: [LayerReport] = []
  /// What was smoothed.
  package var smoothings: [SmoothingReport] = []
  /// Which tokens experts got.
  package var experts: [ExpertReport] = []
  /// Weights by their place on the grid.
  package var histograms: [WeightHistogram] = []
  /// Where weights are that a later pass reads.
  package var kept: [ScratchTensors.Place] = []
  /// The residual stream behind a block that another part of the pass follows.
  package var stream: Stream?

  /// A unit of work.
  package enum Unit: Hashable, Sendable {
    /// The tensors that stay as they are.
    case copied
    /// The look at outliers, with the sparsity that each container of layers got.
    case survey([Int: Double])
    /// A block of a pass over the calibration data.
    case block(pass: Int, index: Int)
    /// The head, at the end of a pass.
    case head(pass: Int)
    /// Layers that no pass settles.
    case layers
  }

  /// Floats in a file of the hidden folder.
  package struct Stream: Hashable, Sendable {
    /// The file's name.
    package let file: String
    /// The digest of its floats.
    package let digest: String

    package init(file: String, digest: String) {
      self.file = file
      self.digest = digest
    }
  }

  package init(_ unit: Unit) { self.unit = unit }
}

extension JournalRecord {
  /// The record as one line of the journal.
  package var line: [UInt8] { Array(document.serialized(.compact).utf8) }

  /// Reads a line of the journal; nil for one that says what no record says.
  package init?(line: [UInt8]) {
    guard let document = try? JSON.parse(line), let unit = Unit(document["unit"]),
      let written = document["written"]?.texts, let settled = document["settled"]?.texts,
      let layers = document["layers"]?.all(LayerReport.init(record:)),
      let smoothings = document["smoothings"]?.all(SmoothingReport.init(record:)),
      let experts = document["experts"]?.all(ExpertReport.init(record:)),
      let histograms = document["histograms"]?.all(WeightHistogram.init(record:)),
      let kept = document["kept"]?.all(ScratchTensors.Place.init(record:))
    else { return nil }
    self.unit = unit
    self.written = written
    self.settled = settled
    self.layers = layers
    self.smoothings = smoothings
    self.experts = experts
    self.histograms = histograms
    self.kept = kept
    if let stream = document["stream"], stream != .null {
      guard let file = stream["file"]?.string, let digest = stream["digest"]?.string else { return nil }
      self.stream = Stream(file: file, digest: digest)
    }
  }

  private var document: JSON {
    .object([
      JSON.Member("unit", unit.record), JSON.Member("written", .array(written.map(JSON.string))),
      JSON.Member("settled", .array(settled.map(JSON.string))),
      JSON.Member("layers", .array(layers.map(\.record))),
      JSON.Member("smoothings", .array(smoothings.map(\.record))),
      JSON.Member("experts", .array(experts.map(\.record))),
      JSON.Member("histograms", .array(histograms.map(\.record))),
      JSON.Member("kept", .array(kept.map(\.record))),
      JSON.Member(
        "stream",
        stream.map { .object([JSON.Member("file", .string($0.file)), JSON.Member("digest", .string($0.digest))]) }
          ?? .null
      ),
    ])
  }
}

extension JournalRecord.Unit {
  fileprivate var record: JSON {
    switch self {
    case .copied: .object([JSON.Member("kind", .string("copied"))])
    case .layers: .object([JSON.Member("kind", .string("layers"))])
    case .head(let pass): .object([JSON.Member("kind", .string("head")), JSON.Member("pass", .integer(Int64(pass)))])
    case .block(let pass, let index):
      .object([
        JSON.Member("kind", .string("block")), JSON.Member("pass", .integer(Int64(pass))),
        JSON.Member("index", .integer(Int64(index))),
      ])
    case .survey(let sparsities):
      .object([
        JSON.Member("kind", .string("survey")),
        JSON.Member(
          "sparsities",
          .array(
            sparsities.sorted { $0.key < $1.key }.map { .array([.integer(Int64($0.key)), .number($0.value)]) }
          )
        ),
      ])
    }
  }

  fileprivate init?(_ record: JSON?) {
    switch record?["kind"]?.string {
    case "copied": self = .copied
    case "layers": self = .layers
    case "head":
      guard let pass = record?["pass"]?.int else { return nil }
      self = .head(pass: pass)
    case "block":
      guard let pass = record?["pass"]?.int, let index = record?["index"]?.int else { return nil }
      self = .block(pass: pass, index: index)
    case "survey":
      let pairs = record?["sparsities"]?.all { pair -> (Int, Double)? in
        guard let pair = pair.array, pair.count == 2, let key = pair[0].int, let value = pair[1].double else {
          return nil
        }
        return (key, value)
      }
      guard let pairs else { return nil }
      self = .survey(Dictionary(pairs) { first, _ in first })
    default: return nil
    }
  }
}

extension ScratchTensors.Place {
  fileprivate var record: JSON {
    .array([.string(name), .integer(Int64(range.lowerBound)), .integer(Int64(range.upperBound))])
  }

  fileprivate init?(record: JSON) {
    guard let parts = record.array, parts.count == 3, let name = parts[0].string, let start = parts[1].int,
      let end = parts[2].int, 0 <= start, start <= end
    else { return nil }
    self.init(name: name, range: start..<end)
  }
}

extension JSON {
  /// The elements of an array, each read; nil when one of them cannot be.
  func all<Value>(_ read: (JSON) -> Value?) -> [Value]? {
    guard let array else { return nil }
    let values = array.compactMap(read)
    return values.count == array.count ? values : nil
  }

  /// The texts of an array of texts.
  fileprivate var texts: [String]? { all(\.string) }
}
