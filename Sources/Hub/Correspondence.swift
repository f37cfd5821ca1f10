internal import Glibc
internal import JSONDocuments

/// Questions to a hub: redirected, repeated, and with a token for nobody but the hub.
final class Correspondence {
  private let settings: HubSettings
  private let observer: HubObserver
  private let connection = Connection()
  /// Whether the hub has ever answered: who has no network need not wait for it.
  private var hasContact = false

  private static let redirectLimit = 10
  /// The longest answer that is kept in memory.
  private static let textLimit = 64 << 20
  /// Seconds that are waited at most because the hub says so.
  private static let longestPause = 300.0
  private static let identity = "Accept-Encoding: identity"

  init(_ settings: HubSettings, observer: HubObserver) {
    self.settings = settings
    self.observer = observer
  }

  /// The commit that a revision is, and the paths of its files.
  func revision(of name: HubName) throws(HubError) -> (commit: String, files: [String]) {
    let revision = name.revision.escaped(keepingSlashes: false)
    let url = "\(settings.endpoint)/api/\(name.kind.rawValue)/\(name.id)/revision/\(revision)"
    let bytes = try persistently { () throws(HubError) in
      var bytes: [UInt8] = []
      let response = try self.answer(
        to: url,
        receive: { _, chunk in
          bytes += chunk
          return bytes.count <= Self.textLimit
        }
      )
      try self.check(response, url: url, asking: .revision(name), of: name)
      return bytes
    }
    guard let document = try? JSON.parse(bytes), let commit = document["sha"]?.string, commit.isCommit,
      let siblings = document["siblings"]?.array
    else { throw .malformedAnswer(url: url, fault: "there is no commit with a list of files") }
    return (commit, siblings.compactMap { $0["rfilename"]?.string }.filter(Self.staysInFolder))
  }

  /// What the hub says of a file.
  func file(_ path: String, of name: HubName, commit: String) throws(HubError) -> RemoteFile {
    let url = address(of: path, of: name, commit: commit)
    let response = try persistently { () throws(HubError) in
      // Where a file leads elsewhere, what is said of it stands in the answer that says so.
      let response = try self.answer(to: url, isHead: true, until: { $0.headers["x-linked-etag"] != nil })
      if response.headers["x-linked-etag"] == nil {
        try self.check(response, url: url, asking: .file(path, name), of: name)
      }
      return response
    }
    let headers = response.headers
    guard let size = (headers["x-linked-size"] ?? headers["content-length"]).flatMap({ Int($0) }), size >= 0 else {
      throw .malformedAnswer(url: url, fault: "the size of the file is not announced")
    }
    let tag = (headers["x-linked-etag"] ?? headers["etag"] ?? "").drop { $0 == "W" || $0 == "/" }
    guard let checksum = Checksum(tag.filter { $0 != "\"" }, byteCount: size) else {
      throw .malformedAnswer(url: url, fault: "there is no SHA-256 and no Git hash to check the file by")
    }
    return RemoteFile(name: path, url: url, byteCount: size, checksum: checksum)
  }

  /// The first bytes of a file, and its size.
  func start(
    of path: String,
    of name: HubName,
    commit: String,
    byteCount: Int
  ) throws(HubError) -> (bytes: [UInt8], fileByteCount: Int) {
    let url = address(of: path, of: name, commit: commit)
    return try persistently { () throws(HubError) in
      var bytes: [UInt8] = []
      let response = try self.answer(
        to: url,
        headers: ["Range: bytes=0-\(byteCount - 1)"],
        receive: { _, chunk in
          bytes += chunk.prefix(byteCount - bytes.count)
          return bytes.count < byteCount
        }
      )
      try self.check(response, url: url, asking: .file(path, name), of: name)
      let total = response.headers["content-range"]?.split(separator: "/").last.map(String.init)
      guard let size = (total ?? response.headers["content-length"]).flatMap({ Int($0) }) else {
        throw .malformedAnswer(url: url, fault: "the size of the file is not announced")
      }
      return (bytes, size)
    }
  }

  /// Fetches what a blob lacks.
  func download(_ blob: BlobDownload, progress: @escaping (Int) -> Void) throws(HubError) {
    try persistently(counting: { blob.byteCount }) { () throws(HubError) in
      try self.attempt(blob, progress: progress)
    }
  }

  private func attempt(_ blob: BlobDownload, progress: @escaping (Int) -> Void) throws(HubError) {
    let size = blob.file.byteCount
    guard blob.byteCount < size else { return progress(size) }
    let url = blob.file.url
    let start = blob.byteCount
    var failure: HubError?
    var isFirst = true
    let range = start > 0 ? ["Range: bytes=\(start)-"] : []
    let response = try answer(
      to: url,
      headers: range,
      receive: { response, bytes in
        do throws(HubError) {
          if isFirst, start > 0, !Self.continues(response, at: start) { try blob.restart() }
          isFirst = false
          try blob.append(bytes)
        } catch {
          failure = error
          return false
        }
        progress(blob.byteCount)
        return true
      }
    )
    if let failure { throw failure }
    // What there is may be from a file that was longer.
    if response.status == 416, start > 0 {
      try blob.restart()
      return try attempt(blob, progress: progress)
    }
    guard (200..<300).contains(response.status) else { throw rejection(response, url: url) }
    guard blob.byteCount == size else {
      throw .connection(url: Self.shown(url), reason: "the answer ended at \(blob.byteCount) of \(size) bytes")
    }
  }

  /// Whether an answer holds the bytes from an offset on, and not the whole file.
  private static func continues(_ response: Connection.Response, at offset: Int) -> Bool {
    response.status == 206 && response.headers["content-range"]?.hasPrefix("bytes \(offset)-") == true
  }

  private func address(of path: String, of name: HubName, commit: String) -> String {
    let kind = name.kind == .model ? "" : "\(name.kind.rawValue)/"
    return "\(settings.endpoint)/\(kind)\(name.id)/resolve/\(commit)/\(path.escaped(keepingSlashes: true))"
  }

  /// Whether a path leads to no other folder than that of its repository.
  private static func staysInFolder(_ path: String) -> Bool {
    path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
      !part.isEmpty && part != "." && part != ".." && !part.utf8.contains(0)
    }
  }

  // MARK: Requests

  /// Sends a request to where it is redirected; bytes of answers without success are dropped.
  private func answer(
    to url: String,
    isHead: Bool = false,
    headers: [String] = [],
    receive: @escaping (Connection.Response, UnsafeRawBufferPointer) -> Bool = { _, _ in true },
    until isEnough: (Connection.Response) -> Bool = { _ in false }
  ) throws(HubError) -> Connection.Response {
    let home = Origin(settings.endpoint)
    var address = url
    for _ in 0..<Self.redirectLimit {
      guard let origin = Origin(address) else {
        throw .malformedAnswer(url: Self.shown(address), fault: "it is no address of a hub")
      }
      var request = Connection.Request(url: address, isHead: isHead, headers: headers + [Self.identity])
      if let token = settings.token, origin == home { request.headers.append("Authorization: Bearer \(token)") }
      let response: Connection.Response
      do throws(HubError) {
        response = try connection.send(
          request,
          userAgent: settings.userAgent,
          isInterrupted: observer.isInterrupted,
          receive: { response, bytes in !(200..<300).contains(response.status) || receive(response, bytes) }
        )
      } catch .connection(_, let reason) {
        throw .connection(url: Self.shown(address), reason: reason)
      }
      hasContact = true
      guard (300..<400).contains(response.status), let next = response.redirect, !isEnough(response) else {
        return response
      }
      if origin.isSecure, Origin(next)?.isSecure != true {
        throw .malformedAnswer(url: Self.shown(address), fault: "it leads from https to \(Self.shown(next))")
      }
      address = next
    }
    throw .malformedAnswer(url: Self.shown(url), fault: "it leads elsewhere more than \(Self.redirectLimit) times")
  }

  /// An address without what may be secret in it.
  private static func shown(_ url: String) -> String { String(url.prefix { $0 != "?" }) }

  /// Finds that an answer is a success.
  private func check(
    _ response: Connection.Response,
    url: String,
    asking subject: HubError.Subject,
    of name: HubName
  ) throws(HubError) {
    let hasToken = settings.token != nil
    let reason = response.headers["x-error-message"] ?? ""
    switch (response.status, response.headers["x-error-code"]) {
    case (200..<300, _): return
    case (401, "RepoNotFound"), (404, "RepoNotFound"): throw .notFound(what: .repository(name), hasToken: hasToken)
    case (404, "RevisionNotFound"): throw .notFound(what: .revision(name), hasToken: hasToken)
    case (401, nil) where !hasToken: throw .notFound(what: .repository(name), hasToken: false)
    case (404, _): throw .notFound(what: subject, hasToken: hasToken)
    case (401, _), (403, _):
      throw .refused(name, status: response.status, reason: reason, hasToken: hasToken)
    default: throw rejection(response, url: url)
    }
  }

  private func rejection(_ response: Connection.Response, url: String) -> HubError {
    response.status == 429
      ? .tooManyRequests(url: Self.shown(url), seconds: response.retryAfter ?? 0)
      : .status(response.status, url: Self.shown(url))
  }

  // MARK: Attempts

  /// Does something again after failures that may pass, with longer and longer pauses.
  ///
  /// - Parameters:
  ///   - progress: What grows when an attempt brings something; then failures are counted anew.
  ///   - body: What is done.
  /// - Returns: What it returns at last.
  /// - Throws: A failure that will not pass, or the last of those that could.
  private func persistently<Value>(
    counting progress: () -> Int = { 0 },
    _ body: () throws(HubError) -> Value
  ) throws(HubError) -> Value {
    var failures = 0
    while true {
      let before = progress()
      do throws(HubError) {
        return try body()
      } catch {
        if progress() > before { failures = 0 }
        guard error.isTransient, hasContact, failures < settings.pauses.count else { throw error }
        var pause = settings.pauses[failures]
        if case .tooManyRequests(_, let seconds) = error { pause = max(pause, seconds) }
        guard pause <= Self.longestPause else { throw error }
        failures += 1
        observer.waiting(pause, error)
        try wait(pause)
      }
    }
  }

  private func wait(_ seconds: Double) throws(HubError) {
    let end = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < end {
      if observer.isInterrupted() { throw .interrupted }
      usleep(20_000)
    }
  }
}
