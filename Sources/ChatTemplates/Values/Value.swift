/// A value of a template, as Python has them.
enum Value: Sendable {
  /// Something that is not there, and what it would have been called.
  case undefined(String)
  case none
  case boolean(Bool)
  case integer(Int)
  case float(Double)
  case string(String)
  case list(Items)
  case tuple(Items)
  case dictionary(Members)
  case namespace(Namespace)
  case loop(Loop)
  case callable(Callable)

  /// What can be called.
  enum Callable: Sendable {
    case function(Function)
    indirect case method(of: Value, String)
    case macro(Macro)
  }
}

/// The elements of a list or a tuple, with bounds on what they hold.
struct Items: Sendable {
  let values: [Value]
  let depth: Int
  let weight: Int

  static let empty = Items()

  private init() { (values, depth, weight) = ([], 1, 1) }

  init(_ values: [Value]) throws(ChatTemplateError.Fault) {
    self.values = values
    depth = 1 + (values.map(\.depth).max() ?? 0)
    weight = values.reduce(1) { $0 + $1.weight }
    guard depth <= Bounds.valueDepth else { throw .limit(.nesting) }
    guard weight <= Bounds.valueWeight else { throw .limit(.size) }
  }
}

/// The members of a dictionary in their order, each key once.
struct Members: Sendable {
  let entries: [(key: Value, value: Value)]
  let depth: Int
  let weight: Int

  init(_ entries: [(key: Value, value: Value)]) throws(ChatTemplateError.Fault) {
    self.entries = entries
    depth = 1 + (entries.map(\.value.depth).max() ?? 0)
    weight = entries.reduce(1) { $0 + 1 + $1.value.weight }
    guard depth <= Bounds.valueDepth else { throw .limit(.nesting) }
    guard weight <= Bounds.valueWeight else { throw .limit(.size) }
  }

  subscript(key: Value) -> Value? { entries.first { $0.key.equals(key) }?.value }

  subscript(key: String) -> Value? { self[.string(key)] }
}

/// What `namespace()` makes: members that loops may set.
///
/// Unchecked: a namespace is born, changed and forgotten within one rendering, which one thread does.
final class Namespace: @unchecked Sendable {
  private(set) var members: [String: Value] = [:]
  private(set) var depth = 1

  func set(_ name: String, to value: Value) throws(ChatTemplateError.Fault) {
    depth = max(depth, 1 + value.depth)
    // What holds itself grows no deeper than this either.
    guard depth <= Bounds.valueDepth else { throw .limit(.nesting) }
    members[name] = value
  }
}

/// The variable `loop` of a loop under way.
///
/// Unchecked: as for ``Namespace``.
final class Loop: @unchecked Sendable {
  let items: [Value]
  var index = 0
  /// What `changed` was last called with.
  var lastChanged: [Value]?

  init(_ items: [Value]) { self.items = items }
}

/// A macro and the names that it sees.
///
/// Unchecked: as for ``Namespace``.
final class Macro: @unchecked Sendable {
  let name: String
  let parameters: [(name: String, standard: Expression?)]
  let body: [Statement]
  let scope: Scope

  init(name: String, parameters: [(name: String, standard: Expression?)], body: [Statement], scope: Scope) {
    self.name = name
    self.parameters = parameters
    self.body = body
    self.scope = scope
  }
}

/// Names and what they stand for, inside those of another scope.
final class Scope {
  var names: [String: Value] = [:]
  let parent: Scope?

  init(in parent: Scope?) { self.parent = parent }

  subscript(name: String) -> Value? {
    var scope: Scope? = self
    while let current = scope {
      if let value = current.names[name] { return value }
      scope = current.parent
    }
    return nil
  }
}

/// Functions that every template may call.
enum Function: String, Sendable {
  case range
  case dict
  case namespace
  case raiseException = "raise_exception"
  case timeNow = "strftime_now"
}

extension Value {
  var depth: Int {
    switch self {
    case .list(let items), .tuple(let items): items.depth
    case .dictionary(let members): members.depth
    case .namespace(let namespace): namespace.depth
    case .callable(.method(let receiver, _)): 1 + receiver.depth
    default: 0
    }
  }

  var weight: Int {
    switch self {
    case .list(let items), .tuple(let items): items.weight
    case .dictionary(let members): members.weight
    default: 1
    }
  }

  /// How much work it is to go through it.
  var size: Int {
    switch self {
    case .string(let text): text.utf8.count
    default: weight
    }
  }

  var isUndefined: Bool { if case .undefined = self { true } else { false } }

  var string: String? { if case .string(let text) = self { text } else { nil } }

  /// Whether Python takes it for true.
  var isTrue: Bool {
    switch self {
    case .undefined, .none: false
    case .boolean(let value): value
    case .integer(let value): value != 0
    case .float(let value): value != 0
    case .string(let text): !text.isEmpty
    case .list(let items), .tuple(let items): !items.values.isEmpty
    case .dictionary(let members): !members.entries.isEmpty
    case .namespace, .loop, .callable: true
    }
  }

  /// The value of a number; Python's booleans are numbers.
  var number: Double? {
    switch self {
    case .boolean(let value): value ? 1 : 0
    case .integer(let value): Double(value)
    case .float(let value): value
    default: nil
    }
  }

  /// The value of a whole number; Python's booleans are numbers.
  var integer: Int? {
    switch self {
    case .boolean(let value): value ? 1 : 0
    case .integer(let value): value
    default: nil
    }
  }

  /// What Python calls the type.
  var typeName: String {
    switch self {
    case .undefined: "Undefined"
    case .none: "NoneType"
    case .boolean: "bool"
    case .integer: "int"
    case .float: "float"
    case .string: "str"
    case .list: "list"
    case .tuple: "tuple"
    case .dictionary: "dict"
    case .namespace: "Namespace"
    case .loop: "LoopContext"
    case .callable: "function"
    }
  }

  /// Python's `==`.
  func equals(_ other: Value) -> Bool {
    switch (self, other) {
    case (.undefined, .undefined), (.none, .none): return true
    case (.string(let one), .string(let two)): return one.utf8.elementsEqual(two.utf8)
    case (.list(let one), .list(let two)), (.tuple(let one), .tuple(let two)):
      return one.values.count == two.values.count && zip(one.values, two.values).allSatisfy { $0.equals($1) }
    case (.dictionary(let one), .dictionary(let two)):
      return one.entries.count == two.entries.count
        && one.entries.allSatisfy { entry in two[entry.key].map { $0.equals(entry.value) } ?? false }
    case (.namespace(let one), .namespace(let two)): return one === two
    case (.loop(let one), .loop(let two)): return one === two
    default:
      if let one = integer, let two = other.integer { return one == two }
      if let one = number, let two = other.number { return one == two }
      return false
    }
  }

  /// Python's `<`, for numbers, for texts and for sequences.
  func isLess(than other: Value) throws(ChatTemplateError.Fault) -> Bool {
    switch (self, other) {
    case (.string(let one), .string(let two)): return one.utf8.lexicographicallyPrecedes(two.utf8)
    case (.list(let one), .list(let two)), (.tuple(let one), .tuple(let two)):
      for (left, right) in zip(one.values, two.values) where !left.equals(right) { return try left.isLess(than: right) }
      return one.values.count < two.values.count
    default:
      if let one = integer, let two = other.integer { return one < two }
      if let one = number, let two = other.number { return one < two }
      throw .type("'<' not supported between instances of '\(typeName)' and '\(other.typeName)'")
    }
  }

  /// The elements that a loop goes through.
  func elements() throws(ChatTemplateError.Fault) -> [Value] {
    switch self {
    case .undefined: return []
    case .string(let text): return text.unicodeScalars.map { .string(String($0)) }
    case .list(let items), .tuple(let items): return items.values
    case .dictionary(let members): return members.entries.map(\.key)
    default: throw .type("'\(typeName)' object is not iterable")
    }
  }
}
