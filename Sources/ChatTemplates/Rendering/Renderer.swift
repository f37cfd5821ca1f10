/// A rendering under way.
struct Renderer {
  /// The text so far.
  var output = ""
  /// The line of what is being done, from 1.
  private(set) var line = 1
  var scope: Scope
  let date: ChatTemplate.Surroundings.Date
  private var steps = 0
  private var calls = 0

  typealias Fault = ChatTemplateError.Fault

  init(scope: Scope, date: ChatTemplate.Surroundings.Date) {
    self.scope = scope
    self.date = date
  }

  /// How a body ended.
  enum Ending {
    case reached
    case left
    case proceeded
  }

  @discardableResult
  mutating func run(_ statements: [Statement]) throws(Fault) -> Ending {
    for statement in statements {
      try step(statement.line)
      let ending = try run(statement)
      if ending != .reached { return ending }
    }
    return .reached
  }

  /// Counts what is done, and notes where.
  mutating func step(_ line: Int) throws(Fault) {
    self.line = line
    steps += 1
    guard steps <= Bounds.steps else { throw .limit(.steps) }
  }

  /// Counts work that grows with the size of what is worked on.
  mutating func charge(_ values: [Value]) throws(Fault) {
    steps += values.reduce(0) { $0 + $1.size } / Self.sizeOfStep
    guard steps <= Bounds.steps else { throw .limit(.steps) }
  }

  /// Elements and characters that are as much work as an expression.
  private static let sizeOfStep = 16

  private mutating func run(_ statement: Statement) throws(Fault) -> Ending {
    switch statement.kind {
    case .text(let text): try write(text)
    case .output(let expression): try write(try value(of: expression).text())
    case .condition(let branches, let otherwise):
      for branch in branches where try value(of: branch.test).isTrue { return try run(branch.body) }
      return try run(otherwise)
    case .loop(let loop): return try run(loop)
    case .set(let targets, let expression): try assign(try value(of: expression), to: targets)
    case .setBlock(let target, let filters, let body):
      let text = try captured { (renderer) throws(Fault) in try renderer.run(body) }
      try assign(try filtered(.string(text), by: filters), to: [target])
    case .filterBlock(let filters, let body):
      let text = try captured { (renderer) throws(Fault) in try renderer.run(body) }
      try write(try filtered(.string(text), by: filters).text())
    case .with(let bindings, let body):
      let inner = Scope(in: scope)
      for binding in bindings { inner.names[binding.name] = try value(of: binding.value) }
      return try inside(inner) { (renderer) throws(Fault) in try renderer.run(body) }
    case .macro(let name, let parameters, let body):
      scope.names[name] = .callable(.macro(Macro(name: name, parameters: parameters, body: body, scope: scope)))
    case .generation(let body): return try run(body)
    case .leave: return .left
    case .proceed: return .proceeded
    }
    return .reached
  }

  private mutating func write(_ text: String) throws(Fault) {
    guard output.utf8.count + text.utf8.count <= Bounds.textSize else { throw .limit(.size) }
    output += text
  }

  /// What a body writes, instead of writing it.
  private mutating func captured(_ body: (inout Renderer) throws(Fault) -> Void) throws(Fault) -> String {
    let before = output
    output = ""
    defer { output = before }
    try body(&self)
    return output
  }

  private mutating func inside<Value>(
    _ inner: Scope,
    _ body: (inout Renderer) throws(Fault) -> Value
  ) throws(Fault) -> Value {
    let outer = scope
    scope = inner
    defer { scope = outer }
    return try body(&self)
  }

  private mutating func filtered(_ first: Value, by filters: [Statement.FilterCall]) throws(Fault) -> Value {
    var value = first
    for filter in filters {
      value = try apply(filter.name, to: value, try Arguments(filter.arguments, in: &self))
    }
    return value
  }

  // MARK: Loops

  private mutating func run(_ loop: Statement.ForLoop) throws(Fault) -> Ending {
    let iterable = try value(of: loop.iterable)
    try charge([iterable])
    var items = try iterable.elements()
    if let condition = loop.condition {
      var kept: [Value] = []
      for item in items {
        try step(line)
        let inner = Scope(in: scope)
        try Self.bind(loop.names, to: item, in: inner)
        let isKept = try inside(inner) { (renderer) throws(Fault) in try renderer.value(of: condition).isTrue }
        if isKept { kept.append(item) }
      }
      items = kept
    }
    guard !items.isEmpty else { return try run(loop.otherwise) }
    let state = Loop(items)
    for (index, item) in items.enumerated() {
      try step(line)
      state.index = index
      let inner = Scope(in: scope)
      inner.names["loop"] = .loop(state)
      try Self.bind(loop.names, to: item, in: inner)
      let ending = try inside(inner) { (renderer) throws(Fault) in try renderer.run(loop.body) }
      if ending == .left { break }
    }
    return .reached
  }

  private static func bind(_ names: [String], to value: Value, in scope: Scope) throws(Fault) {
    guard names.count > 1 else { return scope.names[names[0]] = value }
    for (name, part) in zip(names, try parts(of: value, count: names.count)) { scope.names[name] = part }
  }

  private static func parts(of value: Value, count: Int) throws(Fault) -> [Value] {
    let parts = try value.elements()
    guard parts.count == count else { throw .type("\(parts.count) values to unpack where \(count) are expected") }
    return parts
  }

  private mutating func assign(_ value: Value, to targets: [AssignmentTarget]) throws(Fault) {
    let values = targets.count == 1 ? [value] : try Self.parts(of: value, count: targets.count)
    for (target, value) in zip(targets, values) {
      switch target {
      case .name(let name): scope.names[name] = value
      case .member(let name, let member):
        guard case .namespace(let namespace)? = scope[name] else {
          throw .type("cannot set \(member) of \(name), which is no namespace")
        }
        try namespace.set(member, to: value)
      }
    }
  }

  // MARK: Macros

  mutating func call(_ macro: Macro, _ arguments: Arguments) throws(Fault) -> Value {
    calls += 1
    defer { calls -= 1 }
    guard calls <= Bounds.calls else { throw .limit(.nesting) }
    guard arguments.positional.count <= macro.parameters.count else {
      throw .type("macro '\(macro.name)' takes not more than \(macro.parameters.count) argument(s)")
    }
    if let stray = arguments.named.first(where: { named in !macro.parameters.contains { $0.name == named.name } }) {
      throw .type("macro '\(macro.name)' takes no keyword argument '\(stray.name)'")
    }
    let inner = Scope(in: macro.scope)
    let text = try inside(inner) { (renderer) throws(Fault) in
      for (index, parameter) in macro.parameters.enumerated() {
        if let given = arguments.value(index, parameter.name) {
          inner.names[parameter.name] = given
        } else if let standard = parameter.standard {
          inner.names[parameter.name] = try renderer.value(of: standard)
        } else {
          inner.names[parameter.name] = .undefined(parameter.name)
        }
      }
      return try renderer.captured { (renderer) throws(Fault) in try renderer.run(macro.body) }
    }
    return .string(text)
  }
}

/// The values of a call's arguments.
struct Arguments {
  var positional: [Value] = []
  var named: [(name: String, value: Value)] = []

  init() {}

  init(_ expressions: [Expression.Argument], in renderer: inout Renderer) throws(ChatTemplateError.Fault) {
    for argument in expressions {
      let value = try renderer.value(of: argument.value)
      if let name = argument.name { named.append((name, value)) } else { positional.append(value) }
    }
  }

  /// The argument at a place or of a name; nil when it is not given.
  func value(_ index: Int, _ name: String) -> Value? {
    index < positional.count ? positional[index] : named.first { $0.name == name }?.value
  }

  /// The arguments without the first.
  func dropFirst() -> Arguments {
    var rest = self
    if !rest.positional.isEmpty { rest.positional.removeFirst() }
    return rest
  }
}
