internal import Glibc

/// Questions about folders, and the few changes that a checkpoint needs.
enum Folder {
  /// The path of a file in a folder.
  static func path(of name: String, in folder: String) -> String {
    folder.hasSuffix("/") ? folder + name : folder + "/" + name
  }

  /// Whether a name stands for a file directly in its folder: not empty, no separator, not a dot folder.
  static func isPlainName(_ name: String) -> Bool {
    let bytes = name.utf8
    return !bytes.isEmpty && bytes.count <= Int(NAME_MAX) && name != "." && name != ".."
      && !bytes.contains(UInt8(ascii: "/")) && !bytes.contains(0)
  }

  /// The names in a folder, without dot entries, in byte order.
  static func names(in folder: String) throws(CheckpointError) -> [String] {
    guard let stream = opendir(folder) else {
      if errno == ENOENT { throw .missingFile(path: folder) }
      throw .system(.list, folder)
    }
    defer { closedir(stream) }
    var names: [String] = []
    while true {
      errno = 0
      guard let entry = readdir(stream) else {
        if errno != 0 { throw .system(.list, folder) }
        break
      }
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      // A name that is not UTF-8 can be named by no config, index or recipe.
      if let name, name != ".", name != ".." { names.append(name) }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Removes a file if it can be removed.
  static func removeFile(_ path: String) {
    unlink(path)
  }

  /// Removes the files of a folder that can be removed.
  static func removeFiles(in folder: String, except kept: Set<String> = []) {
    for name in (try? names(in: folder)) ?? [] where !kept.contains(name) { removeFile(path(of: name, in: folder)) }
  }

  /// Whether something stands at a path; a dangling link counts.
  static func exists(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
  }

  /// The path without links and dots, or nil when nothing stands there.
  static func resolved(_ path: String) -> String? {
    guard let pointer = realpath(path, nil) else { return nil }
    defer { free(pointer) }
    return String(validatingCString: pointer)
  }

  /// Parent and base name of a path, trailing slashes disregarded; the parent of a bare name is `.`.
  static func split(_ path: String) -> (parent: String, name: String) {
    var text = Substring(path)
    while text.utf8.count > 1 && text.hasSuffix("/") { text.removeLast() }
    guard let slash = text.lastIndex(of: "/") else { return (".", String(text)) }
    let parent = text[..<slash]
    return (parent.isEmpty ? "/" : String(parent), String(text[text.index(after: slash)...]))
  }

  /// Bytes that an ordinary user may still write on the file system of a path, or nil when it cannot be told.
  static func availableByteCount(at path: String) -> Int? {
    var status = statvfs()
    guard statvfs(path, &status) == 0 else { return nil }
    let (product, overflow) = Int(status.f_bavail).multipliedReportingOverflow(by: Int(status.f_frsize))
    return overflow ? .max : product
  }

  /// Waits until a folder's entries are on the disk.
  static func synchronize(_ path: String) throws(CheckpointError) {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system(.open, path) }
    defer { close(descriptor) }
    // Some file systems cannot synchronize a folder and say EINVAL; there is nothing more to ask of them.
    guard fsync(descriptor) == 0 || errno == EINVAL else { throw .system(.synchronize, path) }
  }
}
