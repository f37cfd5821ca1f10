import Checkpoints
import Execution
import Foundation
import JSONDocuments
import Modifiers
import Planning
import Synchronization
import TestSupport
import Testing
import Vocabulary

/// Runs that end before their time, and those that go on with them.
struct ResumeTests {
  private static let projections = "targets: ['re:.*layers.*_proj$']"

  /// Recipes whose runs note everything that can be noted.
  private static let recipes: [String: String] = [
    "gptq": "GPTQModifier: {scheme: W4A16, targets: [Linear], ignore: [lm_head]}",
    "static scales and a head": """
    SmoothQuantModifier: {smoothing_strength: 0.5}
        GPTQModifier:
          config_groups:
            all:
              targets: [Linear]
              weights: {num_bits: 8, strategy: channel}
              input_activations: {num_bits: 8, strategy: tensor, dynamic: false, observer: minmax}
          kv_cache_scheme: {num_bits: 8, type: float, strategy: tensor, dynamic: false, symmetric: true}
    """,
    "outliers": """
    SparseGPTModifier: {sparsity: 0.5, sparsity_profile: owl, owl_m: 5, owl_lmbda: 0.1, \(projections)}
    """,
    "rotations": """
    SpinQuantModifier: {rotations: [R1, R2], transform_type: hadamard}
        GPTQModifier: {scheme: W4A16, targets: [Linear], ignore: [lm_head]}
    """,
    "a part of the blocks": "GPTQModifier: {scheme: W4A16, targets: ['re:.*layers.[01].*_proj$']}",
    "no data": "QuantizationModifier: {scheme: NVFP4A16, targets: [Linear], ignore: [lm_head]}",
    "no data, block after block": "QuantizationModifier: {scheme: W4A16, targets: [Linear], ignore: [lm_head]}",
  ]

  private static let perStage = """
    SmoothQuantModifier: {smoothing_strength: 0.5}
        SparseGPTModifier: {sparsity: 0.5, mask_structure: '2:4', \(projections)}
        GPTQModifier: {scheme: W8A8, targets: [Linear], ignore: [lm_head]}
    """

  private static func text(_ modifiers: String) -> String {
    "quant_stage:\n  quant_modifiers:\n    \(modifiers)\n"
  }

  private static let request = PlanRequest(samples: 3, sequenceLength: 64)
  private static let rows = windows(count: 3, length: 64, vocabulary: 1024)
  private static let counted: Set<String> = ["model.layers.1.mlp.up_proj", "model.layers.3.self_attn.q_proj"]

  private static func trial(_ recipe: String, model: URL = BundledText.model) throws -> Trial {
    try Trial(recipe: recipe, model: model, request: request)
  }

  /// Asked so many times, it says that the run is to end.
  private final class Patience: Sendable {
    private let left: Atomic<Int>
    init(_ count: Int) { left = Atomic(count) }
    var isOver: Bool { left.wrappingSubtract(1, ordering: .relaxed).newValue < 0 }
    func used(of count: Int) -> Int { count - left.load(ordering: .relaxed) }
  }

  private static func run(_ trial: Trial, resumes: Bool = false, patience: Patience? = nil) throws -> RunReport {
    try trial.run(
      windows: trial.plan.calibration == nil ? [] : rows,
      resumes: resumes,
      histogramLayers: counted,
      isInterrupted: { patience?.isOver ?? false }
    )
  }

  /// Every file of a result; of the report all but its times.
  private static func files(of trial: Trial) throws -> [String: Data] {
    let folder = URL(filePath: trial.destination)
    var files: [String: Data] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: trial.destination) {
      var data = try Data(contentsOf: folder.appending(path: name))
      if name == RunReport.fileName {
        var report = try JSON.parse(Array(data))
        report["phases"] = nil
        data = Data(report.serialized(.compact).utf8)
      }
      files[name] = data
    }
    return files
  }

  private static func expectSame(_ trial: Trial, _ report: RunReport, as whole: (files: [String: Data], RunReport))
    throws
  {
    let files = try files(of: trial)
    #expect(files.keys.sorted() == whole.files.keys.sorted())
    for (name, data) in whole.files { #expect(files[name] == data, "\(name)") }
    #expect(report.layers == whole.1.layers)
    #expect(report.smoothings == whole.1.smoothings)
    #expect(report.histograms == whole.1.histograms)
    #expect(trial.traces == ["out"])
  }

  /// A run that nothing ends, and how often it asks whether it shall.
  private static func whole(_ recipe: String) throws -> (files: [String: Data], report: RunReport, questions: Int) {
    let trial = try trial(recipe)
    defer { trial.cleanUp() }
    let patience = Patience(.max)
    let report = try run(trial, patience: patience)
    return (try files(of: trial), report, patience.used(of: .max))
  }

  /// Ends a run after so many questions and each that goes on with it after as many more, until one is left to its end.
  private static func expectSameBytes(_ recipe: String, stoppingEvery stride: (Int) -> Int) throws {
    let whole = try whole(recipe)
    let trial = try trial(recipe)
    defer { trial.cleanUp() }
    var kept = 0
    for sitting in 0..<whole.questions {
      do {
        let report = try run(trial, resumes: true, patience: Patience(stride(sitting)))
        try expectSame(trial, report, as: (whole.files, whole.report))
        #expect(kept > 0 && report.resumedBlockCount == kept)
        return
      } catch ExecutionError.interrupted {
        #expect(trial.traces.isEmpty && kept == 0)
      } catch ExecutionError.stopped(let run, by: .interrupted) {
        #expect(trial.traces == [".out.partial"])
        #expect(run.blockCount >= kept)
        kept = run.blockCount
      }
    }
    Issue.record("no run came to its end")
  }

  @Test(arguments: recipes.keys.sorted())
  func aRunThatWasEndedManyTimesHasTheBytesOfOneThatWasNot(name: String) throws {
    let recipe = Self.text(try #require(Self.recipes[name]))
    let questions = try Self.whole(recipe).questions
    // A sitting needs some questions to find that the model is the same; each gets more until one comes further.
    try Self.expectSameBytes(recipe) { questions * (60 + 3 * $0) / 100 }
  }

  @Test(arguments: recipes.keys.sorted())
  func aRunCanBeEndedAnywhere(name: String) throws {
    let recipe = Self.text(try #require(Self.recipes[name]))
    let whole = try Self.whole(recipe)
    let stops = stride(from: 1, to: whole.questions, by: max(whole.questions / 9, 1))
    for stop in stops {
      let trial = try Self.trial(recipe)
      defer { trial.cleanUp() }
      #expect(throws: ExecutionError.self) { try Self.run(trial, patience: Patience(stop)) }
      try Self.expectSame(trial, Self.run(trial, resumes: true), as: (whole.files, whole.report))
    }
  }

  @Test func passesAreContinuedInTheirMiddle() throws {
    let recipe = "calibration: {recalibrate: per-stage}\n" + Self.text(Self.perStage)
    try #require(Self.trial(recipe).plan.passes.count == 3)
    let whole = try Self.whole(recipe)
    let stops = stride(from: 20, to: whole.questions, by: max(whole.questions / 12, 1))
    for stop in stops {
      let trial = try Self.trial(recipe)
      defer { trial.cleanUp() }
      #expect(throws: ExecutionError.self) { try Self.run(trial, patience: Patience(stop)) }
      try Self.expectSame(trial, Self.run(trial, resumes: true), as: (whole.files, whole.report))
    }
  }
}

extension ResumeTests {
  /// An unfinished run with two finished blocks.
  private static func unfinished(_ recipe: String, model: URL = BundledText.model) throws -> (Trial, UnfinishedRun) {
    let trial = try trial(recipe, model: model)
    let whole = try whole(recipe)
    for stop in whole.questions / 2..<whole.questions {
      do {
        _ = try run(trial, resumes: true, patience: Patience(stop))
      } catch ExecutionError.stopped(let run, by: _) where run.blockCount >= 2 {
        return (trial, run)
      } catch ExecutionError.interrupted, ExecutionError.stopped {}
    }
    trial.cleanUp()
    throw CancellationError()
  }

  private static var gptq: String { get throws { text(try #require(recipes["gptq"])) } }

  @Test func whatACrashToreIsDoneAgain() throws {
    let recipe = try Self.gptq
    let whole = try Self.whole(recipe)
    // The journal's tail, a byte in its middle, and each of the streams, as a crash of the machine may leave them.
    let damages: [(String, (inout Data) -> Void)] = [
      ("journal", { $0.removeLast(7) }), ("journal", { $0.append(contentsOf: Array("0123".utf8)) }),
      ("journal", { $0[$0.count * 3 / 4] ^= 1 }), ("journal", { $0[$0.count * 2 / 5] ^= 1 }),
      ("stream-0", { $0[100] ^= 1 }), ("stream-1", { $0.removeLast() }), ("stream-1", { $0 = Data() }),
    ]
    for (name, damage) in damages {
      let (trial, run) = try Self.unfinished(recipe)
      defer { trial.cleanUp() }
      let file = URL(filePath: "\(run.path)/\(name)")
      var data = try Data(contentsOf: file)
      damage(&data)
      try data.write(to: file)
      try Self.expectSame(trial, Self.run(trial, resumes: true), as: (whole.files, whole.report))
    }
  }

  @Test func anUnfinishedRunIsNotReplacedUnasked() throws {
    let (trial, run) = try Self.unfinished(Self.gptq)
    defer { trial.cleanUp() }
    #expect(throws: ExecutionError.unfinished(run)) { try Self.run(trial) }
    #expect(try Self.run(trial, resumes: true).resumedBlockCount == run.blockCount)
  }

  @Test func aRunWithoutAJournalStartsAtTheBeginning() throws {
    let (trial, run) = try Self.unfinished(Self.gptq)
    defer { trial.cleanUp() }
    try Data("torn".utf8).write(to: URL(filePath: "\(run.path)/journal"))
    #expect(try Self.run(trial).resumedBlockCount == nil)
    #expect(trial.traces == ["out"])
  }

  @Test func whatHasChangedIsNamed() throws {
    let (trial, run) = try Self.unfinished(Self.gptq)
    defer { trial.cleanUp() }
    func expect(_ parts: [RunFingerprint.Part], _ body: () throws -> RunReport) {
      do {
        _ = try body()
        Issue.record("\(parts) changed, and the run was resumed")
      } catch ExecutionError.differs(let found, let differences) {
        #expect(found == run)
        #expect(differences.map(\.part) == parts)
      } catch {
        Issue.record("\(parts): \(error)")
      }
    }
    func resume(
      _ other: Trial? = nil,
      windows: [[Int32]]? = nil,
      arithmetic: Arithmetic = .float32,
      version: String = "test",
      counted: Set<String>? = nil
    ) throws -> RunReport {
      try (other ?? trial).run(
        windows: windows ?? Self.rows,
        arithmetic: arithmetic,
        version: version,
        resumes: true,
        histogramLayers: counted ?? Self.counted,
        destination: trial.destination
      )
    }
    let other = try Self.trial(Self.gptq + "# Another text.\n")
    defer { other.cleanUp() }
    expect([.recipe]) { try resume(other) }
    let sharded = try Self.trial("output: {shard_size: 500KB}\n" + Self.gptq)
    defer { sharded.cleanUp() }
    expect([.recipe, .layout]) { try resume(sharded) }
    expect([.version]) { try resume(version: "next") }
    expect([.arithmetic]) { try resume(arithmetic: .reference) }
    expect([.page]) { try resume(counted: []) }
    expect([.sequences]) { try resume(windows: Array(Self.rows.dropLast())) }
    expect([.sequenceLength]) { try resume(windows: Self.rows.map { Array($0.dropLast()) }) }
    expect([.calibration]) { try resume(windows: Self.rows.reversed()) }
    var altered = Self.rows
    altered[2][63] ^= 1
    expect([.calibration]) { try resume(windows: altered) }
    // The very last bit of the last weight file.
    let model = try AlteredModel()
    let changed = try Self.trial(Self.gptq, model: model.folder)
    defer { changed.cleanUp() }
    expect([.model]) { try resume(changed) }
    #expect(try resume().resumedBlockCount == run.blockCount)
  }

  @Test func weightFilesOfADataFreeRunAreKnownByTheirTime() throws {
    let recipe = Self.text(try #require(Self.recipes["no data, block after block"]))
    let model = try AlteredModel(isAltered: false)
    let (trial, run) = try Self.unfinished(recipe, model: model.folder)
    defer { trial.cleanUp() }
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSince1970: 1_000_000_000)],
      ofItemAtPath: model.folder.appending(path: "model.safetensors").path
    )
    do {
      _ = try Self.run(trial, resumes: true)
      Issue.record("the weights changed, and the run was resumed")
    } catch ExecutionError.differs(let found, let differences) {
      #expect(found == run && differences.map(\.part) == [.weightTimes])
    }
  }

  @Test func whatComesToStandAtTheOutputCostsNothing() throws {
    let recipe = try Self.gptq
    let whole = try Self.whole(recipe)
    let (trial, run) = try Self.unfinished(recipe)
    defer { trial.cleanUp() }
    let file = trial.destination + "/mine.txt"
    do {
      _ = try trial.run(
        windows: Self.rows,
        resumes: true,
        histogramLayers: Self.counted,
        isInterrupted: {
          try? FileManager.default.createDirectory(atPath: trial.destination, withIntermediateDirectories: true)
          try? Data().write(to: URL(filePath: file))
          return false
        }
      )
      Issue.record("a folder was replaced")
    } catch ExecutionError.stopped(let kept, by: .checkpoint(.destinationExists(let path))) {
      #expect(path == trial.destination && kept.blockCount > run.blockCount)
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: trial.destination) == ["mine.txt"])
    try FileManager.default.removeItem(atPath: trial.destination)
    try Self.expectSame(trial, Self.run(trial, resumes: true), as: (whole.files, whole.report))
  }

  @Test func aRunThatFailsForItsInputLeavesNothing() throws {
    let recipe = try Self.gptq
    // It is found when the last block is reached, and those before it are finished.
    let broken = try AlteredModel(notFinite: "model.layers.3.mlp.down_proj.weight")
    let failing = try Self.trial(recipe, model: broken.folder)
    defer { failing.cleanUp() }
    #expect(throws: ExecutionError.self) { try Self.run(failing) }
    #expect(failing.traces.isEmpty)

    let (trial, _) = try Self.unfinished(recipe)
    defer { trial.cleanUp() }
    #expect(throws: ExecutionError.tokenOutOfRange(id: 5000, vocabularySize: 1024)) {
      try trial.run(windows: [[5000]], resumes: true)
    }
    #expect(trial.traces == [".out.partial"], "the unfinished run had other data")
  }
}

/// A copy of the bundled model with a change to its weights.
private final class AlteredModel {
  let folder: URL

  init(isAltered: Bool = true, notFinite tensor: String? = nil) throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "altered-\(UUID().uuidString)")
    try FileManager.default.copyItem(at: BundledText.model, to: folder)
    let file = folder.appending(path: "model.safetensors")
    var data = try Data(contentsOf: file)
    if let tensor {
      let header = try #require(CheckpointHeaders.read(folder.path).files.first).header
      let entry = try #require(header.tensors.first { $0.description.name == tensor })
      data[entry.byteRange.lowerBound] = 0xC0
      data[entry.byteRange.lowerBound + 1] = 0x7F
    } else if isAltered {
      data[data.count - 2] ^= 1
    }
    try data.write(to: file)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }
}
