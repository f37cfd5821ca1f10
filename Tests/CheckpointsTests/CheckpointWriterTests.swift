import Checkpoints
import Foundation
import TestSupport
import Testing
import Vocabulary

@Suite struct CheckpointWriterTests {
  private static let tensors = (0..<20).map {
    TensorDescription(name: "t\($0)", elementType: .uint8, shape: [$0, 3])
  }

  private static func content(of index: Int) -> [UInt8] {
    (0..<3 * index).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ index) }
  }

  @Test func tensorsMayComeFromSeveralThreadsInAnyOrder() async throws {
    let folder = try TemporaryFolder()
    let layout = try SafetensorsLayout(tensors: Self.tensors, shardByteLimit: 200)
    let writer = try CheckpointWriter(destination: folder.path("out"), layout: layout)
    try await withThrowingTaskGroup { group in
      for index in Self.tensors.indices.reversed() {
        group.addTask { try Self.write(Self.content(of: index), to: writer, as: "t\(index)") }
      }
      try await group.waitForAll()
    }
    try writer.writeFile("config.json", bytes: Array("{}".utf8))
    #expect(try folder.names() == [URL(filePath: writer.stagingPath).lastPathComponent])
    try writer.finish()
    #expect(try folder.names() == ["out"])
    let checkpoint = try Checkpoint.open(folder.path("out"))
    #expect(checkpoint.headers.files.count == layout.files.count)
    for index in Self.tensors.indices {
      #expect(try checkpoint.tensor("t\(index)").elements(as: UInt8.self) == Self.content(of: index))
    }
  }

  @Test func aTensorIsWrittenExactlyOnceAndWhole() throws {
    let folder = try TemporaryFolder()
    let layout = try SafetensorsLayout(tensors: Array(Self.tensors[1...2]))
    let writer = try CheckpointWriter(destination: folder.path("out"), layout: layout)
    #expect(throws: CheckpointError.missingTensor("t9")) { try Self.write([], to: writer, as: "t9") }
    #expect(throws: CheckpointError.byteCount(tensor: "t1", found: 2, expected: 3)) {
      try Self.write([1, 2], to: writer, as: "t1")
    }
    #expect(throws: CheckpointError.unwritten(["t1", "t2"])) { try writer.finish() }
    try Self.write([1, 2, 3], to: writer, as: "t1")
    #expect(throws: CheckpointError.writtenTwice("t1")) { try Self.write([1, 2, 3], to: writer, as: "t1") }
    #expect(throws: CheckpointError.unwritten(["t2"])) { try writer.finish() }
    try Self.write(Self.content(of: 2), to: writer, as: "t2")
    try writer.finish()
  }

  @Test func aTensorMayComeInParts() throws {
    let folder = try TemporaryFolder()
    let layout = try SafetensorsLayout(tensors: Array(Self.tensors[2...3]))
    let writer = try CheckpointWriter(destination: folder.path("out"), layout: layout)
    #expect(throws: CheckpointError.missingTensor("t9")) { try writer.begin("t9") }
    let content = Self.content(of: 3)
    let parts = try writer.begin("t3")
    #expect(parts.byteCount == 9)
    try parts.write(Array(content[4...]), at: 4)
    #expect(throws: CheckpointError.byteCount(tensor: "t3", found: 10, expected: 9)) { try parts.write([1, 2], at: 8) }
    #expect(throws: CheckpointError.byteCount(tensor: "t3", found: 5, expected: 9)) { try writer.end(parts) }
    #expect(throws: CheckpointError.writtenTwice("t3")) { try Self.write(content, to: writer, as: "t3") }
    try Self.write(Self.content(of: 2), to: writer, as: "t2")
    #expect(throws: CheckpointError.unwritten(["t3"])) { try writer.finish() }
    try parts.write(Array(content[..<4]), at: 0)
    try writer.end(parts)
    try writer.writeFile("config.json", bytes: Array("{}".utf8))
    try writer.finish()
    let written = try Checkpoint.open(folder.path("out"))
    #expect(try written.tensor("t3").elements(as: UInt8.self) == content)
    let rows = try #require(try written.tensor("t3").rows(1..<3))
    #expect(rows.elements(as: UInt8.self) == Array(content[3...]))
    #expect(rows.description.shape == [2, 3] && rows.position(of: 4) == [2, 1])
  }

  @Test func aTensorIsCopiedFromAnotherCheckpoint() throws {
    let folder = try TemporaryFolder()
    let source = try Checkpoint.open(Fixture.path("base_untied"))
    let names = ["model.norm.weight", "model.layers.0.self_attn.k_proj.weight"]
    let layout = try SafetensorsLayout(tensors: names.map { try source.tensor($0).description })
    let writer = try CheckpointWriter(destination: folder.path("out"), layout: layout)
    for name in names { try writer.copy(source.tensor(name)) }
    #expect(throws: CheckpointError.missingTensor("lm_head.weight")) {
      try writer.copy(source.tensor("lm_head.weight"))
    }
    try writer.writeFile("config.json", bytes: Array("{}".utf8))
    try writer.finish()
    let copy = try Checkpoint.open(folder.path("out"))
    for name in names {
      #expect(try copy.tensor(name).floats() == source.tensor(name).floats())
    }
  }

  @Test func nothingThatStandsThereIsOverwritten() throws {
    let folder = try TemporaryFolder()
    let layout = try SafetensorsLayout(tensors: [])
    try folder.write("file", "kept")
    try folder.makeFolder("full")
    try folder.write("full/kept", "kept")
    for name in ["file", "full"] {
      #expect(throws: CheckpointError.destinationExists(path: folder.path(name))) {
        try CheckpointWriter(destination: folder.path(name), layout: layout)
      }
    }
    // Something may come to stand there while the work is done.
    let late = try CheckpointWriter(destination: folder.path("late"), layout: layout)
    try folder.makeFolder("late")
    try folder.write("late/kept", "kept")
    #expect(throws: CheckpointError.destinationExists(path: folder.path("late"))) { try late.finish() }
    late.discard()
    #expect(try folder.names() == ["file", "full", "late"])
    #expect(try folder.names(in: "late") == ["kept"])
  }

  @Test func anEmptyFolderIsReplaced() throws {
    let folder = try TemporaryFolder()
    try folder.makeFolder("out")
    let writer = try CheckpointWriter(destination: folder.path("out") + "/", layout: SafetensorsLayout(tensors: []))
    try writer.finish()
    #expect(try folder.names() == ["out"])
    #expect(try folder.names(in: "out") == ["model.safetensors"])
  }

  @Test func anUnfinishedFolderIsRemoved() throws {
    let folder = try TemporaryFolder()
    let layout = try SafetensorsLayout(tensors: Self.tensors)
    do {
      let writer = try CheckpointWriter(destination: folder.path("out"), layout: layout)
      try writer.writeFile("config.json", bytes: [])
      #expect(try folder.names().count == 1)
      writer.discard()
      #expect(try folder.names() == [])
      #expect(throws: CheckpointError.self) { try Self.write([1, 2, 3], to: writer, as: "t1") }
    }
    do {
      let writer = try CheckpointWriter(destination: folder.path("out"), layout: layout)
      #expect(try folder.names().count == 1)
      withExtendedLifetime(writer) {}
    }
    #expect(try folder.names() == [])
  }

  @Test func aFullDiskIsFoundAtOnce() throws {
    let folder = try TemporaryFolder()
    // Half an exbibyte, more than any disk has room for.
    let layout = try SafetensorsLayout(
      tensors: [TensorDescription(name: "w", elementType: .uint8, shape: [1 << 30, 1 << 29])])
    do {
      _ = try CheckpointWriter(destination: folder.path("out"), layout: layout)
      Issue.record("half an exbibyte was claimed")
    } catch {
      guard case .diskFull(_, let needed, let available) = error else {
        Issue.record("unexpected error \(error)")
        return
      }
      #expect(needed == layout.fileByteCount)
      #expect(available < needed)
    }
    #expect(try folder.names() == [])
  }

  @Test func aFolderThatCannotBeMadeIsNamed() throws {
    let folder = try TemporaryFolder()
    try folder.write("file", "")
    let layout = try SafetensorsLayout(tensors: [])
    for (parent, code) in [("none", ENOENT), ("file", ENOTDIR)] {
      do {
        _ = try CheckpointWriter(destination: folder.path(parent) + "/out", layout: layout)
        Issue.record("a folder was made in \(parent)")
      } catch {
        guard case .system(let failure) = error else {
          Issue.record("unexpected error \(error)")
          continue
        }
        #expect(failure.operation == .create)
        #expect(failure.path.hasPrefix(folder.path(parent) + "/.out.partial"))
        #expect(failure.code == code)
        #expect(failure.text == String(cString: strerror(code)))
      }
    }
    #expect(throws: CheckpointError.fileName("..")) { try CheckpointWriter(destination: "..", layout: layout) }
  }

  /// The superuser may write anywhere, so there is nothing to find out as root.
  @Test(.enabled(if: geteuid() != 0, "root may write into a read-only folder"))
  func aReadOnlyParentIsNamed() throws {
    let folder = try TemporaryFolder()
    try folder.makeFolder("locked")
    #expect(chmod(folder.path("locked"), 0o500) == 0)
    defer { chmod(folder.path("locked"), 0o700) }
    do {
      _ = try CheckpointWriter(destination: folder.path("locked/out"), layout: SafetensorsLayout(tensors: []))
      Issue.record("a folder was made in a read-only folder")
    } catch CheckpointError.system(let failure) {
      #expect(failure.code == EACCES)
    }
  }

  @Test func whatStandsBesideTheWeightsComesAlong() throws {
    let folder = try TemporaryFolder()
    try folder.makeFolder("source")
    let companions = ["LICENSE", "chat_template.jinja", "generation_config.json", "modeling.py", "tokenizer.json"]
    for name in companions { try folder.write("source/" + name, name) }
    let others = [
      "config.json", "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "model.GGUF", ".hidden",
      "recipe.yaml", "mine.txt",
    ]
    for name in others { try folder.write("source/" + name, name) }
    try folder.makeFolder("source/original")
    try folder.write("secret", "secret")
    for (name, target) in [("inner", "LICENSE"), ("outer", "../secret"), ("dangling", "nowhere")] {
      #expect(symlink(target, folder.path("source/" + name)) == 0)
    }
    let writer = try CheckpointWriter(destination: folder.path("out"), layout: SafetensorsLayout(tensors: []))
    try writer.writeFile("mine.txt", bytes: Array("own".utf8))
    let files = try writer.copyCompanions(from: folder.path("source"), excluding: ["recipe.yaml"])
    #expect(files.copied == (companions + ["inner"]).sorted())
    #expect(files.refused == ["dangling", "outer"])
    #expect(throws: CheckpointError.writtenTwice("mine.txt")) { try writer.writeFile("mine.txt", bytes: []) }
    for name in ["a/b", "..", "", "x\0"] {
      #expect(throws: CheckpointError.fileName(name)) { try writer.writeFile(name, bytes: []) }
    }
    try writer.finish()
    #expect(try folder.names(in: "out") == (companions + ["inner", "mine.txt", "model.safetensors"]).sorted())
    #expect(try folder.read("out/inner") == Array("LICENSE".utf8))
    #expect(try folder.read("out/mine.txt") == Array("own".utf8))
    #expect(try folder.names() == ["out", "secret", "source"])
  }

  @Test func linksOfAHuggingFaceCacheAreFollowed() throws {
    let folder = try TemporaryFolder()
    for name in ["blobs", "snapshots", "snapshots/main"] { try folder.makeFolder(name) }
    try folder.write("blobs/0123", "tokens")
    #expect(symlink("../../blobs/0123", folder.path("snapshots/main/tokenizer.json")) == 0)
    let writer = try CheckpointWriter(destination: folder.path("out"), layout: SafetensorsLayout(tensors: []))
    #expect(try writer.copyCompanions(from: folder.path("snapshots/main")).copied == ["tokenizer.json"])
    try writer.finish()
    #expect(try folder.read("out/tokenizer.json") == Array("tokens".utf8))
  }

  private static func write(_ bytes: [UInt8], to writer: CheckpointWriter, as name: String) throws(CheckpointError) {
    try bytes.withUnsafeBufferPointer { (buffer) throws(CheckpointError) in
      try writer.write(name, bytes: UnsafeRawBufferPointer(buffer))
    }
  }
}
