package import Foundation

/// Folders that tests read, found from where this file was compiled.
package enum Places {
  /// The root of the checkout.
  package static let repository = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// A file or folder of the checkout.
  package static func inRepository(_ path: String) -> URL { repository.appending(path: path) }

  /// The fixtures of one room's tests.
  package static func fixtures(of room: String) -> URL { inRepository("Tests/\(room)Tests/Fixtures") }

  /// A folder of material shared beside the checkout, or nil, said aloud, when this machine has none.
  package static func shared(_ path: String) -> URL? {
    let url = repository.deletingLastPathComponent().appending(path: "shared").appending(path: path)
    if FileManager.default.fileExists(atPath: url.path) { return url }
    print("no shared/\(path) beside the checkout: the tests that read it are left out")
    return nil
  }

  /// The files in a folder whose names end in `.` and a suffix, sorted by name; empty without the folder.
  package static func files(in folder: URL, suffix: String) -> [URL] {
    let all =
      (try? FileManager.default.contentsOfDirectory(
        at: folder.resolvingSymlinksInPath(),
        includingPropertiesForKeys: nil
      )) ?? []
    return all.filter { $0.pathExtension == suffix }.sorted { $0.path < $1.path }
  }

  /// All files below a folder whose names end in `.` and a suffix, sorted by path; hidden folders are left out.
  package static func filesBelow(_ folder: URL, suffix: String) -> [URL] {
    let walker = FileManager.default.enumerator(
      at: folder.resolvingSymlinksInPath(),
      includingPropertiesForKeys: nil,
      options: [.skipsHiddenFiles]
    )
    var files: [URL] = []
    while let file = walker?.nextObject() as? URL {
      if file.pathExtension == suffix { files.append(file) }
    }
    return files.sorted { $0.path < $1.path }
  }
}
