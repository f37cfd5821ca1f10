/// An expression of a template.
struct Expression: Sendable {
  let kind: Kind
  /// The line that it begins in, from 1.
  let line: Int
  /// How many expressions lie in each other at most.
  let height: Int

  init(_ kind: Kind, line: Int, over parts: [Expression?] = []) throws(ChatTemplateError) {
    self.kind = kind
    self.line = line
    height = 1 + (parts.compactMap { $0?.height }.max() ?? 0)
    guard height <= Bounds.nesting else { throw ChatTemplateError(line: line, fault: .limit(.nesting)) }
  }

  indirect enum Kind: Sendable {
    case literal(Value)
    case name(String)
    case list([Expression])
    case tuple([Expression])
    case dictionary([(key: Expression, value: Expression)])
    case attribute(Expression, String)
    case item(Expression, Expression)
    case slice(Expression, Expression?, Expression?, step: Expression?)
    case call(Expression, [Argument])
    case filter(Expression, String, [Argument])
    case test(Expression, String, [Argument])
    case not(Expression)
    case negative(Expression)
    case positive(Expression)
    case arithmetic(Arithmetic, Expression, Expression)
    case concatenation([Expression])
    case and(Expression, Expression)
    case or(Expression, Expression)
    case comparison(Expression, [(Comparison, Expression)])
    case conditional(Expression, then: Expression, otherwise: Expression?)
  }

  enum Arithmetic: String, Sendable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case floorDivide = "//"
    case remainder = "%"
    case power = "**"
  }

  enum Comparison: String, Sendable {
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case contained = "in"
    case notContained = "not in"
  }

  /// One argument of a call; names are those of keywords.
  struct Argument: Sendable {
    let name: String?
    let value: Expression
  }
}

/// A part of a template that does something.
struct Statement: Sendable {
  let kind: Kind
  /// The line that it begins in, from 1.
  let line: Int

  indirect enum Kind: Sendable {
    case text(String)
    case output(Expression)
    case condition([(test: Expression, body: [Statement])], otherwise: [Statement])
    case loop(ForLoop)
    case set([AssignmentTarget], Expression)
    case setBlock(AssignmentTarget, filters: [FilterCall], body: [Statement])
    case filterBlock([FilterCall], body: [Statement])
    case with([(name: String, value: Expression)], body: [Statement])
    case macro(String, [(name: String, standard: Expression?)], body: [Statement])
    /// What marks the answers of the model; it shows nothing.
    case generation([Statement])
    case leave
    case proceed
  }

  struct ForLoop: Sendable {
    let names: [String]
    let iterable: Expression
    let condition: Expression?
    let body: [Statement]
    let otherwise: [Statement]
  }

  struct FilterCall: Sendable {
    let name: String
    let arguments: [Expression.Argument]
  }
}

/// What a value is given to.
enum AssignmentTarget: Sendable {
  case name(String)
  /// A member of a namespace.
  case member(of: String, String)
}
