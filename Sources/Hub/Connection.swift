internal import CCurl

/// One of libcurl's handles, which keeps its connection from one request to the next.
final class Connection {
  private let handle = curl_easy_init()

  deinit { curl_easy_cleanup(handle) }

  /// One request; where it is redirected to is not followed.
  struct Request {
    var url: String
    var isHead = false
    var headers: [String] = []
  }

  /// The head of an answer.
  struct Response {
    /// The status; 0 before there is one.
    var status = 0
    /// Values by names in lower case; of repeated ones the last.
    var headers: [String: String] = [:]
    /// The address that the answer refers to.
    var redirect: String?
    /// Seconds after which to ask again, where the answer has them.
    var retryAfter: Double?
  }

  /// Seconds that a connection may take to come about.
  private static let connectTimeout = 15
  /// Seconds without a byte after which an answer counts as broken off.
  private static let silenceLimit = 60

  /// Sends a request and waits for the whole answer.
  ///
  /// - Parameters:
  ///   - request: What is sent.
  ///   - userAgent: Who sends it.
  ///   - isInterrupted: Asked at least once a second; true ends the request.
  ///   - receive: Takes the bytes of the answer as they come, with its head; false ends the request as if it were complete.
  /// - Returns: The head.
  /// - Throws: `connection` when the answer did not come whole, or `interrupted`.
  func send(
    _ request: Request,
    userAgent: String,
    isInterrupted: @escaping () -> Bool,
    receive: @escaping (Response, UnsafeRawBufferPointer) -> Bool = { _, _ in true }
  ) throws(HubError) -> Response {
    guard let handle else { throw .connection(url: request.url, reason: "libcurl has no memory") }
    curl_easy_reset(handle)
    let exchange = Exchange(isInterrupted: isInterrupted, receive: receive)
    let pointer = Unmanaged.passUnretained(exchange).toOpaque()
    var list: UnsafeMutablePointer<curl_slist>?
    for header in request.headers { list = curl_slist_append(list, header) }
    defer { curl_slist_free_all(list) }
    ccurl_set_text(handle, CURLOPT_URL, request.url)
    ccurl_set_text(handle, CURLOPT_USERAGENT, userAgent)
    ccurl_set_text(handle, CURLOPT_PROTOCOLS_STR, "http,https")
    ccurl_set_list(handle, CURLOPT_HTTPHEADER, list)
    ccurl_set_long(handle, CURLOPT_NOBODY, request.isHead ? 1 : 0)
    ccurl_set_long(handle, CURLOPT_NOSIGNAL, 1)
    ccurl_set_long(handle, CURLOPT_CONNECTTIMEOUT, Self.connectTimeout)
    ccurl_set_long(handle, CURLOPT_LOW_SPEED_LIMIT, 1)
    ccurl_set_long(handle, CURLOPT_LOW_SPEED_TIME, Self.silenceLimit)
    ccurl_set_pointer(handle, CURLOPT_HEADERDATA, pointer)
    ccurl_set_pointer(handle, CURLOPT_WRITEDATA, pointer)
    ccurl_set_pointer(handle, CURLOPT_XFERINFODATA, pointer)
    ccurl_set_long(handle, CURLOPT_NOPROGRESS, 0)
    ccurl_set_receiver(handle, CURLOPT_HEADERFUNCTION) { bytes, size, count, exchange in
      Exchange.at(exchange)?.takeHeader(UnsafeRawBufferPointer(start: bytes, count: size * count))
      return size * count
    }
    ccurl_set_receiver(handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, exchange in
      let isWanted = Exchange.at(exchange)?.take(UnsafeRawBufferPointer(start: bytes, count: size * count)) ?? false
      return isWanted ? size * count : 0
    }
    ccurl_set_watcher(handle) { exchange, _, _, _, _ in Exchange.at(exchange)?.isInterrupted() == true ? 1 : 0 }
    let code = withExtendedLifetime(exchange) { curl_easy_perform(handle) }
    if isInterrupted() { throw .interrupted }
    guard code == CURLE_OK || exchange.isSatisfied else {
      throw .connection(url: request.url, reason: String(cString: curl_easy_strerror(code)))
    }
    var response = exchange.response
    var address: UnsafePointer<CChar>?
    if ccurl_get_text(handle, CURLINFO_REDIRECT_URL, &address) == CURLE_OK {
      response.redirect = address.map { String(cString: $0) }
    }
    var seconds: curl_off_t = 0
    if ccurl_get_offset(handle, CURLINFO_RETRY_AFTER, &seconds) == CURLE_OK, seconds > 0 {
      response.retryAfter = Double(seconds)
    }
    return response
  }
}

/// What libcurl calls back while a request is under way.
private final class Exchange {
  let isInterrupted: () -> Bool
  private let receive: (Connection.Response, UnsafeRawBufferPointer) -> Bool
  private(set) var response = Connection.Response()
  /// Whether the receiver wants no more.
  private(set) var isSatisfied = false

  init(
    isInterrupted: @escaping () -> Bool,
    receive: @escaping (Connection.Response, UnsafeRawBufferPointer) -> Bool
  ) {
    self.isInterrupted = isInterrupted
    self.receive = receive
  }

  static func at(_ pointer: UnsafeMutableRawPointer?) -> Exchange? {
    pointer.map { Unmanaged<Exchange>.fromOpaque($0).takeUnretainedValue() }
  }

  func takeHeader(_ bytes: UnsafeRawBufferPointer) {
    let line = String(decoding: bytes, as: UTF8.self)
    if line.hasPrefix("HTTP/") {
      // An interim answer, such as 100, has a head of its own.
      response = Connection.Response()
      response.status = line.split(separator: " ").dropFirst().first.flatMap { Int($0.prefix(3)) } ?? 0
    } else if let colon = line.firstIndex(of: ":") {
      response.headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmed
    }
  }

  func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
    if receive(response, bytes) { return true }
    isSatisfied = true
    return false
  }
}

extension Substring {
  /// The text without white space at either end.
  fileprivate var trimmed: String {
    let start = drop { $0.isWhitespace }
    return String(start.reversed().drop { $0.isWhitespace }.reversed())
  }
}
