internal import Glibc

/// Questions to the file system.
enum FileSystem {
  /// Whether anything stands at a path.
  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// Whether two paths lead to one folder.
  static func isSameFolder(_ one: String, _ other: String) -> Bool {
    var (first, second) = (stat(), stat())
    guard stat(one, &first) == 0, stat(other, &second) == 0 else { return false }
    return first.st_dev == second.st_dev && first.st_ino == second.st_ino
  }

  /// Whether the folder that a path's last part would be in is there.
  static func hasParent(_ path: String) -> Bool {
    let parts = path.split(separator: "/", omittingEmptySubsequences: true).dropLast()
    return exists((path.hasPrefix("/") ? "/" : "./") + parts.joined(separator: "/"))
  }

  /// Whether an empty folder or nothing stands at a path, so that output may appear there.
  static func isFree(_ path: String) -> Bool {
    guard let folder = opendir(path) else { return !exists(path) }
    defer { closedir(folder) }
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { return false }
    }
    return true
  }
}
