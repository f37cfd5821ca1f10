internal import JSONDocuments

/// The folder in which huggingface_hub, and everyone who shares its layout, keeps repositories.
///
/// A repository has `refs/<revision>` with a commit, `snapshots/<commit>/<file>` as links, and `blobs/<hash>`, to which they lead.
package struct HubCache: Sendable {
  /// The cache's folder.
  package let folder: String

  package init(_ folder: String) {
    self.folder = folder
  }

  /// The folder of a repository.
  package func repository(_ name: HubName) -> String { "\(folder)/\(name.folderName)" }

  /// What is kept of a revision; nil when that is nothing.
  package func snapshot(of name: HubName) throws(HubError) -> Snapshot? {
    guard let commit = try commit(of: name) else { return nil }
    let snapshot = snapshot(commit, of: name)
    return CacheFolder.byteCount(snapshot.folder) == nil ? nil : snapshot
  }

  func snapshot(_ commit: String, of name: HubName) -> Snapshot {
    Snapshot(folder: "\(repository(name))/snapshots/\(commit)", commit: commit)
  }

  private func commit(of name: HubName) throws(HubError) -> String? {
    if name.revision.isCommit { return name.revision }
    guard let bytes = try CacheFolder.read(reference(of: name)) else { return nil }
    let text = String(decoding: bytes, as: UTF8.self).prefix { !$0.isWhitespace }
    return String(text).isCommit ? String(text) : nil
  }

  /// Keeps which commit a revision is.
  func setCommit(_ commit: String, of name: HubName) throws(HubError) {
    let kept = try self.commit(of: name)
    guard kept != commit else { return }
    let path = reference(of: name)
    try CacheFolder.make(String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]))
    try CacheFolder.write(commit, to: path)
  }

  func lock(_ blob: String, of name: HubName) -> (folder: String, name: String) {
    ("\(folder)/.locks/\(name.folderName)", "\(blob).lock")
  }

  private func reference(of name: HubName) -> String { "\(repository(name))/refs/\(name.revision)" }
}

/// What a cache keeps of one commit.
package struct Snapshot: Hashable, Sendable {
  /// Its folder.
  package let folder: String
  /// The commit.
  package let commit: String

  static let configName = "config.json"
  static let indexName = "model.safetensors.index.json"
  static let singleFileName = "model.safetensors"

  func path(_ file: String) -> String { "\(folder)/\(file)" }

  /// Whether a file is there, and not only a link to where it was.
  package func holds(_ file: String) -> Bool { CacheFolder.byteCount(path(file)) != nil }

  /// Whether there is enough to know the model's tensors by their names: config and index.
  package var hasDescription: Bool { holds(Self.configName) && (holds(Self.indexName) || holds(Self.singleFileName)) }

  /// Names of the weight files: those that the index lists, or the one that has no index.
  ///
  /// An index that is malformed lists none; whoever reads the checkpoint says what is wrong with it.
  package func weightNames() throws(HubError) -> [String] {
    guard let bytes = try CacheFolder.read(path(Self.indexName)) else { return [Self.singleFileName] }
    let names = (try? JSON.parse(bytes))?["weight_map"]?.object?.compactMap(\.value.string) ?? []
    return Set(names.filter(ModelFiles.isPlainName)).sorted()
  }

  /// Names of files that a checkpoint needs and this one lacks.
  package func missingFiles() throws(HubError) -> [String] {
    try ([Self.configName] + weightNames()).filter { !holds($0) }
  }
}
