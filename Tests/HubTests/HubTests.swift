import Foundation
import Hub
import Synchronization
import TestSupport
import Testing

/// A cache that is filled from a hub on this machine.
@Suite final class HubTests: Sendable {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "pare-hub-\(UUID().uuidString)")
  private let name: HubName
  private static let weights = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
  private static let files: [String: [UInt8]] = [
    "config.json": Array("{\"model_type\": \"llama\"}".utf8), "tokenizer.json": Array("{}".utf8),
    "model.safetensors": weights, "README.md": Array("# Tiny".utf8), "pytorch_model.bin": [1, 2, 3],
    "pytorch_model.bin.index.json": Array("{}".utf8), "LICENSE": Array("Apache".utf8),
    "onnx/config.json": Array("{}".utf8), "chat_template.jinja": Array("{{ messages }}".utf8),
  ]

  init() throws { name = try #require(HubName("tests/tiny")) }

  /// Hubs serve as long as somebody holds them, and clients know addresses only.
  private let running = Mutex<[LoopbackHub]>([])

  private func hub(
    _ behaviour: LoopbackHub.Behaviour = .init(),
    files: [String: [UInt8]] = files
  ) -> LoopbackHub {
    let hub = LoopbackHub(files: files, large: ["model.safetensors"], behaviour: behaviour)
    running.withLock { $0.append(hub) }
    return hub
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  private func client(_ server: LoopbackHub, token: String? = nil, observer: HubObserver = HubObserver()) -> Hub {
    Hub(
      HubSettings(
        endpoint: server.endpoint + "/",
        token: token,
        cache: folder.path,
        userAgent: "pare-tests",
        pauses: [0, 0, 0]
      ),
      observer: observer
    )
  }

  private var repository: URL { folder.appending(path: "models--tests--tiny") }

  private func names(_ path: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: repository.appending(path: path).path).sorted()
  }

  @Test func theCacheHasTheLayoutOfHuggingfaceHub() throws {
    let server = hub()
    let snapshot = try client(server).fetchModel(name, .all)
    #expect(snapshot.folder == "\(folder.path)/models--tests--tiny/snapshots/\(LoopbackHub.commit)")
    #expect(
      try names("snapshots/\(LoopbackHub.commit)")
        == ["LICENSE", "chat_template.jinja", "config.json", "model.safetensors", "tokenizer.json"]
    )
    for (name, bytes) in Self.files where snapshot.holds(name) {
      let hash = name == "model.safetensors" ? LoopbackHub.sha256(bytes) : LoopbackHub.gitHash(bytes)
      let link = try FileManager.default.destinationOfSymbolicLink(atPath: "\(snapshot.folder)/\(name)")
      #expect(link == "../../blobs/\(hash)")
      #expect(try Array(Data(contentsOf: repository.appending(path: "blobs/\(hash)"))) == bytes)
    }
    #expect(try names("blobs").count == 5)
    #expect(try String(contentsOf: repository.appending(path: "refs/main"), encoding: .utf8) == LoopbackHub.commit)
    #expect(try HubCache(folder.path).snapshot(of: name) == snapshot)
    #expect(try snapshot.missingFiles().isEmpty)
  }

  @Test func whatIsThereIsNotFetchedAgain() throws {
    let server = hub()
    _ = try client(server).fetchModel(name, .all)
    let count = server.requests.count
    _ = try client(server).fetchModel(name, .all)
    #expect(server.requests.count == count + 1, "one question, which commit it is")
    #expect(server.storageRequests.count == 1)
  }

  @Test func aDescriptionHasNoWeights() throws {
    let server = hub()
    let snapshot = try client(server).fetchModel(name, .description)
    #expect(try names("snapshots/\(LoopbackHub.commit)") == ["config.json"])
    #expect(try snapshot.missingFiles() == ["model.safetensors"])
    #expect(server.storageRequests.isEmpty)
    let start = try client(server).start(of: "model.safetensors", of: name, at: snapshot, byteCount: 1000)
    #expect(start.bytes == Array(Self.weights.prefix(1000)))
    #expect(start.fileByteCount == Self.weights.count)
  }

  @Test func aServerThatKnowsNoPartsGivesTheStartToo() throws {
    var behaviour = LoopbackHub.Behaviour()
    behaviour.ignoresRanges = true
    let client = client(hub(behaviour))
    let snapshot = try client.fetchModel(name, .description)
    let start = try client.start(of: "model.safetensors", of: name, at: snapshot, byteCount: 10)
    #expect(start.bytes == Array(Self.weights.prefix(10)))
    #expect(start.fileByteCount == Self.weights.count)
  }

  @Test(arguments: [false, true])
  func aTransferThatBreaksOffIsContinued(ignoresRanges: Bool) throws {
    var behaviour = LoopbackHub.Behaviour()
    behaviour.cuts = ["model.safetensors": [100_000, 50_000, 0]]
    behaviour.ignoresRanges = ignoresRanges
    let server = hub(behaviour)
    let snapshot = try client(server).fetchModel(name, .all)
    #expect(try Array(Data(contentsOf: URL(filePath: "\(snapshot.folder)/model.safetensors"))) == Self.weights)
    let ranges = server.storageRequests.map { $0.headers["range"] }
    #expect(ranges.count == 4)
    #expect(ranges[1] == "bytes=100000-")
    #expect(ignoresRanges || ranges[2] == "bytes=150000-")
  }

  @Test func aLaterProcessContinuesWhatAnEarlierOneLeft() throws {
    var behaviour = LoopbackHub.Behaviour()
    behaviour.cuts = ["model.safetensors": [70_000, 0, 0, 0]]
    let server = hub(behaviour)
    #expect(throws: HubError.self) { try client(server).fetchModel(name, .all) }
    let hash = LoopbackHub.sha256(Self.weights)
    #expect(try Data(contentsOf: repository.appending(path: "blobs/\(hash).incomplete")).count == 70_000)
    #expect(try HubCache(folder.path).snapshot(of: name) == nil, "no branch leads to what is incomplete")
    let snapshot = try client(server).fetchModel(name, .all)
    #expect(server.storageRequests.last?.headers["range"] == "bytes=70000-")
    #expect(try Array(Data(contentsOf: URL(filePath: "\(snapshot.folder)/model.safetensors"))) == Self.weights)
    #expect(try names("blobs").allSatisfy { !$0.hasSuffix(".incomplete") })
  }

  @Test func bytesThatAreLeftFromAnotherFileAreFoundOut() throws {
    let blobs = repository.appending(path: "blobs")
    try FileManager.default.createDirectory(at: blobs, withIntermediateDirectories: true)
    let left = blobs.appending(path: "\(LoopbackHub.sha256(Self.weights)).incomplete")
    try Data(repeating: 7, count: 1000).write(to: left)
    let server = hub()
    #expect {
      try client(server).fetchModel(name, .all)
    } throws: { error in
      guard case .checksum("model.safetensors", LoopbackHub.sha256(Self.weights), _) = error as? HubError else {
        return false
      }
      return true
    }
    #expect(!FileManager.default.fileExists(atPath: left.path))
    _ = try client(server).fetchModel(name, .all)
  }

  @Test(arguments: ["model.safetensors", "tokenizer.json"])
  func wrongBytesAreNotKept(file: String) throws {
    var behaviour = LoopbackHub.Behaviour()
    behaviour.corrupt = [file]
    #expect {
      try client(hub(behaviour)).fetchModel(name, .all)
    } throws: { error in
      guard case .checksum(file, _, _) = error as? HubError else { return false }
      return true
    }
    #expect(try names("blobs").allSatisfy { !$0.hasSuffix(".incomplete") })
    #expect(!FileManager.default.fileExists(atPath: repository.appending(path: "refs/main").path))
  }

  @Test func theTokenGoesToTheHubAndNowhereElse() throws {
    var behaviour = LoopbackHub.Behaviour()
    behaviour.token = "hf_secret"
    let server = hub(behaviour)
    #expect(throws: HubError.notFound(what: .repository(name), hasToken: false)) {
      try client(server).fetchModel(name, .all)
    }
    _ = try client(server, token: "hf_secret").fetchModel(name, .all)
    #expect(server.requests.contains { $0.headers["authorization"] == "Bearer hf_secret" })
    #expect(!server.storageRequests.isEmpty)
    #expect(server.storageRequests.allSatisfy { $0.headers["authorization"] == nil })
  }

  @Test func aHubThatAsksForPatienceGetsIt() throws {
    var behaviour = LoopbackHub.Behaviour()
    behaviour.throttles = 1
    let box = Box()
    let observer = HubObserver(waiting: { seconds, _ in box.append(seconds) })
    _ = try client(hub(behaviour), observer: observer).fetchModel(name, .description)
    #expect(box.values == [1], "as long as Retry-After says")
  }

  @Test(arguments: [(503, nil, ""), (403, "GatedRepo", "Access to model tests/tiny is restricted")])
  func refusalsHaveTheirReasons(status: Int, code: String?, message: String) throws {
    var behaviour = LoopbackHub.Behaviour()
    behaviour.refusal = (status, code, message)
    let server = hub(behaviour)
    #expect {
      try client(server).fetchModel(name, .all)
    } throws: { error in
      switch error as? HubError {
      case .status(503, _): status == 503 && server.requests.count == 4
      case .refused(name, 403, message, false): status == 403 && server.requests.count == 1
      default: false
      }
    }
  }

  @Test func revisionsAreKeptApart() throws {
    let server = hub()
    for text in ["tests/tiny@v1.0", "tests/tiny@refs/pr/1", "tests/tiny@\(LoopbackHub.commit)"] {
      let name = try #require(HubName(text))
      _ = try client(server).fetchModel(name, .description)
      #expect(try HubCache(folder.path).snapshot(of: name)?.commit == LoopbackHub.commit)
    }
    #expect(try HubCache(folder.path).snapshot(of: name) == nil)
    #expect(try names("refs") == ["refs", "v1.0"])
    let other = try #require(HubName("tests/tiny@v2.0"))
    #expect(throws: HubError.notFound(what: .revision(other), hasToken: false)) {
      try client(server).fetchModel(other, .all)
    }
  }

  @Test func anInterruptionLeavesWhatThereIs() throws {
    let flag = Box()
    let observer = HubObserver(
      isInterrupted: { !flag.values.isEmpty },
      progress: { if $0.file == "model.safetensors" { flag.append(1) } }
    )
    #expect(throws: HubError.interrupted) { try client(hub(), observer: observer).fetchModel(name, .all) }
    #expect(try names("blobs").contains("\(LoopbackHub.sha256(Self.weights)).incomplete"))
  }

  @Test func shardsAreThoseOfTheIndex() throws {
    var files = Self.files
    files["model.safetensors"] = nil
    files["model-00001-of-00002.safetensors"] = [1, 2, 3]
    files["model-00002-of-00002.safetensors"] = [4, 5]
    files["consolidated.safetensors"] = [6]
    let map =
      "{\"weight_map\": {\"a\": \"model-00001-of-00002.safetensors\", \"b\": \"model-00002-of-00002.safetensors\"}}"
    files["model.safetensors.index.json"] = Array(map.utf8)
    let snapshot = try client(hub(files: files)).fetchModel(name, .all)
    #expect(try snapshot.missingFiles().isEmpty)
    #expect(!snapshot.holds("consolidated.safetensors"))
    try FileManager.default.removeItem(atPath: "\(snapshot.folder)/model-00002-of-00002.safetensors")
    #expect(try snapshot.missingFiles() == ["model-00002-of-00002.safetensors"])
    files["model.safetensors.index.json"] = nil
    #expect(throws: HubError.noWeights(name)) { try client(hub(files: files)).fetchModel(name, .all) }
  }

  @Test func aFileOfADataSetLiesInItsFolder() throws {
    let bytes = Array("{\"text\": \"Once\"}\n".utf8)
    let server = LoopbackHub("tests/stories", kind: "datasets", files: ["data/train.jsonl": bytes])
    let name = try #require(HubName("tests/stories", kind: .dataset))
    let path = try client(server).fetchFile("data/train.jsonl", of: name)
    #expect(path == "\(folder.path)/datasets--tests--stories/snapshots/\(LoopbackHub.commit)/data/train.jsonl")
    #expect(
      try FileManager.default.destinationOfSymbolicLink(atPath: path) == "../../../blobs/\(LoopbackHub.gitHash(bytes))"
    )
    #expect(try Array(Data(contentsOf: URL(filePath: path))) == bytes)
    #expect(throws: HubError.notFound(what: .file("absent.jsonl", name), hasToken: false)) {
      try client(server).fetchFile("absent.jsonl", of: name)
    }
  }

  @Test func noHubIsNotWaitedFor() {
    let settings = HubSettings(endpoint: "http://127.0.0.1:9", cache: folder.path, userAgent: "pare-tests")
    let started = ContinuousClock.now
    #expect(throws: HubError.self) {
      try Hub(settings, observer: HubObserver()).fetchModel(name, .all)
    }
    #expect(ContinuousClock.now - started < .seconds(10))
  }

  @Test(arguments: [
    ("org/name", "org/name", "main"), ("org/name@v1", "org/name", "v1"),
    ("o-r_g/n.1@refs/pr/3", "o-r_g/n.1", "refs/pr/3"),
  ])
  func namesAreRead(text: String, id: String, revision: String) throws {
    let name = try #require(HubName(text))
    #expect((name.id, name.revision) == (id, revision))
    #expect(name.text == text)
  }

  @Test(arguments: [
    "name", "/org/name", "./name", "../name", "org/name/x", "org/", "org/na me", "org/name@", "org/name@../x",
    "org/a--b",
    "org/name@a//b", "~/name", "org/.name", "",
  ])
  func pathsAreNoNames(text: String) { #expect(HubName(text) == nil) }
}

/// Numbers that several threads add to.
private final class Box: Sendable {
  private let numbers = Mutex<[Double]>([])

  var values: [Double] { numbers.withLock { $0 } }

  func append(_ number: Double) { numbers.withLock { $0.append(number) } }
}
