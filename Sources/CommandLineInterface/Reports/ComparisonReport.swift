internal import Checkpoints
internal import Evaluation
internal import JSONDocuments
internal import Models
internal import Vocabulary

/// What `compare` found: rows in an order, and totals.
struct ComparisonReport {
  let comparison: ModelComparison
  let order: ComparisonOrder
  let limit: Int?

  /// The rows that are shown; equal ones keep the order of the model.
  var rows: [ModelComparison.Row] {
    let sorted = comparison.rows.enumerated().sorted { left, right in
      precedes(left.element, right.element) ?? (left.offset < right.offset)
    }.map(\.element)
    return limit.map { Array(sorted.prefix($0)) } ?? sorted
  }

  /// Which of two rows comes first; nil where that is open.
  private func precedes(_ left: ModelComparison.Row, _ right: ModelComparison.Row) -> Bool? {
    func compare<Key: Comparable>(_ one: Key, _ other: Key) -> Bool? { one == other ? nil : one < other }
    return switch order {
    case .error: compare(right.difference.relativeError, left.difference.relativeError)
    case .name: NumberedName(left.name).precedes(NumberedName(right.name))
    case .size: compare(right.reference.byteCount, left.reference.byteCount)
    case .snr: compare(left.difference.signalToNoise, right.difference.signalToNoise)
    }
  }

  var text: String {
    let shown = rows
    var cells = [["weight", "shape", "stored as", "bytes", "", "error", "SNR", "zeros", ""]]
    cells += shown.map(Self.cells)
    let rest = comparison.rows.count - shown.count
    var lines = Self.aligned(cells, rightAligned: [3, 4, 5, 6, 7, 8])
    if rest > 0 { lines.append("and \(rest) more") }
    lines += ["", "weights       " + counts]
    for (title, names) in [("only in A", comparison.onlyInReference), ("only in B", comparison.onlyInOther)]
    where !names.isEmpty {
      let more = names.count > Self.namesShown ? " and \(names.count - Self.namesShown) more" : ""
      lines.append("  \(title)   \(names.prefix(Self.namesShown).joined(separator: ", "))\(more)")
    }
    let (before, after) = (comparison.referenceByteCount, comparison.otherByteCount)
    let total = comparison.total
    return
      (lines + [
        "parameters    \(total.count) in both",
        "bytes         \(ByteCount.text(before)) → \(ByteCount.text(after)), "
          + "\(Decimal.text(Double(before) / Double(max(after, 1)), places: 2)) times smaller",
        "error         \(Self.error(total)), SNR \(Self.decibels(total.signalToNoise))",
        "zeros         \(Percentage.text(total.referenceZeros.fraction)) → \(Percentage.text(total.otherZeros.fraction))",
      ]).joined(separator: "\n")
  }

  /// Names of weights that are listed in full.
  private static let namesShown = 3

  private var counts: String {
    let comparison = comparison
    return "\(comparison.equalCount) equal, \(comparison.changedCount) changed, "
      + "\(comparison.onlyInReference.count) only in A, \(comparison.onlyInOther.count) only in B"
  }

  private static func cells(_ row: ModelComparison.Row) -> [String] {
    let difference = row.difference
    return [
      row.name,
      "\(row.shape)",
      storage(row.other) + (row.reference.isTied ? ", no longer tied" : row.other.isTied ? ", now tied" : ""),
      ByteCount.text(row.reference.byteCount),
      "→ " + ByteCount.text(row.other.byteCount),
      error(difference),
      decibels(difference.signalToNoise),
      zeros(difference.referenceZeros, row.referencePattern),
      "→ " + zeros(difference.otherZeros, row.otherPattern),
    ]
  }

  private static func storage(_ entry: WeightInventory.Entry) -> String {
    guard let scheme = entry.scheme else { return entry.elementType.rawValue }
    return "\(PresetText.text(scheme)), \(scheme.resolvedFormat.rawValue)"
  }

  private static func zeros(_ census: ZeroCensus, _ pattern: MaskStructure?) -> String {
    Percentage.text(census.fraction) + (text(pattern).map { " (\($0))" } ?? "")
  }

  /// A pattern as recipes write it, such as `2:4`.
  private static func text(_ pattern: MaskStructure?) -> String? {
    guard case .nOfM(let zeros, let of) = pattern else { return nil }
    return "\(zeros):\(of)"
  }

  private static func error(_ difference: WeightDifference) -> String {
    difference.isEqual ? "equal" : Decimal.text(difference.relativeError, places: 6)
  }

  private static func decibels(_ ratio: Double) -> String {
    ratio.isFinite ? "\(Decimal.text(ratio, places: 2)) dB" : ratio > 0 ? "∞" : "-∞"
  }

  /// Rows of cells with as much space between them as the widest of each column asks for.
  private static func aligned(_ rows: [[String]], rightAligned: Set<Int>) -> [String] {
    var widths: [Int] = []
    for row in rows {
      for (column, cell) in row.enumerated() {
        if column == widths.count { widths.append(0) }
        widths[column] = max(widths[column], cell.count)
      }
    }
    return rows.map { row in
      let cells = row.enumerated().map { column, cell in
        let space = String(repeating: " ", count: widths[column] - cell.count)
        return rightAligned.contains(column) ? space + cell : cell + space
      }
      let line = cells.joined(separator: "  ")
      return String(line[...(line.lastIndex { $0 != " " } ?? line.startIndex)])
    }
  }
}

extension ComparisonReport {
  /// The numbers for programs; null stands for what is infinite.
  var json: JSON {
    func number(_ value: Int) -> JSON { .integer(Int64(value)) }
    func names(_ names: [String]) -> JSON { .array(names.map(JSON.string)) }
    return .object([
      JSON.Member("schemaVersion", number(1)),
      JSON.Member("weights", .array(rows.map(Self.json))),
      JSON.Member("onlyInA", names(comparison.onlyInReference)),
      JSON.Member("onlyInB", names(comparison.onlyInOther)),
      JSON.Member(
        "total",
        .object(
          [
            JSON.Member("equal", number(comparison.equalCount)),
            JSON.Member("changed", number(comparison.changedCount)),
            JSON.Member("parameters", number(comparison.total.count)),
            JSON.Member("bytesA", number(comparison.referenceByteCount)),
            JSON.Member("bytesB", number(comparison.otherByteCount)),
          ] + Self.members(comparison.total)
        )
      ),
    ])
  }

  private static func json(_ row: ModelComparison.Row) -> JSON {
    func number(_ value: Int) -> JSON { .integer(Int64(value)) }
    return .object(
      [
        JSON.Member("name", .string(row.name)),
        JSON.Member("shape", .array(row.shape.map(number))),
        JSON.Member("a", json(row.reference)),
        JSON.Member("b", json(row.other)),
      ] + members(row.difference) + [
        JSON.Member("patternA", text(row.referencePattern).map(JSON.string) ?? .null),
        JSON.Member("patternB", text(row.otherPattern).map(JSON.string) ?? .null),
      ]
    )
  }

  private static func json(_ entry: WeightInventory.Entry) -> JSON {
    .object([
      JSON.Member("dtype", .string(entry.elementType.rawValue)),
      JSON.Member("format", .string((entry.scheme?.resolvedFormat ?? .dense).rawValue)),
      JSON.Member("scheme", entry.scheme.map { .string(PresetText.text($0)) } ?? .null),
      JSON.Member("description", entry.scheme.map { .string(SchemeText.text($0)) } ?? .null),
      JSON.Member("bytes", .integer(Int64(entry.byteCount))),
      JSON.Member("tied", .boolean(entry.isTied)),
    ])
  }

  private static func members(_ difference: WeightDifference) -> [JSON.Member] {
    [
      JSON.Member("relativeError", .finite(difference.relativeError)),
      JSON.Member("signalToNoise", .finite(difference.signalToNoise)),
      JSON.Member("zerosA", .number(difference.referenceZeros.fraction)),
      JSON.Member("zerosB", .number(difference.otherZeros.fraction)),
    ]
  }
}

/// A dotted name whose numbers count by their value: `layers.2` stands before `layers.10`.
private struct NumberedName {
  let parts: [(text: Substring, number: Int?)]

  init(_ name: String) {
    parts = DottedName(name).parts.map { ($0, Int($0)) }
  }

  /// Whether it stands before another; nil for equal names.
  func precedes(_ other: NumberedName) -> Bool? {
    for (one, two) in zip(parts, other.parts) where one.text != two.text {
      if let left = one.number, let right = two.number, left != right { return left < right }
      return one.text < two.text
    }
    return parts.count == other.parts.count ? nil : parts.count < other.parts.count
  }
}
