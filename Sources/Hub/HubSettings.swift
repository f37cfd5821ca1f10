/// Where models come from and where they are kept.
package struct HubSettings: Hashable, Sendable {
  /// The address of the hub, without a slash at its end.
  package let endpoint: String
  /// What identifies the user; sent to the endpoint alone.
  package let token: String?
  /// The cache's folder, which holds one folder for each repository.
  package let cache: String
  /// Whether nothing may be asked of the hub.
  package var isOffline: Bool
  /// What requests say of who sends them.
  package let userAgent: String
  /// Seconds to wait before a request that failed is sent again, one for each new attempt.
  package let pauses: [Double]

  /// The pauses of someone who has time.
  package static let patientPauses: [Double] = [1, 2, 4, 8, 16]

  package init(
    endpoint: String,
    token: String? = nil,
    cache: String,
    isOffline: Bool = false,
    userAgent: String,
    pauses: [Double] = patientPauses
  ) {
    self.endpoint = String(endpoint.reversed().drop { $0 == "/" }.reversed())
    self.token = token
    self.cache = cache
    self.isOffline = isOffline
    self.userAgent = userAgent
    self.pauses = pauses
  }
}

/// Who watches what the hub is asked.
package struct HubObserver: Sendable {
  /// Asked again and again: whether to stop.
  package var isInterrupted: @Sendable () -> Bool
  /// Hears how far a download has come.
  package var progress: @Sendable (DownloadProgress) -> Void
  /// Hears of seconds that are waited before the next attempt, and why.
  package var waiting: @Sendable (Double, HubError) -> Void

  package init(
    isInterrupted: @escaping @Sendable () -> Bool = { false },
    progress: @escaping @Sendable (DownloadProgress) -> Void = { _ in },
    waiting: @escaping @Sendable (Double, HubError) -> Void = { _, _ in }
  ) {
    self.isInterrupted = isInterrupted
    self.progress = progress
    self.waiting = waiting
  }
}

/// How far a download has come.
package struct DownloadProgress: Hashable, Sendable {
  /// The file under way.
  package let file: String
  /// Bytes that are there, of all files.
  package var byteCount: Int
  /// Bytes of all files.
  package let totalByteCount: Int
  /// Bytes that were there when the download began.
  package let initialByteCount: Int
}
