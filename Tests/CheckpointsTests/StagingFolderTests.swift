import Checkpoints
import Foundation
import Testing
import Vocabulary

/// The hidden folder, which outlives the process that made it.
@Suite struct StagingFolderTests {
  private static let tensors = ["a", "b", "c"].map {
    TensorDescription(name: $0, elementType: .uint8, shape: [2])
  }

  private static func layout() throws -> SafetensorsLayout {
    try SafetensorsLayout(tensors: tensors, shardByteLimit: 4)
  }

  private static func bytes(_ folder: TemporaryFolder, of name: String) throws -> [UInt8] {
    try Checkpoint.open(folder.path("out")).tensor(name).elements(as: UInt8.self)
  }

  @Test func oneProcessHasItAtATime() throws {
    let folder = try TemporaryFolder()
    let path = folder.path(".out.partial")
    do {
      let first = try StagingFolder(for: folder.path("out"))
      #expect(first.path == path)
      #expect(throws: CheckpointError.inUse(path: path)) { try StagingFolder(for: folder.path("out")) }
      withExtendedLifetime(first) {}
    }
    let second = try StagingFolder(for: folder.path("out"))
    second.remove()
    #expect(try folder.names() == [])
  }

  @Test func whatAWriterLeavesAnotherCompletes() throws {
    let folder = try TemporaryFolder()
    do {
      let writer = try CheckpointWriter(destination: folder.path("out"), layout: Self.layout())
      try writer.write("a", bytes: [1, 2])
      try writer.write("c", bytes: [5, 6])
      #expect(try writer.synchronize() == ["a", "c"])
      #expect(try writer.synchronize().isEmpty)
      try writer.writeFile("config.json", bytes: Array("half".utf8))
      writer.leave()
    }
    #expect(try folder.names() == [".out.partial"])
    let staging = try StagingFolder(for: folder.path("out"))
    #expect(staging.holdsCheckpoint)
    let writer = try CheckpointWriter(continuing: staging, layout: Self.layout(), written: ["a"])
    #expect(throws: CheckpointError.writtenTwice("a")) { try writer.write("a", bytes: [0, 0]) }
    #expect(throws: CheckpointError.unwritten(["b", "c"])) { try writer.finish() }
    try writer.write("b", bytes: [3, 4])
    try writer.write("c", bytes: [5, 6])
    try writer.writeFile("config.json", bytes: Array("{}".utf8))
    try writer.finish()
    #expect(try folder.names() == ["out"])
    #expect(try Self.bytes(folder, of: "a") == [1, 2])
    #expect(try Self.bytes(folder, of: "b") == [3, 4])
    #expect(try Self.bytes(folder, of: "c") == [5, 6])
    #expect(try folder.read("out/config.json") == Array("{}".utf8))
  }

  @Test func aWeightFileThatIsNotAsItWasLeftIsNamed() throws {
    let folder = try TemporaryFolder()
    try CheckpointWriter(destination: folder.path("out"), layout: Self.layout()).leave()
    let name = try Self.layout().files[0].name
    let path = folder.path(".out.partial/checkpoint/\(name)")
    let whole = try folder.read(".out.partial/checkpoint/\(name)")
    func goOn() throws {
      _ = try CheckpointWriter(
        continuing: StagingFolder(for: folder.path("out")),
        layout: Self.layout(),
        written: []
      )
    }
    try folder.write(".out.partial/checkpoint/\(name)", Array(whole.dropLast()))
    #expect(throws: CheckpointError.fileChanged(path: path, expected: whole.count, found: whole.count - 1)) {
      try goOn()
    }
    try FileManager.default.removeItem(atPath: path)
    #expect(throws: CheckpointError.missingFile(path: path)) { try goOn() }
    #expect(try folder.names() == [".out.partial"])
  }

  @Test func aNewWriterReplacesWhatWasLeft() throws {
    let folder = try TemporaryFolder()
    do {
      let writer = try CheckpointWriter(destination: folder.path("out"), layout: Self.layout())
      try writer.writeFile("config.json", bytes: [])
      writer.leave()
    }
    let writer = try CheckpointWriter(destination: folder.path("out"), layout: SafetensorsLayout(tensors: []))
    try writer.finish()
    #expect(try folder.names(in: "out") == ["model.safetensors"])
  }

  @Test func remainsOfAFinishedCheckpointAreRemoved() throws {
    let folder = try TemporaryFolder()
    try CheckpointWriter(destination: folder.path("out"), layout: Self.layout()).leave()
    StagingFolder.removeRemains(beside: folder.path("out"))
    #expect(try folder.names() == [".out.partial"], "a checkpoint is in it")
    // The process died between giving the checkpoint its name and removing the rest.
    try FileManager.default.moveItem(atPath: folder.path(".out.partial/checkpoint"), toPath: folder.path("out"))
    StagingFolder.removeRemains(beside: folder.path("out"))
    #expect(try folder.names() == ["out"])
    StagingFolder.removeRemains(beside: folder.path("out"))
    #expect(try folder.names() == ["out"])
  }
}
