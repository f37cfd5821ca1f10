internal import JSONDocuments

/// A hub of models, as someone asks it whose answers go into a cache.
package final class Hub {
  let settings: HubSettings
  let observer: HubObserver
  package let cache: HubCache
  private let correspondence: Correspondence

  /// How much of a model is wanted.
  package enum Extent: Hashable, Sendable {
    /// Configs and shard index.
    case description
    /// Everything that a checkpoint has.
    case all
  }

  package init(_ settings: HubSettings, observer: HubObserver) {
    self.settings = settings
    self.observer = observer
    cache = HubCache(settings.cache)
    correspondence = Correspondence(settings, observer: observer)
  }

  /// Brings a model into the cache; what is there already is not fetched again.
  ///
  /// - Parameters:
  ///   - name: The model.
  ///   - extent: How much of it.
  /// - Returns: The commit that the revision is now, with all that was wanted.
  /// - Throws: Why it did not come; files that came whole stay, and those under way are continued the next time.
  package func fetchModel(_ name: HubName, _ extent: Extent) throws(HubError) -> Snapshot {
    let revision = try correspondence.revision(of: name)
    let snapshot = cache.snapshot(revision.commit, of: name)
    let present = Set(revision.files)
    guard present.contains(Snapshot.indexName) || present.contains(Snapshot.singleFileName) else {
      throw .noWeights(name)
    }
    let small =
      extent == .all ? revision.files.filter(ModelFiles.isCompanion) : ModelFiles.description.filter(present.contains)
    try fetch(small, of: name, into: snapshot)
    if extent == .all { try fetch(snapshot.weightNames(), of: name, into: snapshot) }
    try cache.setCommit(revision.commit, of: name)
    return snapshot
  }

  /// Brings one file into the cache.
  ///
  /// - Parameters:
  ///   - path: Its path in the repository.
  ///   - name: The repository.
  /// - Returns: The file's path in the cache.
  /// - Throws: Why it did not come.
  package func fetchFile(_ path: String, of name: HubName) throws(HubError) -> String {
    let revision = try correspondence.revision(of: name)
    guard revision.files.contains(path) else {
      throw .notFound(what: .file(path, name), hasToken: settings.token != nil)
    }
    let snapshot = cache.snapshot(revision.commit, of: name)
    try fetch([path], of: name, into: snapshot)
    try cache.setCommit(revision.commit, of: name)
    return snapshot.path(path)
  }

  /// Reads the first bytes of a file, and keeps nothing of it.
  ///
  /// - Parameters:
  ///   - file: Its path in the repository.
  ///   - name: The repository.
  ///   - snapshot: The commit.
  ///   - byteCount: Bytes wanted; fewer come when the file is shorter.
  /// - Returns: The bytes, and the size of the whole file.
  /// - Throws: Why they did not come.
  package func start(
    of file: String,
    of name: HubName,
    at snapshot: Snapshot,
    byteCount: Int
  ) throws(HubError) -> (bytes: [UInt8], fileByteCount: Int) {
    try correspondence.start(of: file, of: name, commit: snapshot.commit, byteCount: byteCount)
  }

  /// Fetches those of the files that a snapshot lacks.
  private func fetch(_ files: [String], of name: HubName, into snapshot: Snapshot) throws(HubError) {
    var missing: [RemoteFile] = []
    for file in files where !snapshot.holds(file) {
      missing.append(try correspondence.file(file, of: name, commit: snapshot.commit))
    }
    guard !missing.isEmpty else { return }
    let blobs = "\(cache.repository(name))/blobs"
    try CacheFolder.make(blobs)
    try CacheFolder.make(snapshot.folder)
    let present = missing.reduce(0) { $0 + $1.presentByteCount(in: blobs) }
    let total = missing.reduce(0) { $0 + $1.byteCount }
    if let available = CacheFolder.availableByteCount(at: blobs), available < total - present {
      throw .diskFull(path: blobs, needed: total - present, available: available)
    }
    var done = 0
    for file in missing {
      let before = done
      try fetch(file, of: name, into: snapshot, blobs: blobs) { byteCount in
        self.observer.progress(
          DownloadProgress(
            file: file.name,
            byteCount: before + byteCount,
            totalByteCount: total,
            initialByteCount: present
          )
        )
      }
      done += file.byteCount
    }
  }

  private func fetch(
    _ file: RemoteFile,
    of name: HubName,
    into snapshot: Snapshot,
    blobs: String,
    progress: @escaping (Int) -> Void
  ) throws(HubError) {
    let place = cache.lock(file.checksum.text, of: name)
    try CacheFolder.make(place.folder)
    let lock = try FileLock("\(place.folder)/\(place.name)", isInterrupted: observer.isInterrupted)
    defer { withExtendedLifetime(lock) {} }
    if CacheFolder.byteCount(file.blob(in: blobs)) != file.byteCount {
      let download = try BlobDownload(file, in: blobs)
      try correspondence.download(download, progress: progress)
      try download.finish()
    }
    // A file in a folder of its repository has its link in a folder of the snapshot.
    let path = snapshot.path(file.name)
    let depth = file.name.count { $0 == "/" }
    if depth > 0 { try CacheFolder.make(String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])) }
    let up = String(repeating: "../", count: depth + 2)
    try CacheFolder.link(path, to: "\(up)blobs/\(file.checksum.text)")
  }
}

/// A file as the hub describes it.
struct RemoteFile {
  /// Its path in the repository.
  let name: String
  /// Where its bytes can be asked for.
  let url: String
  /// Its size.
  let byteCount: Int
  /// Its hash, which names its blob.
  let checksum: Checksum

  func blob(in blobs: String) -> String { "\(blobs)/\(checksum.text)" }

  /// The path of what has come so far.
  func incomplete(in blobs: String) -> String { "\(blob(in: blobs)).incomplete" }

  /// How much of it is there already.
  func presentByteCount(in blobs: String) -> Int {
    if CacheFolder.byteCount(blob(in: blobs)) == byteCount { return byteCount }
    let count = CacheFolder.byteCount(incomplete(in: blobs)) ?? 0
    return count <= byteCount ? count : 0
  }
}
