internal import CCurl

/// The place that an address leads to, without the path: whoever may see a token.
struct Origin: Hashable {
  private let scheme: String
  private let host: String
  private let port: String

  /// Reads an address; nil when it has no host.
  init?(_ address: String) {
    guard let url = curl_url() else { return nil }
    defer { curl_url_cleanup(url) }
    guard curl_url_set(url, CURLUPART_URL, address, 0) == CURLUE_OK else { return nil }
    func part(_ part: CURLUPart) -> String? {
      var text: UnsafeMutablePointer<CChar>?
      guard curl_url_get(url, part, &text, UInt32(CURLU_DEFAULT_PORT)) == CURLUE_OK, let text else { return nil }
      defer { curl_free(text) }
      return String(cString: text).lowercased()
    }
    guard let scheme = part(CURLUPART_SCHEME), let host = part(CURLUPART_HOST), let port = part(CURLUPART_PORT) else {
      return nil
    }
    self.scheme = scheme
    self.host = host
    self.port = port
  }

  /// Whether what is sent there cannot be read on the way.
  var isSecure: Bool { scheme == "https" }
}
