internal import Checkpoints
internal import Diagnostics
internal import Hub
internal import Models

/// Models that are named by their folder or by their name on a hub. A folder that is there comes first, then the cache,
/// and then the hub.
extension Loading {
  /// Bytes of a weight file that are asked for before it is known how long its header is.
  private static let headerGuess = 1 << 16

  /// The folder of a whole checkpoint, downloaded if need be.
  static func folder(_ model: ModelReference, console: Console) throws(CommandFailure) -> String {
    switch try find(model) {
    case .folder(let folder): return folder
    case .lacking(let search):
      return try ask(search, console: console) { (hub) throws(HubError) in
        try hub.fetchModel(search.name, .all).folder
      }
    }
  }

  /// Reads the config and the headers of a checkpoint; of one that is on a hub nothing else is downloaded.
  static func headers(_ model: ModelReference, console: Console) throws(CommandFailure) -> CheckpointHeaders {
    switch try find(model) {
    case .folder(let folder): return try headers(folder)
    case .lacking(let search): return try headers(try fetchDescription(search, console: console), search, console)
    }
  }

  /// Describes a model from config and headers, or from config and index when no weight file is at hand; of one that
  /// is on a hub nothing else is downloaded.
  static func outlineWithoutWeights(
    _ model: ModelReference,
    architecture: Architecture? = nil,
    console: Console
  ) throws(CommandFailure) -> ModelOutline {
    if let outline = try outlineAtHand(model, architecture: architecture) { return outline }
    switch try find(model) {
    case .folder(let folder): return try outlineWithoutWeights(folder, architecture: architecture)
    case .lacking(let search):
      let snapshot = try fetchDescription(search, console: console)
      if let outline = try derivedOutline(snapshot.folder, architecture: architecture) { return outline }
      return try plainOutline(headers(snapshot, search, console), architecture: architecture)
    }
  }

  /// Describes a model without asking a hub; nil when there is neither a folder nor enough of it in the cache.
  static func outlineAtHand(
    _ model: ModelReference,
    architecture: Architecture? = nil
  ) throws(CommandFailure) -> ModelOutline? {
    if FileSystem.exists(model.path) { return try outlineWithoutWeights(model.path, architecture: architecture) }
    guard let name = model.name, let snapshot = try keptSnapshot(of: name, .standard), snapshot.hasDescription else {
      return nil
    }
    return try missingFiles(snapshot).isEmpty
      ? outlineWithoutWeights(snapshot.folder, architecture: architecture)
      : derivedOutline(snapshot.folder, architecture: architecture)
  }

  /// Downloads a model, or what its revision has got since.
  static func fetch(_ name: HubName, console: Console) throws(CommandFailure) -> String {
    try ask(HubSearch(name: name, settings: .standard), console: console) { (hub) throws(HubError) in
      try hub.fetchModel(name, .all).folder
    }
  }

  // MARK: Where it is

  private enum Place {
    /// A folder, or a snapshot that lacks nothing.
    case folder(String)
    /// A name on a hub that the cache has nothing or not everything of.
    case lacking(HubSearch)
  }

  private static func find(_ model: ModelReference) throws(CommandFailure) -> Place {
    if FileSystem.exists(model.path) { return .folder(model.path) }
    guard let name = model.name else {
      throw CommandFailure(HubDiagnostics.noSuchFolder(model.path), status: .usage)
    }
    var search = HubSearch(name: name, path: model.path, settings: .standard)
    guard let snapshot = try keptSnapshot(of: name, search.settings) else { return .lacking(search) }
    search.missing = try missingFiles(snapshot)
    return search.missing == [] ? .folder(snapshot.folder) : .lacking(search)
  }

  private static func keptSnapshot(of name: HubName, _ settings: HubSettings) throws(CommandFailure) -> Snapshot? {
    do throws(HubError) {
      return try HubCache(settings.cache).snapshot(of: name)
    } catch {
      throw error.failure(settings)
    }
  }

  private static func missingFiles(_ snapshot: Snapshot) throws(CommandFailure) -> [String] {
    do throws(HubError) {
      return try snapshot.missingFiles()
    } catch {
      throw error.failure(.standard)
    }
  }

  // MARK: Asking

  /// Asks the hub, showing how far it is; Ctrl-C ends it in good order.
  static func ask<Answer>(
    _ search: HubSearch,
    console: Console,
    _ question: (Hub) throws(HubError) -> Answer
  ) throws(CommandFailure) -> Answer {
    let settings = search.settings
    if settings.isOffline { throw CommandFailure(HubDiagnostics.notAtHand(search), status: .usage) }
    let interruption = Interruption()
    let flag = interruption.flag
    let progress = Progress("downloading", unit: .bytes, console: console)
    defer {
      progress.end()
      interruption.end()
    }
    let observer = HubObserver(
      isInterrupted: { flag.isSet },
      progress: {
        progress.show($0.byteCount, of: $0.totalByteCount, beginningWith: $0.initialByteCount, detail: $0.file)
      },
      waiting: { seconds, error in
        progress.end()
        console.tell("\(error.reason(settings)); trying again in \(Decimal.text(seconds, places: 0)) s\n")
      }
    )
    do throws(HubError) {
      return try question(Hub(settings, observer: observer))
    } catch .notFound(let subject, let hasToken) {
      throw CommandFailure(
        HubDiagnostics.notFound(search, subject: subject, hasToken: hasToken),
        status: .usage
      )
    } catch {
      throw error.failure(settings)
    }
  }

  // MARK: Headers from afar

  private static func fetchDescription(_ search: HubSearch, console: Console) throws(CommandFailure) -> Snapshot {
    try ask(search, console: console) { (hub) throws(HubError) in try hub.fetchModel(search.name, .description) }
  }

  /// Reads the headers of a snapshot, asking the hub for those of the weight files that it lacks.
  private static func headers(
    _ snapshot: Snapshot,
    _ search: HubSearch,
    _ console: Console
  ) throws(CommandFailure) -> CheckpointHeaders {
    let starts = try ask(search, console: console) { (hub) throws(HubError) in
      try weightStarts(of: search.name, at: snapshot, from: hub)
    }
    var parsed: [String: SafetensorsHeader] = [:]
    do throws(CheckpointError) {
      for (name, start) in starts {
        do throws(HeaderFault) {
          parsed[name] = try SafetensorsHeader.parse(start.bytes, fileByteCount: start.fileByteCount)
        } catch {
          throw CheckpointError.header(file: name, error)
        }
      }
      return try CheckpointHeaders.read(snapshot.folder, elsewhere: parsed)
    } catch {
      throw error.failure
    }
  }

  /// The beginnings of the weight files that a snapshot lacks, as long as their headers.
  private static func weightStarts(
    of name: HubName,
    at snapshot: Snapshot,
    from hub: Hub
  ) throws(HubError) -> [String: WeightStart] {
    var starts: [String: WeightStart] = [:]
    for file in try snapshot.weightNames() where !snapshot.holds(file) {
      var (bytes, size) = try hub.start(of: file, of: name, at: snapshot, byteCount: headerGuess)
      if let count = SafetensorsHeader.startByteCount(prefix: bytes, fileByteCount: size), count > bytes.count {
        (bytes, size) = try hub.start(of: file, of: name, at: snapshot, byteCount: count)
      }
      starts[file] = WeightStart(bytes: bytes, fileByteCount: size)
    }
    return starts
  }

  private struct WeightStart {
    let bytes: [UInt8]
    let fileByteCount: Int
  }
}
