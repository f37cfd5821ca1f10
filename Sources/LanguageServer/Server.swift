internal import Diagnostics
internal import JSONDocuments
package import RecipeGrammar

/// A language server for recipes: LSP 3.17 over any two streams of bytes.
///
/// It answers one message after the other. What changed is checked when no message waits, so that of a burst of changes
/// only the last is.
package struct Server {
  /// How the conversation with an editor ended.
  package enum Ending: Hashable, Sendable {
    /// The editor asked the server to shut down before.
    case orderly
    /// It did not.
    case abrupt
  }

  /// Where the conversation is.
  enum Phase: Hashable {
    case awaitingIntroduction
    case running
    case shutDown
    case ended(Ending)
  }

  let surroundings: Surroundings
  let grammar: Grammar
  var phase = Phase.awaitingIntroduction
  var client = Client()
  var settings = Settings()
  /// Open texts by address.
  var documents: [String: OpenDocument] = [:]
  /// Addresses of open texts that must be checked, in the order in which they changed.
  var changed: [String] = []
  var models = ModelShelf()
  /// What goes to the editor besides answers.
  var outgoing: [JSON] = []
  /// What the editor was told already, so that it is not told again and again.
  var told: Set<String> = []

  /// Serves an editor until it leaves.
  ///
  /// - Parameters:
  ///   - transport: The way to the editor and back.
  ///   - surroundings: Files and models.
  ///   - grammar: The language.
  /// - Returns: Whether the editor took its leave.
  package static func serve(
    _ transport: Transport,
    _ surroundings: Surroundings,
    grammar: Grammar = .standard
  ) -> Ending {
    var server = Server(surroundings: surroundings, grammar: grammar)
    var reader = MessageReader()
    while true {
      let bytes = transport.read()
      guard !bytes.isEmpty else { return server.phase == .shutDown ? .orderly : .abrupt }
      reader.append(bytes)
      var arrivals: [Arrival] = []
      while let finding = reader.finding() { arrivals.append(Arrival(finding)) }
      let withdrawn = Set(arrivals.compactMap { $0.message?.withdrawnRequest })
      for arrival in arrivals {
        for answer in server.receive(arrival, withdrawn: withdrawn) { transport.write(answer.framed) }
        if case .ended(let ending) = server.phase { return ending }
      }
      for notification in server.publishChanged() { transport.write(notification.framed) }
    }
  }

  private init(surroundings: Surroundings, grammar: Grammar) {
    self.surroundings = surroundings
    self.grammar = grammar
  }

  /// A message, or why what arrived is none.
  private struct Arrival {
    let result: Result<Message, Failure>

    init(_ finding: MessageReader.Finding) {
      switch finding {
      case .fault(let reason): result = .failure(Failure(.parseError, reason))
      case .content(let bytes):
        do throws(JSONError) {
          let json = try JSON.parse(bytes)
          do throws(Failure) {
            result = .success(try Message(json))
          } catch {
            result = .failure(error)
          }
        } catch {
          result = .failure(Failure(.parseError, "\(error)"))
        }
      }
    }

    var message: Message? { try? result.get() }
  }

  /// Takes one message and gives what is to be sent.
  private mutating func receive(_ arrival: Arrival, withdrawn: Set<JSON>) -> [JSON] {
    let answer: JSON?
    switch arrival.result {
    case .failure(let failure): answer = .answer(to: nil, failure)
    case .success(let message): answer = self.answer(message, withdrawn: withdrawn)
    }
    defer { outgoing = [] }
    return outgoing + (answer.map { [$0] } ?? [])
  }

  private mutating func answer(_ message: Message, withdrawn: Set<JSON>) -> JSON? {
    switch message.kind {
    case .response: return nil
    case .notification(let method):
      heed(method, message.parameters)
      return nil
    case .request(let method, let id):
      if withdrawn.contains(id), method != "initialize", method != "shutdown" {
        return .answer(to: id, Failure(.requestCancelled, "the request was withdrawn"))
      }
      do throws(Failure) {
        return .answer(to: id, try result(of: method, message.parameters))
      } catch {
        return .answer(to: id, error)
      }
    }
  }

  private mutating func result(of method: String, _ parameters: JSON) throws(Failure) -> JSON {
    switch (phase, method) {
    case (.awaitingIntroduction, "initialize"): return introduce(parameters)
    case (.awaitingIntroduction, _): throw Failure(.serverNotInitialized, "initialize comes first")
    case (.running, "initialize"): throw Failure(.invalidRequest, "the server is initialized already")
    case (.running, "shutdown"):
      phase = .shutDown
      return .null
    case (.running, _): return try feature(method, parameters)
    case (.shutDown, _), (.ended, _): throw Failure(.invalidRequest, "the server is shut down")
    }
  }

  /// Says something in the editor's log.
  mutating func log(_ text: String) { send("window/logMessage", .warning, text) }

  /// Shows something to the person at the editor, once.
  mutating func show(_ text: String) {
    if told.insert(text).inserted { send("window/showMessage", .error, text) }
  }

  /// Numbers of the protocol.
  private enum MessageType: Int {
    case error = 1
    case warning = 2
  }

  private mutating func send(_ method: String, _ type: MessageType, _ text: String) {
    outgoing.append(
      .notification(method, .members(["type": .integer(type.rawValue), "message": .string(text)]))
    )
  }
}
