internal import Foundation
internal import Glibc
internal import Synchronization

/// A web server on a free port of this machine, for one test.
package final class LoopbackServer: Sendable {
  /// What was asked.
  package struct Request: Sendable {
    package let method: String
    package let path: String
    /// Values by names in lower case.
    package let headers: [String: String]
  }

  /// What is answered.
  package struct Answer: Sendable {
    package var status: Int
    package var headers: [(String, String)]
    package var body: [UInt8]
    /// Bytes of the body after which the connection breaks off.
    package var cut: Int?

    package init(_ status: Int, headers: [(String, String)] = [], body: [UInt8] = [], cut: Int? = nil) {
      self.status = status
      self.headers = headers
      self.body = body
      self.cut = cut
    }
  }

  /// The port that it listens on.
  package let port: UInt16
  private let listener: Int32
  private let received = Mutex<[Request]>([])

  /// Everything that was asked so far.
  package var requests: [Request] { received.withLock { $0 } }

  /// Its address, without a slash at the end.
  package var address: String { "http://127.0.0.1:\(port)" }

  /// Serves one request after the other, each on a connection of its own.
  package init(_ answer: @escaping @Sendable (Request) -> Answer) {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = in_addr_t(UInt32(0x7F00_0001).bigEndian)
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isReady = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, size) == 0 && listen(listener, 64) == 0 && getsockname(listener, $0, &size) == 0
      }
    }
    precondition(isReady, "a port of the loopback interface is free")
    port = UInt16(bigEndian: address.sin_port)
    self.listener = listener
    Thread.detachNewThread { [weak self] in
      defer { close(listener) }
      while true {
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { return }
        defer { close(connection) }
        guard let request = Self.read(connection) else { continue }
        self?.received.withLock { $0.append(request) }
        Self.write(answer(request), to: request, on: connection)
      }
    }
  }

  /// Ends the thread, which closes the socket: its number may be another one's as soon as it is closed.
  deinit { shutdown(listener, Int32(SHUT_RDWR)) }

  private static func read(_ connection: Int32) -> Request? {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while !String(decoding: bytes, as: UTF8.self).contains("\r\n\r\n") {
      let count = recv(connection, &buffer, buffer.count, 0)
      guard count > 0 else { return nil }
      bytes += buffer[..<count]
    }
    let lines = String(decoding: bytes, as: UTF8.self).components(separatedBy: "\r\n")
    let words = lines[0].split(separator: " ").map(String.init)
    guard words.count == 3 else { return nil }
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
    }
    return Request(method: words[0], path: words[1], headers: headers)
  }

  private static func write(_ answer: Answer, to request: Request, on connection: Int32) {
    var head = "HTTP/1.1 \(answer.status) Answer\r\nConnection: close\r\n"
    head += answer.headers.map { "\($0): \($1)\r\n" }.joined()
    if !answer.headers.contains(where: { $0.0 == "Content-Length" }) {
      head += "Content-Length: \(answer.body.count)\r\n"
    }
    let body = request.method == "HEAD" ? [] : answer.body.prefix(answer.cut ?? .max)
    let bytes = Array("\(head)\r\n".utf8) + body
    var next = 0
    while next < bytes.count {
      let count = bytes[next...].withUnsafeBytes {
        send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return }
      next += count
    }
  }
}
