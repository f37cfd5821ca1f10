internal import Diagnostics
internal import Hub
internal import Recipes

/// A file of texts as a command line or a recipe names it: by its path, or as a file of a data set on a hub,
/// `org/name:path` or `org/name@revision:path`.
struct DataReference {
  /// The file that it is if there is one.
  let path: String
  /// The data set, and the file's path in it; nil when the text can only be a path.
  let source: (name: HubName, file: String)?

  /// Takes what the command line has.
  init(_ text: String) { self.init(path: text, text: text) }

  /// Takes what a recipe has, whose paths are relative to its folder.
  init(_ text: String, in recipe: Recipe) { self.init(path: Loading.path(text, from: recipe), text: text) }

  private init(path: String, text: String) {
    self.path = path
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, let name = HubName(parts[0], kind: .dataset), Self.staysInFolder(parts[1]) else {
      source = nil
      return
    }
    source = (name, parts[1])
  }

  private static func staysInFolder(_ path: String) -> Bool {
    path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
  }
}

extension Loading {
  /// The path of a file of texts: as it is named, in the cache, or downloaded into it.
  static func file(_ data: DataReference, console: Console) throws(CommandFailure) -> String {
    guard !FileSystem.exists(data.path), let (name, file) = data.source else { return data.path }
    let settings = HubSettings.standard
    var search = HubSearch(name: name, path: data.path, settings: settings)
    do throws(HubError) {
      if let snapshot = try HubCache(settings.cache).snapshot(of: name) {
        if snapshot.holds(file) { return "\(snapshot.folder)/\(file)" }
        search.missing = [file]
      }
    } catch {
      throw error.failure(settings)
    }
    return try ask(search, console: console) { (hub) throws(HubError) in try hub.fetchFile(file, of: name) }
  }
}
