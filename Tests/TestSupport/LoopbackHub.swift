internal import CLibCrypto
internal import Foundation
internal import Synchronization

/// A hub with one repository on this machine.
///
/// Large files lie on a second server, as on real hubs.
package final class LoopbackHub: Sendable {
  /// How it behaves.
  package struct Behaviour: Sendable {
    /// The token without which the repository is not shown.
    package var token: String?
    /// How often it first asks for fewer requests.
    package var throttles = 0
    /// For a file, after how many bytes each of the next answers breaks off.
    package var cuts: [String: [Int]] = [:]
    /// Whether parts of files are refused, and the whole is sent.
    package var ignoresRanges = false
    /// Files of which other bytes come than were announced.
    package var corrupt: Set<String> = []
    /// What every request is answered with.
    package var refusal: (status: Int, code: String?, message: String)?

    package init() {}
  }

  /// The commit that all revisions are.
  package static let commit = "0123456789abcdef0123456789abcdef01234567"
  private let hub: LoopbackServer
  private let storage: LoopbackServer

  /// The address of the hub.
  package var endpoint: String { hub.address }
  /// What the hub was asked.
  package var requests: [LoopbackServer.Request] { hub.requests }
  /// What the second server was asked.
  package var storageRequests: [LoopbackServer.Request] { storage.requests }

  /// Serves files.
  ///
  /// - Parameters:
  ///   - id: The repository.
  ///   - kind: `models` or `datasets`.
  ///   - files: Its files.
  ///   - large: Those that lie on the second server and are named by SHA-256.
  ///   - behaviour: How requests are answered.
  package init(
    _ id: String = "tests/tiny",
    kind: String = "models",
    files: [String: [UInt8]],
    large: Set<String> = [],
    behaviour: Behaviour = Behaviour()
  ) {
    let conduct = Conduct(behaviour)
    let storage = LoopbackServer { request in
      let name = String(request.path.dropFirst().prefix { $0 != "?" })
      guard let bytes = files[name] else { return .init(404) }
      return conduct.content(bytes, of: name, to: request)
    }
    let storageAddress = storage.address
    let root = kind == "models" ? "" : "\(kind)/"
    let prefix = "/\(root)\(id)/resolve/\(Self.commit)/"
    hub = LoopbackServer { request in
      if let answer = conduct.obstacle(to: request) { return answer }
      if request.path.hasPrefix("/api/\(kind)/\(id)/revision/") {
        let revision = request.path.split(separator: "/").last.map(String.init) ?? ""
        guard ["main", "v1.0", "refs%2Fpr%2F1", Self.commit].contains(revision) else {
          return .init(404, headers: [("X-Error-Code", "RevisionNotFound")])
        }
        let siblings = files.keys.sorted().map { "{\"rfilename\":\"\($0)\"}" }.joined(separator: ",")
        return .init(200, body: Array("{\"sha\":\"\(Self.commit)\",\"siblings\":[\(siblings)]}".utf8))
      }
      let cached = "/api/resolve-cache/"
      if request.path.hasPrefix(cached), let name = request.path.split(separator: "/").last.map(String.init),
        let bytes = files[name]
      {
        var answer = conduct.content(bytes, of: name, to: request)
        answer.headers.append(("ETag", "\"\(Self.gitHash(bytes))\""))
        answer.headers.append(("X-Repo-Commit", Self.commit))
        return answer
      }
      guard request.path.hasPrefix(prefix) else { return .init(404, headers: [("X-Error-Code", "RepoNotFound")]) }
      let name = String(request.path.dropFirst(prefix.count))
      guard let bytes = files[name] else { return .init(404, headers: [("X-Error-Code", "EntryNotFound")]) }
      if large.contains(name) {
        return .init(
          302,
          headers: [
            ("X-Linked-Etag", "\"\(Self.sha256(bytes))\""), ("X-Linked-Size", "\(bytes.count)"),
            ("X-Repo-Commit", Self.commit), ("Location", "\(storageAddress)/\(name)?signature=secret"),
          ]
        )
      }
      // Small files may be served from another path of the hub.
      if name == "config.json" { return .init(307, headers: [("Location", "\(cached)\(name)")]) }
      var answer = conduct.content(bytes, of: name, to: request)
      answer.headers.append(("ETag", "W/\"\(Self.gitHash(bytes))\""))
      return answer
    }
    self.storage = storage
  }

  /// SHA-256 in hexadecimal.
  package static func sha256(_ bytes: [UInt8]) -> String { hash(bytes, EVP_sha256()) }

  /// The name that Git gives a file.
  package static func gitHash(_ bytes: [UInt8]) -> String {
    hash(Array("blob \(bytes.count)\0".utf8) + bytes, EVP_sha1())
  }

  private static func hash(_ bytes: [UInt8], _ algorithm: OpaquePointer?) -> String {
    var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var count: UInt32 = 0
    EVP_Digest(bytes, bytes.count, &digest, &count, algorithm, nil)
    return digest.prefix(Int(count)).map { String(format: "%02x", $0) }.joined()
  }
}

/// The behaviour while it wears off: each fault is met once.
private final class Conduct: Sendable {
  private let state: Mutex<LoopbackHub.Behaviour>

  init(_ behaviour: LoopbackHub.Behaviour) {
    state = Mutex(behaviour)
  }

  /// What a request is answered with instead of what it asks for.
  func obstacle(to request: LoopbackServer.Request) -> LoopbackServer.Answer? {
    state.withLock { state in
      if let refusal = state.refusal {
        let code = refusal.code.map { [("X-Error-Code", $0)] } ?? []
        return .init(refusal.status, headers: code + [("X-Error-Message", refusal.message)])
      }
      if let token = state.token, request.headers["authorization"] != "Bearer \(token)" {
        return .init(401, headers: [("X-Error-Code", "RepoNotFound")])
      }
      guard state.throttles > 0 else { return nil }
      state.throttles -= 1
      return .init(429, headers: [("Retry-After", "1")])
    }
  }

  /// A file, or the part of it that is asked for.
  func content(_ bytes: [UInt8], of name: String, to request: LoopbackServer.Request) -> LoopbackServer.Answer {
    state.withLock { state in
      var answer = LoopbackServer.Answer(200, body: bytes)
      if state.corrupt.contains(name), !bytes.isEmpty { answer.body[bytes.count / 2] ^= 1 }
      if let range = request.headers["range"]?.dropFirst("bytes=".count), !state.ignoresRanges {
        let ends = range.split(separator: "-").compactMap { Int($0) }
        let (first, last) = (ends[0], ends.count > 1 ? min(ends[1], bytes.count - 1) : bytes.count - 1)
        guard first < bytes.count else { return .init(416) }
        answer.status = 206
        answer.body = Array(answer.body[first...last])
        answer.headers.append(("Content-Range", "bytes \(first)-\(last)/\(bytes.count)"))
      }
      if request.method == "GET", var cuts = state.cuts[name], !cuts.isEmpty {
        answer.cut = cuts.removeFirst()
        state.cuts[name] = cuts
      }
      return answer
    }
  }
}
