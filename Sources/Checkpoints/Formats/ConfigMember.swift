internal import JSONDocuments
internal import Vocabulary

/// A value of a quantization config with its place, so that every error can name it.
struct ConfigMember {
  /// The last key.
  let name: String
  /// Keys from the top, joined with dots.
  let path: String
  let value: JSON

  init(name: String, path: String, value: JSON) {
    self.name = name
    self.path = path
    self.value = value
  }

  /// A member that must be there.
  func required(_ key: String) throws(CheckpointError) -> ConfigMember {
    guard let member = try optional(key) else {
      throw .quantizationConfig(member: "\(path).\(key)", .missing)
    }
    return member
  }

  /// A member, or nil when it is missing or null.
  func optional(_ key: String) throws(CheckpointError) -> ConfigMember? {
    guard value.object != nil else { throw malformed }
    guard let member = value[key], member != .null else { return nil }
    return ConfigMember(name: key, path: "\(path).\(key)", value: member)
  }

  /// All members of an object, in file order.
  func members() throws(CheckpointError) -> [ConfigMember] {
    guard let members = value.object else { throw malformed }
    return members.map { ConfigMember(name: $0.key, path: "\(path).\($0.key)", value: $0.value) }
  }

  /// All elements of an array.
  func elements() throws(CheckpointError) -> [ConfigMember] {
    guard let elements = value.array else { throw malformed }
    return elements.enumerated().map { offset, element in
      ConfigMember(name: String(offset), path: "\(path)[\(offset)]", value: element)
    }
  }

  /// A text.
  func text() throws(CheckpointError) -> String {
    guard let text = value.string else { throw malformed }
    return text
  }

  /// Finds that a member is a text that can be followed, or is not there.
  func expect(_ key: String, _ known: String) throws(CheckpointError) {
    guard let member = try optional(key) else { return }
    let text = try member.text()
    guard text == known else { throw .quantizationConfig(member: member.path, .unknown(text)) }
  }

  /// A whole number in a range.
  func count(in range: ClosedRange<Int>) throws(CheckpointError) -> Int {
    guard let count = value.int, range ~= count, count != 0 else { throw malformed }
    return count
  }

  /// True or false.
  func flag() throws(CheckpointError) -> Bool {
    guard let flag = value.bool else { throw malformed }
    return flag
  }

  /// One of the words of an enumeration.
  func word<Word: RawRepresentable>(_ type: Word.Type) throws(CheckpointError) -> Word where Word.RawValue == String {
    let text = try text()
    guard let word = Word(rawValue: text) else { throw .quantizationConfig(member: path, .unknown(text)) }
    return word
  }

  /// The value of `dynamic`: true, false or "local".
  func dynamic() throws(CheckpointError) -> Dynamic {
    if let flag = value.bool { return flag ? .on : .off }
    guard try text() == "local" else { throw .quantizationConfig(member: path, .unknown(try text())) }
    return .local
  }

  /// The value of `actorder`, with the two aliases of its words.
  func activationOrder() throws(CheckpointError) -> ActivationOrder? {
    if let flag = value.bool { return flag ? .group : nil }
    switch try text() {
    case "weight": return .static
    case "dynamic": return .group
    default: return try word(ActivationOrder.self)
    }
  }

  /// A type by its PyTorch name.
  func elementType() throws(CheckpointError) -> ElementType {
    let text = try text()
    guard let type = TorchType.type(named: text) else { throw .quantizationConfig(member: path, .unknown(text)) }
    return type
  }

  /// The value of `block_structure`: two numbers, or their text with an `x` between.
  func block() throws(CheckpointError) -> BlockShape {
    let sizes = value.array.map { $0.map(\.int) } ?? (value.string ?? "").split(separator: "x").map { Int($0) }
    guard sizes.count == 2, let rows = sizes[0], let columns = sizes[1], rows > 0, columns > 0 else { throw malformed }
    return BlockShape(rows: rows, columns: columns)
  }

  /// One value of `observer_kwargs`.
  func observerValue() throws(CheckpointError) -> ObserverValue {
    switch value {
    case .boolean(let value): return .boolean(value)
    case .integer(let value): return .integer(Int(value))
    case .number(let value): return .number(value)
    case .string(let value): return .string(value)
    case .null, .array, .object: throw malformed
    }
  }

  /// Finds that group size and block shape are there exactly for the strategies that have them.
  func check(_ arguments: QuantizationArguments) throws(CheckpointError) {
    let hasGroups = arguments.strategy == .group || arguments.strategy == .tensorGroup
    guard hasGroups == (arguments.groupSize != nil) else {
      throw .quantizationConfig(member: path + ".group_size", hasGroups ? .missing : .malformed)
    }
    let hasBlocks = arguments.strategy == .block
    guard hasBlocks == (arguments.blockShape != nil) else {
      throw .quantizationConfig(member: path + ".block_structure", hasBlocks ? .missing : .malformed)
    }
  }

  private var malformed: CheckpointError {
    .quantizationConfig(member: path, .malformed)
  }
}
