internal import JSONDocuments
internal import Patterns

/// How a normalized text is cut into the words that the model sees.
struct PreTokenizer: Sendable {
  /// One step; each works on every piece of the step before.
  enum Step: Sendable {
    case split(Pattern, Pieces.Behaviour, inverts: Bool)
    /// Cuts around numeric characters (Nd, Nl, No), each on its own or in runs.
    case digits(areIndividual: Bool)
    /// Sets a space before pieces that do not start with one.
    case prefixSpace
    /// Replaces every byte by its character of ``ByteAlphabet``.
    case spellBytes
    case metaspace(Metaspace)
  }

  /// Spaces written as a visible character.
  struct Metaspace: Sendable {
    /// Which pieces get the character in front.
    enum Prefix: String, Sendable {
      case first
      case always
      case never
    }

    /// The character, in UTF-8.
    var replacement: [UInt8]
    var prefix: Prefix
    /// Whether the text is cut before every such character.
    var splits: Bool
  }

  /// The split of GPT-2, which byte-level pre-tokenizers do unless told otherwise.
  private static let byteLevelPattern =
    #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#

  private var steps: [Step] = []

  /// What the model is given: bytes when spelling them out would be the last step, which is then left out.
  let modelInput: BytePairModel.Input

  /// Reads the `pre_tokenizer` member of a tokenizer.json; null leaves every text in one piece.
  init(reading json: JSON) throws(TokenizerError) {
    var steps: [Step] = []
    try Self.read(json, path: "pre_tokenizer", into: &steps)
    if case .spellBytes? = steps.last {
      steps.removeLast()
      modelInput = .bytes
    } else {
      modelInput = .text
    }
    self.steps = steps
  }

  private static func read(_ json: JSON, path: String, into steps: inout [Step]) throws(TokenizerError) {
    if json == .null { return }
    let type = try json.text("type", in: path)
    switch type {
    case "Sequence":
      for (index, item) in try json.list("pretokenizers", in: path).enumerated() {
        try read(item, path: "\(path).pretokenizers[\(index)]", into: &steps)
      }
    case "ByteLevel":
      if try json.flag("add_prefix_space", in: path, missing: true) { steps.append(.prefixSpace) }
      if try json.flag("use_regex", in: path, missing: true) {
        steps.append(.split(try OnigurumaSyntax.pattern(byteLevelPattern), .isolated, inverts: false))
      }
      steps.append(.spellBytes)
    case "Split": steps.append(try split(json, path: path))
    case "Digits": steps.append(.digits(areIndividual: try json.flag("individual_digits", in: path)))
    case "Metaspace": steps.append(.metaspace(try metaspace(json, path: path)))
    default: throw .unsupported(component: "pre-tokenizer \(type)")
    }
  }

  private static func split(_ json: JSON, path: String) throws(TokenizerError) -> Step {
    guard let behaviour = Pieces.Behaviour(rawValue: try json.text("behavior", in: path)) else {
      throw .malformed(path: "\(path).behavior")
    }
    let pattern: Pattern
    if let literal = json["pattern"]?["String"]?.string {
      pattern = try OnigurumaSyntax.literal(literal)
    } else if let regex = json["pattern"]?["Regex"]?.string {
      pattern = try OnigurumaSyntax.pattern(regex)
    } else {
      throw .malformed(path: "\(path).pattern")
    }
    return .split(pattern, behaviour, inverts: try json.flag("invert", in: path))
  }

  private static func metaspace(_ json: JSON, path: String) throws(TokenizerError) -> Metaspace {
    let replacement = try json.text("replacement", in: path)
    guard replacement.unicodeScalars.count == 1 else { throw .malformed(path: "\(path).replacement") }
    var prefix = Metaspace.Prefix.always
    if let name = json["prepend_scheme"], name != .null {
      guard let known = name.string.flatMap(Metaspace.Prefix.init(rawValue:)) else {
        throw .malformed(path: "\(path).prepend_scheme")
      }
      prefix = known
    } else if !(try json.flag("add_prefix_space", in: path, missing: true)) {
      prefix = .never
    }
    return Metaspace(
      replacement: Array(replacement.utf8),
      prefix: prefix,
      splits: try json.flag("split", in: path, missing: true)
    )
  }

  /// Cuts a text.
  ///
  /// - Parameters:
  ///   - text: Valid UTF-8.
  ///   - startsInput: Whether the text starts where the whole input starts.
  /// - Returns: The words, in order.
  func pieces(of text: [UInt8], startsInput: Bool) -> Pieces {
    var pieces = Pieces(text, startsInput: startsInput)
    for step in steps {
      switch step {
      case .split(let pattern, let behaviour, let inverts):
        pieces.split(behaviour, inverts: inverts) { pattern.forEachMatch(in: $0, $1) }
      case .digits(let areIndividual):
        pieces.split(areIndividual ? .isolated : .contiguous) { Self.forEachDigit(in: $0, $1) }
      case .prefixSpace:
        pieces.rewrite { text, _, result in
          if text.first != 0x20 { result.append(0x20) }
          result.append(contentsOf: text)
        }
      case .spellBytes:
        pieces.rewrite { text, _, result in
          for byte in text { result.append(contentsOf: ByteAlphabet.scalars[Int(byte)].utf8) }
        }
      case .metaspace(let metaspace): metaspace.apply(to: &pieces)
      }
    }
    return pieces
  }

  private static func forEachDigit(in text: UnsafeBufferPointer<UInt8>, _ body: (Range<Int>) -> Void) {
    var index = 0
    while index < text.count {
      let byte = text[index]
      if byte < 0x80 {
        if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { body(index..<(index + 1)) }
        index += 1
        continue
      }
      let (scalar, length) = UTF8Text.scalar(in: text, at: index)
      switch scalar.properties.generalCategory {
      case .decimalNumber, .letterNumber, .otherNumber: body(index..<(index + length))
      default: break
      }
      index += length
    }
  }
}

extension PreTokenizer.Metaspace {
  fileprivate func apply(to pieces: inout Pieces) {
    pieces.rewrite { text, startsInput, result in
      let start = text.first
      let hasPrefix = start == 0x20 || text.starts(with: replacement)
      if !hasPrefix && (prefix == .always || prefix == .first && startsInput) {
        result.append(contentsOf: replacement)
      }
      for byte in text {
        if byte == 0x20 { result.append(contentsOf: replacement) } else { result.append(byte) }
      }
    }
    guard splits else { return }
    pieces.split(.mergedWithNext) { text, body in
      guard text.count >= replacement.count else { return }
      var index = 0
      while index <= text.count - replacement.count {
        if text[index] == replacement[0] && text[index...].starts(with: replacement) {
          body(index..<(index + replacement.count))
          index += replacement.count
        } else {
          index += 1
        }
      }
    }
  }
}
