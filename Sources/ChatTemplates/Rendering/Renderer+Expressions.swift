/// The values of expressions.
extension Renderer {
  mutating func value(of expression: Expression) throws(Fault) -> Value {
    try step(expression.line)
    switch expression.kind {
    case .literal(let value): return value
    case .name(let name):
      return scope[name] ?? Function(rawValue: name).map { .callable(.function($0)) } ?? .undefined(name)
    case .list(let parts): return .list(try Items(try values(of: parts)))
    case .tuple(let parts): return .tuple(try Items(try values(of: parts)))
    case .dictionary(let entries): return try dictionary(entries)
    case .attribute(let value, let name): return try attribute(name, of: try self.value(of: value))
    case .item(let value, let key):
      let value = try self.value(of: value)
      return try item(try self.value(of: key), of: value)
    case .slice(let value, let start, let end, let step): return try slice(value, start, end, step)
    case .call(let callee, let arguments):
      let callee = try value(of: callee)
      let arguments = try Arguments(arguments, in: &self)
      return try call(callee, arguments)
    case .filter(let value, let name, let arguments):
      let value = try self.value(of: value)
      try charge([value])
      return try apply(name, to: value, try Arguments(arguments, in: &self))
    case .test(let value, let name, let arguments):
      let value = try self.value(of: value)
      return .boolean(try holds(name, of: value, try Arguments(arguments, in: &self)))
    case .not(let value): return .boolean(try !self.value(of: value).isTrue)
    case .negative(let value): return try negative(try self.value(of: value))
    case .positive(let value):
      let value = try self.value(of: value)
      guard value.number != nil else { throw .type("bad operand type for unary +: '\(value.typeName)'") }
      return value
    case .arithmetic(let operation, let left, let right):
      let left = try value(of: left)
      let right = try value(of: right)
      try charge([left, right])
      return try arithmetic(operation, left, right)
    case .concatenation(let parts):
      var text = ""
      for part in parts {
        let value = try value(of: part)
        try charge([value])
        text += try value.text()
        guard text.utf8.count <= Bounds.textSize else { throw .limit(.size) }
      }
      return .string(text)
    case .and(let left, let right):
      let left = try value(of: left)
      return left.isTrue ? try value(of: right) : left
    case .or(let left, let right):
      let left = try value(of: left)
      return left.isTrue ? left : try value(of: right)
    case .comparison(let first, let operands): return try comparison(first, operands)
    case .conditional(let test, let then, let otherwise):
      if try value(of: test).isTrue { return try value(of: then) }
      guard let otherwise else { return .undefined("the inline if-expression without else") }
      return try value(of: otherwise)
    }
  }

  private mutating func values(of parts: [Expression]) throws(Fault) -> [Value] {
    var values: [Value] = []
    for part in parts { values.append(try value(of: part)) }
    return values
  }

  private mutating func dictionary(
    _ written: [(key: Expression, value: Expression)]
  ) throws(Fault) -> Value {
    var entries: [(key: Value, value: Value)] = []
    for entry in written {
      let key = try value(of: entry.key)
      let value = try value(of: entry.value)
      if let place = entries.firstIndex(where: { $0.key.equals(key) }) {
        entries[place].value = value
      } else {
        entries.append((key, value))
      }
    }
    return .dictionary(try Members(entries))
  }

  private mutating func comparison(
    _ first: Expression,
    _ operands: [(Expression.Comparison, Expression)]
  ) throws(Fault) -> Value {
    var left = try value(of: first)
    for (comparison, operand) in operands {
      let right = try value(of: operand)
      try charge([left, right])
      guard try Self.holds(comparison, left, right) else { return .boolean(false) }
      left = right
    }
    return .boolean(true)
  }

  static func holds(_ comparison: Expression.Comparison, _ left: Value, _ right: Value) throws(Fault) -> Bool {
    switch comparison {
    case .equal: left.equals(right)
    case .notEqual: !left.equals(right)
    case .less: try left.isLess(than: right)
    case .lessOrEqual: try !right.isLess(than: left)
    case .greater: try right.isLess(than: left)
    case .greaterOrEqual: try !left.isLess(than: right)
    case .contained: try contains(left, in: right)
    case .notContained: try !contains(left, in: right)
    }
  }

  private static func contains(_ value: Value, in container: Value) throws(Fault) -> Bool {
    switch container {
    case .string(let text):
      guard let part = value.string else {
        throw .type("'in <string>' requires string as left operand, not \(value.typeName)")
      }
      return PythonText.find(part, in: text) != nil
    case .dictionary(let members): return members[value] != nil
    case .namespace(let namespace): return value.string.flatMap { namespace.members[$0] } != nil
    case .list, .tuple, .undefined: return try container.elements().contains { $0.equals(value) }
    default: throw .type("argument of type '\(container.typeName)' is not iterable")
    }
  }

  // MARK: Members

  /// `value.name`: what Python has under the name, or the item of that key.
  private func attribute(_ name: String, of value: Value) throws(Fault) -> Value {
    switch value {
    case .undefined(let hint): throw .undefined(hint)
    case .namespace(let namespace): return namespace.members[name] ?? .undefined("\(name) of the namespace")
    case .loop(let loop): return loop.member(name) ?? .undefined("loop.\(name)")
    default:
      if Method.exists(name, of: value) { return .callable(.method(of: value, name)) }
      if case .dictionary(let members) = value, let member = members[name] { return member }
      return .undefined("'\(value.typeName) object' has no attribute '\(name)'")
    }
  }

  /// `value[key]`: the item of that key, or what Python has under the name.
  func item(_ key: Value, of value: Value) throws(Fault) -> Value {
    switch value {
    case .undefined(let hint): throw .undefined(hint)
    case .dictionary(let members): if let member = members[key] { return member }
    case .list(let items), .tuple(let items):
      if let index = key.integer {
        let place = index < 0 ? index + items.values.count : index
        return items.values.indices.contains(place) ? items.values[place] : .undefined("element \(index) of a list")
      }
    case .string(let text):
      if let index = key.integer {
        let scalars = Array(text.unicodeScalars)
        let place = index < 0 ? index + scalars.count : index
        return scalars.indices.contains(place) ? .string(String(scalars[place])) : .undefined("character \(index)")
      }
    default: break
    }
    guard let name = key.string else { return .undefined("item \(try key.text())") }
    return try attribute(name, of: value)
  }

  private mutating func slice(
    _ whole: Expression,
    _ start: Expression?,
    _ end: Expression?,
    _ step: Expression?
  ) throws(Fault) -> Value {
    let whole = try value(of: whole)
    try charge([whole])
    var bounds: [Int?] = []
    for bound in [start, end, step] {
      guard let bound else {
        bounds.append(nil)
        continue
      }
      let value = try value(of: bound)
      if case .none = value {
        bounds.append(nil)
      } else {
        guard let integer = value.integer else { throw .type("slice indices must be integers or None") }
        bounds.append(integer)
      }
    }
    switch whole {
    case .string(let text):
      let scalars = Array(text.unicodeScalars)
      var part = String.UnicodeScalarView()
      for index in try Self.places(bounds, in: scalars.count) { part.append(scalars[index]) }
      return .string(String(part))
    case .list(let items):
      return .list(try Items(try Self.places(bounds, in: items.values.count).map { items.values[$0] }))
    case .tuple(let items):
      return .tuple(try Items(try Self.places(bounds, in: items.values.count).map { items.values[$0] }))
    case .undefined(let hint): throw .undefined(hint)
    default: throw .type("'\(whole.typeName)' object is not subscriptable")
    }
  }

  /// The places that a slice takes, as Python counts them.
  private static func places(_ bounds: [Int?], in count: Int) throws(Fault) -> [Int] {
    let step = bounds[2] ?? 1
    guard step != 0, step > -Int.max else { throw .type("slice step cannot be zero") }
    func clamped(_ bound: Int?, standard: Int) -> Int {
      guard let bound else { return standard }
      let place = bound < 0 ? max(bound, -count - 1) + count : bound
      return min(max(place, step < 0 ? -1 : 0), step < 0 ? count - 1 : count)
    }
    let start = clamped(bounds[0], standard: step < 0 ? count - 1 : 0)
    let end = clamped(bounds[1], standard: step < 0 ? -1 : count)
    return Array(stride(from: start, to: end, by: min(max(step, -count - 1), count + 1)))
  }

  // MARK: Arithmetic

  private func negative(_ value: Value) throws(Fault) -> Value {
    if case .float(let number) = value { return .float(-number) }
    guard let integer = value.integer else { throw .type("bad operand type for unary -: '\(value.typeName)'") }
    return .integer(try Self.exact(0.subtractingReportingOverflow(integer)))
  }

  private static func exact(_ result: (partialValue: Int, overflow: Bool)) throws(Fault) -> Int {
    guard !result.overflow else { throw .limit(.size) }
    return result.partialValue
  }

  private func arithmetic(
    _ operation: Expression.Arithmetic,
    _ left: Value,
    _ right: Value
  ) throws(Fault) -> Value {
    for case .undefined(let hint) in [left, right] { throw .undefined(hint) }
    switch (operation, left, right) {
    case (.add, .string(let one), .string(let two)):
      guard one.utf8.count + two.utf8.count <= Bounds.textSize else { throw .limit(.size) }
      return .string(one + two)
    case (.add, .list(let one), .list(let two)): return .list(try Items(one.values + two.values))
    case (.add, .tuple(let one), .tuple(let two)): return .tuple(try Items(one.values + two.values))
    case (.add, .string, _):
      throw .type("can only concatenate str (not \"\(right.typeName)\") to str")
    case (.multiply, .string(let text), _), (.multiply, _, .string(let text)):
      guard let count = right.integer ?? left.integer else { break }
      guard text.utf8.count.multipliedReportingOverflow(by: max(count, 0)).partialValue <= Bounds.textSize,
        count <= Bounds.textSize
      else { throw .limit(.size) }
      return .string(String(repeating: text, count: max(count, 0)))
    case (.remainder, .string(let format), _): return .string(try PythonText.formatted(format, right))
    default: break
    }
    if operation != .divide, let one = left.integer, let two = right.integer {
      if operation != .power || two >= 0 { return .integer(try Self.arithmetic(operation, one, two)) }
    }
    guard let one = left.number, let two = right.number else {
      throw .type(
        "unsupported operand type(s) for \(operation.rawValue): '\(left.typeName)' and '\(right.typeName)'"
      )
    }
    return .float(try Self.arithmetic(operation, one, two))
  }

  private static func arithmetic(_ operation: Expression.Arithmetic, _ one: Int, _ two: Int) throws(Fault) -> Int {
    switch operation {
    case .add: return try exact(one.addingReportingOverflow(two))
    case .subtract: return try exact(one.subtractingReportingOverflow(two))
    case .multiply: return try exact(one.multipliedReportingOverflow(by: two))
    case .power:
      var result = 1
      guard abs(Double(one)) > 1 else { return one == -1 && two.isMultiple(of: 2) || two == 0 ? 1 : one }
      for _ in 0..<two { result = try exact(result.multipliedReportingOverflow(by: one)) }
      return result
    case .floorDivide, .divide, .remainder:
      guard two != 0 else { throw .type("integer modulo or division by zero") }
      let quotient = try exact(one.dividedReportingOverflow(by: two))
      let rest = one.remainderReportingOverflow(dividingBy: two).partialValue
      // Python rounds down, Swift towards zero.
      let isBetween = rest != 0 && (rest < 0) != (two < 0)
      return operation == .remainder ? (isBetween ? rest + two : rest) : (isBetween ? quotient - 1 : quotient)
    }
  }

  private static func arithmetic(
    _ operation: Expression.Arithmetic,
    _ one: Double,
    _ two: Double
  ) throws(Fault) -> Double {
    switch operation {
    case .add: return one + two
    case .subtract: return one - two
    case .multiply: return one * two
    case .power: return PythonText.power(one, two)
    case .divide, .floorDivide, .remainder:
      guard two != 0 else { throw .type("division by zero") }
      if operation == .divide { return one / two }
      let quotient = (one / two).rounded(.down)
      return operation == .floorDivide ? quotient : one - quotient * two
    }
  }
}

extension Loop {
  /// `loop.name`; nil for what loops do not have.
  fileprivate func member(_ name: String) -> Value? {
    switch name {
    case "index": .integer(index + 1)
    case "index0": .integer(index)
    case "revindex": .integer(items.count - index)
    case "revindex0": .integer(items.count - index - 1)
    case "first": .boolean(index == 0)
    case "last": .boolean(index == items.count - 1)
    case "length": .integer(items.count)
    // Only recursive loops grow deeper.
    case "depth": .integer(1)
    case "depth0": .integer(0)
    case "previtem": index > 0 ? items[index - 1] : .undefined("there is no previous item")
    case "nextitem": index + 1 < items.count ? items[index + 1] : .undefined("there is no next item")
    case "cycle", "changed": .callable(.method(of: .loop(self), name))
    default: nil
    }
  }
}
