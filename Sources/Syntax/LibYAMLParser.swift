import CLibYAML

/// A libyaml parser over bytes that outlive it, at an address that does not move because libyaml keeps it.
final class LibYAMLParser {
  private let parser: UnsafeMutablePointer<yaml_parser_t>

  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    parser = .allocate(capacity: 1)
    let isReady = yaml_parser_initialize(parser)
    precondition(isReady == 1, "no memory for a YAML parser")
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
  }

  deinit {
    yaml_parser_delete(parser)
    parser.deallocate()
  }

  /// Gives the next event to a closure, or returns the failure; the event is freed afterwards.
  func nextEvent(_ body: (yaml_event_t) -> Void) -> LibYAMLFailure? {
    var event = yaml_event_t()
    guard yaml_parser_parse(parser, &event) == 1 else { return failure }
    body(event)
    yaml_event_delete(&event)
    return nil
  }

  /// Gives the next token to a closure; false after a failure.
  func nextToken(_ body: (yaml_token_t) -> Void) -> Bool {
    var token = yaml_token_t()
    guard yaml_parser_scan(parser, &token) == 1 else { return false }
    body(token)
    yaml_token_delete(&token)
    return true
  }

  private var failure: LibYAMLFailure {
    let state = parser.pointee
    return LibYAMLFailure(
      problem: state.problem.map { String(cString: $0) } ?? "",
      place: Int(state.problem_mark.index),
      context: state.context.map { String(cString: $0) },
      contextPlace: Int(state.context_mark.index)
    )
  }
}

/// What libyaml says when it gives up; places count code points.
struct LibYAMLFailure {
  let problem: String
  let place: Int
  let context: String?
  let contextPlace: Int
}
