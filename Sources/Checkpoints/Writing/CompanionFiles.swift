internal import Glibc

/// The files of a checkpoint folder that are neither weights nor config, sorted into those copied and those not.
package struct CompanionFiles: Hashable, Sendable {
  /// Names of the files copied, in byte order.
  package let copied: [String]
  /// Names of links that lead out of the folder or to nothing, and of files that are not regular.
  package let refused: [String]

  /// Endings of files that hold weights or say where they are.
  private static let weightSuffixes = WeightFileNames.endings + [".index.json"]

  /// Looks through a folder.
  static func find(in folder: String, excluding excluded: Set<String>) throws(CheckpointError) -> CompanionFiles {
    let roots = Self.roots(of: folder)
    var copied: [String] = []
    var refused: [String] = []
    for name in try Folder.names(in: folder) where isCompanion(name) && !excluded.contains(name) {
      switch kind(of: Folder.path(of: name, in: folder), roots: roots) {
      case .file: copied.append(name)
      case .folder: continue
      case .other: refused.append(name)
      }
    }
    return CompanionFiles(copied: copied, refused: refused)
  }

  private enum Kind {
    case file
    case folder
    case other
  }

  private static func isCompanion(_ name: String) -> Bool {
    let lowercased = name.lowercased()
    return !name.hasPrefix(".") && name != CheckpointHeaders.configName
      && !weightSuffixes.contains { lowercased.hasSuffix($0) }
  }

  private static func kind(of path: String, roots: [String]) -> Kind {
    var status = stat()
    guard stat(path, &status) == 0 else { return .other }
    if status.st_mode & S_IFMT == S_IFDIR { return .folder }
    guard status.st_mode & S_IFMT == S_IFREG, let resolved = Folder.resolved(path) else { return .other }
    return roots.contains { resolved.hasPrefix($0 + "/") } ? .file : .other
  }

  /// The folders that a file's bytes may lie in: the folder itself and, in a Hugging Face cache, its `blobs`.
  ///
  /// A cache holds `snapshots/<revision>/<name>` as links to `blobs/<hash>`.
  private static func roots(of folder: String) -> [String] {
    guard let resolved = Folder.resolved(folder) else { return [] }
    let snapshots = Folder.split(resolved).parent
    let (repository, name) = Folder.split(snapshots)
    return name == "snapshots" ? [resolved, Folder.path(of: "blobs", in: repository)] : [resolved]
  }
}
