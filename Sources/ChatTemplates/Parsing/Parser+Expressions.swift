/// Expressions, with Jinja's ranks of operators.
extension Parser {
  /// Reads an expression, or several with commas between them.
  mutating func tuple(withConditions: Bool = true) throws(Failure) -> Expression {
    let line = current.line
    let first = withConditions ? try expression() : try disjunction()
    guard current.kind == .sign(",") else { return first }
    var parts = [first]
    while skip(.sign(",")), !endsTuple { parts.append(withConditions ? try expression() : try disjunction()) }
    return try Expression(.tuple(parts), line: line, over: parts)
  }

  private var endsTuple: Bool {
    switch current.kind {
    case .end, .sign(")"), .sign("="), .endOfTemplate, .name("in"): true
    default: false
    }
  }

  mutating func expression() throws(Failure) -> Expression {
    try nested { (parser) throws(Failure) in try parser.conditional() }
  }

  private mutating func conditional() throws(Failure) -> Expression {
    let line = current.line
    var value = try disjunction()
    while skip(.name("if")) {
      let test = try disjunction()
      let otherwise = skip(.name("else")) ? try expression() : nil
      value = try Expression(
        .conditional(test, then: value, otherwise: otherwise),
        line: line,
        over: [test, value, otherwise]
      )
    }
    return value
  }

  private mutating func disjunction() throws(Failure) -> Expression {
    var left = try conjunction()
    while skip(.name("or")) {
      let right = try conjunction()
      left = try Expression(.or(left, right), line: left.line, over: [left, right])
    }
    return left
  }

  private mutating func conjunction() throws(Failure) -> Expression {
    var left = try negation()
    while skip(.name("and")) {
      let right = try negation()
      left = try Expression(.and(left, right), line: left.line, over: [left, right])
    }
    return left
  }

  private mutating func negation() throws(Failure) -> Expression {
    let line = current.line
    guard skip(.name("not")) else { return try comparison() }
    let value = try nested { (parser) throws(Failure) in try parser.negation() }
    return try Expression(.not(value), line: line, over: [value])
  }

  private mutating func comparison() throws(Failure) -> Expression {
    let first = try sum()
    var operands: [(Expression.Comparison, Expression)] = []
    while let sign = comparisonSign() { operands.append((sign, try sum())) }
    guard !operands.isEmpty else { return first }
    return try Expression(.comparison(first, operands), line: first.line, over: [first] + operands.map(\.1))
  }

  private mutating func comparisonSign() -> Expression.Comparison? {
    switch current.kind {
    case .sign(let sign):
      guard let comparison = Expression.Comparison(rawValue: sign) else { return nil }
      advance()
      return comparison
    case .name("in"):
      advance()
      return .contained
    case .name("not") where tokens.dropFirst().first?.kind == .name("in"):
      advance()
      advance()
      return .notContained
    default: return nil
    }
  }

  private mutating func sum() throws(Failure) -> Expression {
    var left = try concatenation()
    while current.kind == .sign("+") || current.kind == .sign("-") {
      left = try arithmetic(left) { (parser) throws(Failure) in try parser.concatenation() }
    }
    return left
  }

  private mutating func concatenation() throws(Failure) -> Expression {
    var parts = [try product()]
    while skip(.sign("~")) { parts.append(try product()) }
    return parts.count == 1 ? parts[0] : try Expression(.concatenation(parts), line: parts[0].line, over: parts)
  }

  private mutating func product() throws(Failure) -> Expression {
    var left = try power()
    while [.sign("*"), .sign("/"), .sign("//"), .sign("%")].contains(current.kind) {
      left = try arithmetic(left) { (parser) throws(Failure) in try parser.power() }
    }
    return left
  }

  private mutating func power() throws(Failure) -> Expression {
    var left = try unary()
    while current.kind == .sign("**") {
      left = try arithmetic(left) { (parser) throws(Failure) in try parser.unary() }
    }
    return left
  }

  private mutating func arithmetic(
    _ left: Expression,
    _ operand: (inout Parser) throws(Failure) -> Expression
  ) throws(Failure) -> Expression {
    guard case .sign(let sign) = current.kind, let operation = Expression.Arithmetic(rawValue: sign) else {
      throw unexpected("an operator")
    }
    advance()
    let right = try operand(&self)
    return try Expression(.arithmetic(operation, left, right), line: left.line, over: [left, right])
  }

  private mutating func unary(withFilters: Bool = true) throws(Failure) -> Expression {
    let line = current.line
    var value: Expression
    if skip(.sign("-")) {
      let operand = try nested { (parser) throws(Failure) in try parser.unary(withFilters: false) }
      value = try Expression(.negative(operand), line: line, over: [operand])
    } else if skip(.sign("+")) {
      let operand = try nested { (parser) throws(Failure) in try parser.unary(withFilters: false) }
      value = try Expression(.positive(operand), line: line, over: [operand])
    } else {
      value = try primary()
    }
    value = try withMembers(value)
    return withFilters ? try withFiltersAndTests(value) : value
  }

  private mutating func primary() throws(Failure) -> Expression {
    let line = current.line
    switch current.kind {
    case .name(let name):
      advance()
      switch name {
      case "true", "True": return try Expression(.literal(.boolean(true)), line: line)
      case "false", "False": return try Expression(.literal(.boolean(false)), line: line)
      case "none", "None": return try Expression(.literal(.none), line: line)
      default: return try Expression(.name(name), line: line)
      }
    case .string(var text):
      advance()
      while case .string(let more) = current.kind {
        text += more
        advance()
      }
      return try Expression(.literal(.string(text)), line: line)
    case .integer(let value):
      advance()
      return try Expression(.literal(.integer(value)), line: line)
    case .float(let value):
      advance()
      return try Expression(.literal(.float(value)), line: line)
    case .sign("("):
      advance()
      if skip(.sign(")")) { return try Expression(.tuple([]), line: line) }
      let value = try tuple()
      try expect(.sign(")"))
      return value
    case .sign("["): return try list()
    case .sign("{"): return try dictionary()
    default: throw unexpected("a value")
    }
  }

  private mutating func list() throws(Failure) -> Expression {
    let line = current.line
    advance()
    var parts: [Expression] = []
    while current.kind != .sign("]") {
      if !parts.isEmpty { try expect(.sign(",")) }
      if current.kind == .sign("]") { break }
      parts.append(try expression())
    }
    try expect(.sign("]"))
    return try Expression(.list(parts), line: line, over: parts)
  }

  private mutating func dictionary() throws(Failure) -> Expression {
    let line = current.line
    advance()
    var entries: [(key: Expression, value: Expression)] = []
    while current.kind != .sign("}") {
      if !entries.isEmpty { try expect(.sign(",")) }
      if current.kind == .sign("}") { break }
      let key = try expression()
      try expect(.sign(":"))
      entries.append((key, try expression()))
    }
    try expect(.sign("}"))
    return try Expression(.dictionary(entries), line: line, over: entries.flatMap { [$0.key, $0.value] })
  }

  /// Reads `.name`, `[…]` and `(…)` behind a value.
  private mutating func withMembers(_ first: Expression) throws(Failure) -> Expression {
    var value = first
    while true {
      let line = current.line
      switch current.kind {
      case .sign("."):
        advance()
        if case .integer(let index) = current.kind {
          advance()
          let key = try Expression(.literal(.integer(index)), line: line)
          value = try Expression(.item(value, key), line: line, over: [value])
        } else {
          value = try Expression(.attribute(value, try name()), line: line, over: [value])
        }
      case .sign("["):
        advance()
        value = try subscripted(value, line: line)
      case .sign("("):
        let arguments = try arguments()
        value = try Expression(.call(value, arguments), line: line, over: [value] + arguments.map(\.value))
      default: return value
      }
    }
  }

  private mutating func subscripted(_ value: Expression, line: Int) throws(Failure) -> Expression {
    var bounds: [Expression?] = [current.kind == .sign(":") ? nil : try tuple()]
    if let key = bounds[0], skip(.sign("]")) {
      return try Expression(.item(value, key), line: line, over: [value, key])
    }
    while skip(.sign(":")) {
      let isOpen = current.kind == .sign(":") || current.kind == .sign("]")
      bounds.append(isOpen ? nil : try expression())
    }
    guard bounds.count <= 3, skip(.sign("]")) else { throw unexpected("]") }
    return try Expression(
      .slice(value, bounds[0], bounds[1], step: bounds.count == 3 ? bounds[2] : nil),
      line: line,
      over: [value] + bounds
    )
  }

  mutating func arguments() throws(Failure) -> [Expression.Argument] {
    try expect(.sign("("))
    var arguments: [Expression.Argument] = []
    while current.kind != .sign(")") {
      if !arguments.isEmpty { try expect(.sign(",")) }
      if current.kind == .sign(")") { break }
      if current.kind == .sign("*") || current.kind == .sign("**") {
        throw failure(.unsupported("arguments from a list or a dictionary"))
      }
      if case .name(let name) = current.kind, tokens.dropFirst().first?.kind == .sign("=") {
        advance()
        advance()
        arguments.append(Expression.Argument(name: name, value: try expression()))
      } else {
        arguments.append(Expression.Argument(name: nil, value: try expression()))
      }
    }
    advance()
    return arguments
  }

  /// Reads `| filter`, `is test` and calls behind a value.
  private mutating func withFiltersAndTests(_ first: Expression) throws(Failure) -> Expression {
    var value = first
    while true {
      let line = current.line
      if skip(.sign("|")) {
        let name = try name()
        let arguments = current.kind == .sign("(") ? try arguments() : []
        value = try Expression(.filter(value, name, arguments), line: line, over: [value] + arguments.map(\.value))
      } else if skip(.name("is")) {
        value = try test(value, line: line)
      } else if current.kind == .sign("(") {
        let arguments = try arguments()
        value = try Expression(.call(value, arguments), line: line, over: [value] + arguments.map(\.value))
      } else {
        return value
      }
    }
  }

  private mutating func test(_ value: Expression, line: Int) throws(Failure) -> Expression {
    let isNegated = skip(.name("not"))
    let name = try name()
    var arguments: [Expression.Argument] = []
    if current.kind == .sign("(") {
      arguments = try self.arguments()
    } else if startsTestArgument {
      let operand = try withMembers(primary())
      arguments = [Expression.Argument(name: nil, value: operand)]
    }
    let test = try Expression(.test(value, name, arguments), line: line, over: [value] + arguments.map(\.value))
    return isNegated ? try Expression(.not(test), line: line, over: [test]) : test
  }

  private var startsTestArgument: Bool {
    switch current.kind {
    case .name(let name): !["else", "or", "and", "if", "is", "in", "not", "recursive"].contains(name)
    case .string, .integer, .float, .sign("["), .sign("{"): true
    default: false
    }
  }
}
