internal import JSONDocuments

/// One message of JSON-RPC 2.0 from an editor.
struct Message {
  /// What kind it is.
  let kind: Kind
  /// Its parameters; null without any.
  let parameters: JSON

  /// What an editor sends.
  enum Kind {
    /// Asks for an answer, which bears the same mark.
    case request(String, id: JSON)
    /// Tells something.
    case notification(String)
    /// Answers a request of the server's.
    case response
  }

  /// - Throws: `Failure` when the value is no message.
  init(_ json: JSON) throws(Failure) {
    guard json.object != nil else { throw Failure(.invalidRequest, "a message is one JSON object") }
    let id = json["id"]
    let isMark = id.map { $0.string != nil || $0.int != nil } ?? true
    guard json["jsonrpc"]?.string == "2.0" else {
      throw Failure(.invalidRequest, "the member jsonrpc is not \"2.0\"", answering: isMark ? id : nil)
    }
    parameters = json["params"] ?? .null
    guard let method = json["method"] else {
      guard json["result"] != nil || json["error"] != nil else {
        throw Failure(.invalidRequest, "neither a method nor a result", answering: isMark ? id : nil)
      }
      kind = .response
      return
    }
    guard isMark else { throw Failure(.invalidRequest, "an id is an integer or a string") }
    guard let name = method.string else {
      throw Failure(.invalidRequest, "the method is no string", answering: id)
    }
    kind = id.map { .request(name, id: $0) } ?? .notification(name)
  }

  /// The mark of a request, or nil.
  var id: JSON? {
    if case .request(_, let id) = kind { id } else { nil }
  }

  /// The mark of the request that a notification withdraws, or nil.
  var withdrawnRequest: JSON? {
    guard case .notification("$/cancelRequest") = kind else { return nil }
    return parameters["id"]
  }
}

/// Why a request has no result.
struct Failure: Error {
  /// The numbers of JSON-RPC and of the language server protocol 3.17.
  enum Code: Int64 {
    case parseError = -32700
    case invalidRequest = -32600
    case methodNotFound = -32601
    case invalidParameters = -32602
    case serverNotInitialized = -32002
    case requestFailed = -32803
    case requestCancelled = -32800
  }

  let code: Code
  let message: String
  /// The request that failed, where it is known otherwise than from the message.
  let id: JSON?

  init(_ code: Code, _ message: String, answering id: JSON? = nil) {
    self.code = code
    self.message = message
    self.id = id
  }
}

extension JSON {
  /// An object of the members that have a value.
  static func members(_ members: KeyValuePairs<String, JSON?>) -> JSON {
    .object(members.compactMap { key, value in value.map { Member(key, $0) } })
  }

  static func integer(_ value: Int) -> JSON { .integer(Int64(value)) }

  static func strings(_ texts: [String]) -> JSON { .array(texts.map(JSON.string)) }

  /// The value behind several keys, or nil.
  func at(_ keys: String...) -> JSON? {
    var value: JSON? = self
    for key in keys { value = value?[key] }
    return value
  }

  static func answer(to id: JSON, _ result: JSON) -> JSON {
    .members(["jsonrpc": .string("2.0"), "id": id, "result": result])
  }

  static func answer(to id: JSON?, _ failure: Failure) -> JSON {
    let error = JSON.members(["code": .integer(failure.code.rawValue), "message": .string(failure.message)])
    return .members(["jsonrpc": .string("2.0"), "id": failure.id ?? id ?? .null, "error": error])
  }

  static func notification(_ method: String, _ parameters: JSON) -> JSON {
    .members(["jsonrpc": .string("2.0"), "method": .string(method), "params": parameters])
  }

  /// The message as it is sent, headers and all.
  var framed: [UInt8] {
    let content = Array(serialized(.compact).utf8)
    return Array("Content-Length: \(content.count)\r\n\r\n".utf8) + content
  }
}
