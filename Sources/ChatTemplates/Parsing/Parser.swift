/// Reads the statements of a template.
struct Parser {
  var tokens: ArraySlice<Token>
  private var depth = 0

  typealias Failure = ChatTemplateError

  static func statements(of text: String) throws(Failure) -> [Statement] {
    var parser = Parser(tokens: try Lexer.tokens(of: text)[...])
    return try parser.body(until: []).statements
  }

  private init(tokens: ArraySlice<Token>) { self.tokens = tokens }

  /// Reads statements up to a tag of one of the names, whose name is read too; without names, to the end.
  private mutating func body(until ends: Set<String>) throws(Failure) -> (statements: [Statement], end: String) {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Bounds.nesting else { throw failure(.limit(.nesting)) }
    let first = current
    var statements: [Statement] = []
    while true {
      let line = current.line
      switch current.kind {
      case .data(let text):
        advance()
        statements.append(Statement(kind: .text(text), line: line))
      case .begin(.output):
        advance()
        statements.append(Statement(kind: .output(try tuple()), line: line))
        try expect(.end(.output))
      case .begin(.statement):
        advance()
        let name = try name()
        if ends.contains(name) { return (statements, name) }
        statements.append(Statement(kind: try statement(name), line: line))
        try expect(.end(.statement))
      default:
        guard ends.isEmpty else {
          throw ChatTemplateError(line: first.line, fault: .syntax("{% \(ends.sorted().last ?? "") %} is missing"))
        }
        return (statements, "")
      }
    }
  }

  /// Reads a body whose end is the only tag that may follow.
  private mutating func body(until end: String) throws(Failure) -> [Statement] {
    try expect(.end(.statement))
    return try body(until: [end]).statements
  }

  private mutating func statement(_ name: String) throws(Failure) -> Statement.Kind {
    switch name {
    case "if": return try condition()
    case "for": return try loop()
    case "set": return try assignment()
    case "macro": return try macro()
    case "with": return try with()
    case "filter":
      let filters = try filterCalls(first: true)
      return .filterBlock(filters, body: try body(until: "endfilter"))
    case "generation": return .generation(try body(until: "endgeneration"))
    case "break": return .leave
    case "continue": return .proceed
    case "call", "block", "extends", "include", "import", "from", "autoescape", "do", "trans", "debug":
      throw failure(.unsupported("the tag \"\(name)\""))
    default: throw failure(.syntax("the tag \"\(name)\", which begins nothing"))
    }
  }

  private mutating func condition() throws(Failure) -> Statement.Kind {
    var branches: [(test: Expression, body: [Statement])] = []
    while true {
      let test = try tuple()
      try expect(.end(.statement))
      let (statements, end) = try body(until: ["elif", "else", "endif"])
      branches.append((test, statements))
      if end == "elif" { continue }
      return .condition(branches, otherwise: end == "else" ? try body(until: "endif") : [])
    }
  }

  private mutating func loop() throws(Failure) -> Statement.Kind {
    let names = try names(until: "in")
    try expect(.name("in"))
    let iterable = try tuple(withConditions: false)
    var condition: Expression?
    if skip(.name("if")) { condition = try expression() }
    if current.kind == .name("recursive") { throw failure(.unsupported("a loop that is recursive")) }
    try expect(.end(.statement))
    let (statements, end) = try body(until: ["else", "endfor"])
    return .loop(
      Statement.ForLoop(
        names: names,
        iterable: iterable,
        condition: condition,
        body: statements,
        otherwise: end == "else" ? try body(until: "endfor") : []
      )
    )
  }

  /// Reads one name, or several with commas between them.
  private mutating func names(until end: String) throws(Failure) -> [String] {
    let isTuple = skip(.sign("("))
    var names = [try name()]
    while skip(.sign(",")), current.kind != .name(end) { names.append(try name()) }
    if isTuple { try expect(.sign(")")) }
    return names
  }

  private mutating func assignment() throws(Failure) -> Statement.Kind {
    let isTuple = skip(.sign("("))
    var targets = [try target()]
    while skip(.sign(",")) { targets.append(try target()) }
    if isTuple { try expect(.sign(")")) }
    if skip(.sign("=")) { return .set(targets, try tuple()) }
    guard targets.count == 1 else { throw unexpected("=") }
    let filters = try filterCalls(first: false)
    return .setBlock(targets[0], filters: filters, body: try body(until: "endset"))
  }

  private mutating func target() throws(Failure) -> AssignmentTarget {
    let name = try name()
    return skip(.sign(".")) ? .member(of: name, try self.name()) : .name(name)
  }

  private mutating func macro() throws(Failure) -> Statement.Kind {
    let name = try name()
    var parameters: [(name: String, standard: Expression?)] = []
    try expect(.sign("("))
    while current.kind != .sign(")") {
      if !parameters.isEmpty { try expect(.sign(",")) }
      let parameter = try self.name()
      parameters.append((parameter, skip(.sign("=")) ? try expression() : nil))
    }
    advance()
    return .macro(name, parameters, body: try body(until: "endmacro"))
  }

  private mutating func with() throws(Failure) -> Statement.Kind {
    var bindings: [(name: String, value: Expression)] = []
    while current.kind != .end(.statement) {
      if !bindings.isEmpty { try expect(.sign(",")) }
      let name = try name()
      try expect(.sign("="))
      bindings.append((name, try expression()))
    }
    return .with(bindings, body: try body(until: "endwith"))
  }

  /// Reads filters with their arguments; the first may stand without a bar.
  private mutating func filterCalls(first: Bool) throws(Failure) -> [Statement.FilterCall] {
    var calls: [Statement.FilterCall] = []
    var isBare = first
    while isBare || current.kind == .sign("|") {
      if !isBare { advance() }
      isBare = false
      let name = try name()
      calls.append(Statement.FilterCall(name: name, arguments: current.kind == .sign("(") ? try arguments() : []))
    }
    return calls
  }

  // MARK: Tokens

  var current: Token { tokens.first ?? Token(kind: .endOfTemplate, line: 0) }

  mutating func advance() { if tokens.count > 1 { tokens.removeFirst() } }

  /// Passes a token if it is the one that stands there.
  mutating func skip(_ kind: Token.Kind) -> Bool {
    guard current.kind == kind else { return false }
    advance()
    return true
  }

  mutating func expect(_ kind: Token.Kind) throws(Failure) {
    guard skip(kind) else { throw unexpected(Token(kind: kind, line: 0).text) }
  }

  mutating func name() throws(Failure) -> String {
    guard case .name(let name) = current.kind else { throw unexpected("a name") }
    advance()
    return name
  }

  func unexpected(_ expected: String) -> Failure { failure(.syntax("\(current.text) instead of \(expected)")) }

  func failure(_ fault: ChatTemplateError.Fault) -> Failure { ChatTemplateError(line: current.line, fault: fault) }

  /// Reads something that may hold its like.
  mutating func nested<Value>(_ body: (inout Parser) throws(Failure) -> Value) throws(Failure) -> Value {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Bounds.nesting else { throw failure(.limit(.nesting)) }
    return try body(&self)
  }
}
