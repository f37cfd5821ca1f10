/// Why something did not come from a hub.
package enum HubError: Error, Hashable, Sendable {
  /// The hub has no such repository, revision or file, or keeps it from whoever asks; `hasToken` tells whether a token was sent.
  case notFound(what: Subject, hasToken: Bool)
  /// The hub knows the repository and refuses it, in its own words.
  case refused(HubName, status: Int, reason: String, hasToken: Bool)
  /// The hub wants fewer requests, and another one not before `seconds` have gone by.
  case tooManyRequests(url: String, seconds: Double)
  /// The hub answered with a status that says nothing of the request.
  case status(Int, url: String)
  /// No answer, or not the whole of it.
  case connection(url: String, reason: String)
  /// An answer that is not what hubs answer.
  case malformedAnswer(url: String, fault: String)
  /// A file whose bytes do not have the hash that the hub says they have.
  case checksum(file: String, expected: String, found: String)
  /// A repository without weights that Pare can read.
  case noWeights(HubName)
  /// The files do not fit.
  case diskFull(path: String, needed: Int, available: Int)
  /// The operating system's refusal.
  case system(operation: String, path: String, code: Int32)
  /// The observer said to stop; what has come so far is kept.
  case interrupted

  /// What a hub was asked for.
  package enum Subject: Hashable, Sendable {
    case repository(HubName)
    case revision(HubName)
    case file(String, HubName)
  }

  /// Whether the same request may have better luck later.
  var isTransient: Bool {
    switch self {
    case .tooManyRequests, .connection: true
    case .status(let status, _): status == 408 || status >= 500
    default: false
    }
  }
}
