import Checkpoints
import Execution
import Foundation
import JSONDocuments
import Planning
import Testing

/// What is noted of finished work, and read again.
struct JournalRecordTests {
  private static let recipe = """
    quant_stage:
      quant_modifiers:
        AWQModifier: {duo_scaling: both}
        GPTQModifier: {scheme: W4A16, targets: ['re:.*layers.*_proj$']}
    """

  /// A record with everything in it that a run reports.
  private static func record() throws -> JournalRecord {
    let trial = try Trial(
      recipe: recipe,
      model: BundledText.model,
      request: PlanRequest(samples: 4, sequenceLength: 128)
    )
    defer { trial.cleanUp() }
    let name = "model.layers.0.mlp.down_proj"
    let report = try trial.run(windows: BundledText.calibration(count: 4), histogramLayers: [name])
    var record = JournalRecord(.block(pass: 1, index: 2))
    record.written = ["a.weight", "b \"\n✓"]
    record.settled = ["a"]
    record.layers = report.layers
    record.smoothings = report.smoothings
    record.experts = [ExpertReport(name: "model.layers.0.mlp", tokenCounts: [3, 0, 17])]
    record.histograms = report.histograms
    record.kept = [ScratchTensors.Place(name: "a.weight", range: 0..<16)]
    record.stream = JournalRecord.Stream(file: "stream-1", digest: "0123")
    try #require(record.layers.count == 28 && record.histograms.count == 1 && !record.smoothings.isEmpty)
    return record
  }

  @Test func aRecordIsReadBitForBit() throws {
    let record = try Self.record()
    #expect(JournalRecord(line: record.line) == record)
    #expect(!record.line.contains(UInt8(ascii: "\n")))
    let units: [JournalRecord.Unit] = [
      .copied, .layers, .head(pass: 3), .block(pass: 0, index: 0), .survey([:]), .survey([4: 0.1, 7: 1.0 / 3]),
    ]
    for unit in units {
      let plain = JournalRecord(unit)
      #expect(JournalRecord(line: plain.line) == plain)
    }
  }

  @Test func whatIsNoRecordIsNone() throws {
    let text = String(decoding: try Self.record().line, as: UTF8.self)
    let wrong = [
      "", "7", "{}", "[\(text)]", text.replacingOccurrences(of: #""block""#, with: #""brick""#),
      text.replacingOccurrences(of: #""pass":1"#, with: #""pass":"1""#),
      text.replacingOccurrences(of: #""relativeError""#, with: #""error""#),
      text.replacingOccurrences(of: #""loss":"#, with: #""loss":true,"#),
      text.replacingOccurrences(of: #""settled":["a"]"#, with: #""settled":[1]"#),
      text.replacingOccurrences(of: #""a.weight",0,16"#, with: #""a.weight",16,0"#),
      text.replacingOccurrences(of: #""digest""#, with: #""hash""#),
    ]
    for line in wrong {
      #expect(line != text)
      #expect(JournalRecord(line: Array(line.utf8)) == nil, "\(line.prefix(200))")
    }
  }

  @Test func aFingerprintIsReadAndCompared() throws {
    let earlier = RunFingerprint([
      .version: "1", .recipe: "a", .model: "b", .sequences: "64", .sequenceLength: "512", .calibration: "c",
    ])
    #expect(RunFingerprint(earlier.document) == earlier)
    #expect(RunFingerprint(JSON.array([])) == nil)
    #expect(RunFingerprint(try JSON.parse(Array(#"{"recipe":1}"#.utf8))) == nil)
    #expect(earlier.differences(from: earlier).isEmpty)
    var values = earlier.values
    values[.calibration] = "d"
    values[.version] = "2"
    #expect(
      RunFingerprint(values).differences(from: earlier) == [
        RunFingerprint.Difference(.version, earlier: "1", now: "2"),
        RunFingerprint.Difference(.calibration, earlier: "c", now: "d"),
      ]
    )
    // Of fewer sequences it is not told as well that they are others.
    values[.sequences] = "32"
    values[.version] = nil
    #expect(
      RunFingerprint(values).differences(from: earlier) == [
        RunFingerprint.Difference(.version, earlier: "1", now: nil),
        RunFingerprint.Difference(.sequences, earlier: "64", now: "32"),
      ]
    )
  }
}
