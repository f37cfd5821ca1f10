import Foundation
import Glibc
import TestSupport
import Testing

/// A folder of one test's own in which the built executable runs.
final class Workspace: Sendable {
  let folder: URL
  /// Where the output of commands goes, out of their sight.
  private let streams: URL

  init() throws {
    let root = FileManager.default.temporaryDirectory.appending(path: "pare-\(UUID().uuidString)")
    folder = root.appending(path: "work")
    streams = root.appending(path: "streams")
    for url in [folder, streams] {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }
  }

  deinit {
    try? FileManager.default.removeItem(at: folder.deletingLastPathComponent())
  }

  /// The executable that was built with these tests.
  static let executable: URL? = Bundle.main.executableURL?.deletingLastPathComponent().appending(path: "pare")

  func url(_ name: String) -> URL { folder.appending(path: name) }

  func write(_ name: String, _ text: String) throws {
    try Data(text.utf8).write(to: url(name))
  }

  func write(_ name: String, _ bytes: [UInt8]) throws {
    try Data(bytes).write(to: url(name))
  }

  func read(_ name: String) throws -> [UInt8] { try Array(Data(contentsOf: url(name))) }

  func makeFolder(_ name: String) throws {
    try FileManager.default.createDirectory(at: url(name), withIntermediateDirectories: false)
  }

  func link(_ name: String, to target: URL) throws {
    try FileManager.default.createSymbolicLink(at: url(name), withDestinationURL: target)
  }

  func copy(_ source: URL, to name: String) throws {
    try FileManager.default.copyItem(at: source, to: url(name))
  }

  /// All names in the folder, hidden ones too, sorted.
  func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false)).sorted()
  }

  /// Waits without giving the thread to another test, which may keep it for longer than the command runs.
  static func pause(_ duration: Duration) { usleep(UInt32(duration / .microseconds(1))) }

  /// What a finished command left.
  struct Outcome {
    let status: Int32
    let output: String
    let errors: String
  }

  /// Runs the executable in the folder.
  ///
  /// - Parameters:
  ///   - arguments: Its arguments.
  ///   - input: A file of the folder that is its standard input; nothing otherwise.
  ///   - environment: Its whole environment.
  /// - Returns: What it left.
  /// - Throws: When it cannot be started.
  @discardableResult
  func run(_ arguments: [String], input: String? = nil, environment: [String: String] = [:]) throws -> Outcome {
    try start(arguments, input: input, environment: environment).wait()
  }

  /// A command under way.
  struct Running {
    let process: Process
    fileprivate let output: URL
    fileprivate let errors: URL

    func wait() throws -> Outcome {
      process.waitUntilExit()
      // A process that a signal ended has no status; the number of no exit stands for it.
      let status = process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
      return Outcome(
        status: status,
        output: try String(contentsOf: output, encoding: .utf8),
        errors: try String(contentsOf: errors, encoding: .utf8)
      )
    }
  }

  func start(
    _ arguments: [String],
    input: String? = nil,
    errors handle: FileHandle? = nil,
    environment: [String: String] = [:]
  ) throws -> Running {
    let process = Process()
    process.executableURL = Self.executable
    process.arguments = arguments
    process.currentDirectoryURL = folder
    // Nothing here may ask a hub that is not the test's own.
    process.environment = ["HF_HUB_OFFLINE": "1", "HF_HUB_CACHE": "hub"].merging(environment) { $1 }
    process.standardInput = try input.map { try FileHandle(forReadingFrom: url($0)) } ?? .nullDevice
    let output = try stream()
    let errors = try stream()
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try handle ?? FileHandle(forWritingTo: errors)
    try process.run()
    return Running(process: process, output: output, errors: errors)
  }

  private func stream() throws -> URL {
    let url = streams.appending(path: UUID().uuidString)
    try Data().write(to: url)
    return url
  }
}
