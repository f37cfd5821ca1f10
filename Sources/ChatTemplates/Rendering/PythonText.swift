internal import Glibc

/// What Python's texts can do, character by character as Unicode counts them.
enum PythonText {
  typealias Fault = ChatTemplateError.Fault
  typealias Scalars = [Unicode.Scalar]

  /// Where a part first stands in a text, in characters.
  static func find(_ part: String, in text: String, from start: Int = 0) -> Int? {
    let (whole, wanted) = (Array(text.unicodeScalars), Array(part.unicodeScalars))
    return find(wanted, in: whole, from: start)
  }

  static func find(_ part: Scalars, in whole: Scalars, from start: Int) -> Int? {
    guard start >= 0, start + part.count <= whole.count else { return nil }
    guard let first = part.first else { return start }
    return (start...(whole.count - part.count)).first { index in
      whole[index] == first && whole[index..<index + part.count].elementsEqual(part)
    }
  }

  static func findLast(_ part: Scalars, in whole: Scalars, before end: Int) -> Int? {
    guard part.count <= end else { return nil }
    return (0...(end - part.count)).last { whole[$0..<$0 + part.count].elementsEqual(part) }
  }

  static func text(_ scalars: some Sequence<Unicode.Scalar>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }

  /// The text without white space, or without some characters, at its ends.
  static func stripped(_ text: String, of characters: String? = nil, left: Bool = true, right: Bool = true) -> String {
    let set = characters.map { Set($0.unicodeScalars) }
    var rest = text.unicodeScalars[...]
    func isStripped(_ scalar: Unicode.Scalar) -> Bool { set?.contains(scalar) ?? scalar.properties.isWhitespace }
    while left, let first = rest.first, isStripped(first) { rest.removeFirst() }
    while right, let last = rest.last, isStripped(last) { rest.removeLast() }
    return String(rest)
  }

  /// The parts between white space, or between separators.
  static func split(_ text: String, by separator: String?, at most: Int) throws(Fault) -> [String] {
    var limit = most < 0 ? Int.max : most
    let scalars = Array(text.unicodeScalars)
    var parts: [String] = []
    var start = 0
    guard let separator = separator.map({ Array($0.unicodeScalars) }) else {
      while true {
        while start < scalars.count, scalars[start].properties.isWhitespace { start += 1 }
        guard start < scalars.count else { return parts }
        let end = limit == 0 ? nil : scalars[start...].firstIndex { $0.properties.isWhitespace }
        guard let end else {
          parts.append(Self.text(scalars[start...]))
          return parts
        }
        parts.append(Self.text(scalars[start..<end]))
        limit -= 1
        start = end
      }
    }
    guard !separator.isEmpty else { throw .type("empty separator") }
    while limit > 0, let end = find(separator, in: scalars, from: start) {
      parts.append(Self.text(scalars[start..<end]))
      start = end + separator.count
      limit -= 1
    }
    return parts + [Self.text(scalars[start...])]
  }

  /// The parts between separators, counted from the end.
  static func splitFromEnd(_ text: String, by separator: String, at most: Int) throws(Fault) -> [String] {
    var limit = most < 0 ? Int.max : most
    let (scalars, separator) = (Array(text.unicodeScalars), Array(separator.unicodeScalars))
    guard !separator.isEmpty else { throw .type("empty separator") }
    var parts: [String] = []
    var end = scalars.count
    while limit > 0, let start = findLast(separator, in: scalars, before: end) {
      parts.append(Self.text(scalars[start + separator.count..<end]))
      end = start
      limit -= 1
    }
    return (parts + [Self.text(scalars[..<end])]).reversed()
  }

  private static let lineBreaks = Set("\n\u{B}\u{C}\r\u{1C}\u{1D}\u{1E}\u{85}\u{2028}\u{2029}".unicodeScalars)

  static func lines(_ text: String, keepingEnds: Bool = false) -> [String] {
    let scalars = Array(text.unicodeScalars)
    var lines: [String] = []
    var start = 0
    while start < scalars.count {
      let end = scalars[start...].firstIndex(where: lineBreaks.contains) ?? scalars.count
      var next = min(end + 1, scalars.count)
      if end + 1 < scalars.count, scalars[end] == "\r", scalars[end + 1] == "\n" { next += 1 }
      lines.append(Self.text(scalars[start..<(keepingEnds ? next : end)]))
      start = next
    }
    return lines
  }

  static func replaced(_ text: String, _ old: String, by new: String, at most: Int) throws(Fault) -> String {
    var limit = most < 0 ? Int.max : most
    let (scalars, old) = (Array(text.unicodeScalars), Array(old.unicodeScalars))
    var result = String.UnicodeScalarView()
    var size = 0
    func add(_ part: some Collection<Unicode.Scalar>) throws(Fault) {
      size += part.count
      guard size <= Bounds.textSize else { throw .limit(.size) }
      result.append(contentsOf: part)
    }
    var start = 0
    while limit > 0, let place = find(old, in: scalars, from: start) {
      try add(scalars[start..<place])
      try add(new.unicodeScalars)
      start = place + old.count
      limit -= 1
      if old.isEmpty {
        // Between all characters, and at both ends.
        guard start < scalars.count else { return String(result) }
        try add(scalars[start...start])
        start += 1
      }
    }
    try add(scalars[start...])
    return String(result)
  }

  /// The first letter large, the others small.
  static func capitalized(_ text: String) -> String {
    guard let first = text.unicodeScalars.first else { return text }
    return first.properties.titlecaseMapping + String(text.unicodeScalars.dropFirst()).lowercased()
  }

  /// The first letter of each word large, words beginning where `startsWord` says so of the character before.
  static func titled(_ text: String, startsWord: (Unicode.Scalar) -> Bool) -> String {
    var result = ""
    var isStart = true
    for scalar in text.unicodeScalars {
      result += isStart ? scalar.properties.titlecaseMapping : scalar.properties.lowercaseMapping
      isStart = startsWord(scalar)
    }
    return result
  }

  /// `format % values`, for `%s`, `%d`, `%r` without widths.
  static func formatted(_ format: String, _ value: Value) throws(Fault) -> String {
    var values = if case .tuple(let items) = value { items.values[...] } else { [value][...] }
    var result = ""
    var isDirective = false
    for scalar in format.unicodeScalars {
      guard isDirective else {
        if scalar == "%" { isDirective = true } else { result.unicodeScalars.append(scalar) }
        continue
      }
      isDirective = false
      if scalar == "%" {
        result += "%"
        continue
      }
      guard scalar == "s" || scalar == "d" || scalar == "i" else { throw .unsupported("the format \"%\(scalar)\"") }
      guard let next = values.popFirst() else { throw .type("not enough arguments for format string") }
      guard scalar == "s" || next.number != nil else { throw .type("%\(scalar) format: a real number is required") }
      result += try next.text()
      guard result.utf8.count <= Bounds.textSize else { throw .limit(.size) }
    }
    guard values.isEmpty else { throw .type("not all arguments converted during string formatting") }
    return result
  }

  static func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }

  private static let longestDateFormat = 256
  /// Bytes that one character of a format may become.
  private static let longestDirective = 64

  /// A day as a format of C has it.
  static func formatted(_ date: ChatTemplate.Surroundings.Date, _ format: String) throws(Fault) -> String {
    var time = tm()
    (time.tm_year, time.tm_mon, time.tm_mday) = (Int32(date.year - 1900), Int32(date.month - 1), Int32(date.day))
    // The day of the week and of the year follow.
    _ = timegm(&time)
    guard format.utf8.count <= longestDateFormat else { throw .limit(.size) }
    var buffer = [CChar](repeating: 0, count: longestDateFormat * longestDirective)
    let count = strftime(&buffer, buffer.count, format, &time)
    return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
