extension JSON {
  /// The value of a member, or nil when this is no object or has no such member; the last of repeated keys wins.
  ///
  /// Keys are compared scalar by scalar. Assigning replaces the value that a lookup finds, or appends a member;
  /// assigning nil removes every member of that key.
  ///
  /// - Precondition: Only an object is assigned to.
  package subscript(key: String) -> JSON? {
    get {
      guard case .object(let members) = self else { return nil }
      return members.last { $0.key.utf8.elementsEqual(key.utf8) }?.value
    }
    set {
      guard case .object(var members) = self else { preconditionFailure("a member is set on what is no object") }
      self = .null  // Gives up the storage, so that the change below happens in place.
      if let newValue {
        if let index = members.lastIndex(where: { $0.key.utf8.elementsEqual(key.utf8) }) {
          members[index].value = newValue
        } else {
          members.append(Member(key, newValue))
        }
      } else {
        members.removeAll { $0.key.utf8.elementsEqual(key.utf8) }
      }
      self = .object(members)
    }
  }

  /// The text of a string.
  package var string: String? {
    guard case .string(let value) = self else { return nil }
    return value
  }

  /// The value of an integer; nil for numbers with a fraction or an exponent, even for `1.0`.
  package var int: Int? {
    guard case .integer(let value) = self else { return nil }
    return Int(value)
  }

  /// The value of an integer or a number; integers beyond 2⁵³ are rounded to nearest.
  package var double: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  /// The value of `true` or `false`.
  package var bool: Bool? {
    guard case .boolean(let value) = self else { return nil }
    return value
  }

  /// The elements of an array.
  package var array: [JSON]? {
    guard case .array(let value) = self else { return nil }
    return value
  }

  /// The members of an object, in document order, repeated keys included.
  package var object: [Member]? {
    guard case .object(let value) = self else { return nil }
    return value
  }
}
