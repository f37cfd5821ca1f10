internal import ArgumentParser
internal import Diagnostics
internal import Glibc
internal import LanguageServer

/// `pare lsp`: serves editors.
struct LanguageServerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lsp",
    abstract: "Serve an editor: diagnostics, completion, hover, repairs and formatting as you type.",
    discussion: """
      A language server (LSP 3.17) over standard input and output, which editors start by themselves: see \
      docs/editors.md. Editors may set "model", a checkpoint's folder, and "runtime".

      Exit status: 0 the editor took its leave, 1 it did not.
      """
  )

  @Flag(help: "Use standard input and output, as without it; some editors insist on saying so.")
  var stdio = false

  mutating func run() throws {
    // An editor that is gone ends the conversation by the end of its stream, and not by a signal.
    signal(SIGPIPE, SIG_IGN)
    let folder = ListingFolder()
    defer { folder.remove() }
    let ending = Server.serve(.standard, .files(keepingTextsIn: folder))
    if ending == .abrupt { throw CommandFailure([]) }
  }
}

extension Transport {
  /// Bytes that are read at once.
  private static let chunkSize = 1 << 16

  /// Standard input and output.
  fileprivate static var standard: Transport {
    Transport(
      read: {
        var buffer = [UInt8](repeating: 0, count: chunkSize)
        var count = Glibc.read(STDIN_FILENO, &buffer, buffer.count)
        while count < 0, errno == EINTR { count = Glibc.read(STDIN_FILENO, &buffer, buffer.count) }
        return Array(buffer.prefix(max(count, 0)))
      },
      write: { Console.standard.print($0) }
    )
  }
}

extension Surroundings {
  /// The file system.
  fileprivate static func files(keepingTextsIn folder: ListingFolder) -> Surroundings {
    Surroundings(
      file: { (path) throws(Obstacle) in
        do throws(CommandFailure) {
          return SourceFile(name: path, bytes: try InputFile.read(path))
        } catch {
          throw Obstacle(error)
        }
      },
      model: { (path) throws(Obstacle) in
        do throws(CommandFailure) {
          // Editors ask while somebody types, which is no time to download.
          if let outline = try Loading.outlineAtHand(ModelReference(path)) { return outline }
          throw CommandFailure(HubDiagnostics.notInCache(path))
        } catch {
          throw Obstacle(error)
        }
      },
      keep: { (name, text) throws(Obstacle) in try folder.write(name, text) }
    )
  }
}

extension Surroundings.Obstacle {
  fileprivate init(_ failure: CommandFailure) {
    self.init(failure.diagnostics.first?.message ?? "it cannot be read")
  }
}

/// A folder of its own for texts that an editor opens; it is there from the first of them until it is removed.
private struct ListingFolder {
  private let path: String

  init() {
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? ""
    // Nobody can guess the name, so whatever stands there is this process's own.
    let mark = String(UInt64.random(in: .min ... .max), radix: 36)
    path = "\(parent.hasPrefix("/") ? parent : "/tmp")/pare-lsp-\(mark)"
  }

  /// Writes a text into a file that only its owner can read.
  ///
  /// - Parameters:
  ///   - name: The file's base name.
  ///   - text: Its content.
  /// - Returns: The file's path.
  /// - Throws: Why it cannot be written.
  func write(_ name: String, _ text: String) throws(Surroundings.Obstacle) -> String {
    let file = "\(path)/\(name)"
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw obstacle(path) }
    let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw obstacle(file) }
    defer { close(descriptor) }
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { throw obstacle(file) }
      rest = rest.dropFirst(count)
    }
    return file
  }

  /// Removes the folder with its files.
  func remove() {
    guard let stream = opendir(path) else { return }
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name != ".", name != ".." { unlink("\(path)/\(name)") }
    }
    closedir(stream)
    rmdir(path)
  }

  private func obstacle(_ path: String) -> Surroundings.Obstacle {
    .init("\(path) cannot be written: \(String(cString: strerror(errno)))")
  }
}
