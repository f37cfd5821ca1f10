internal import Diagnostics

/// The difference of two texts by lines, as `diff -u` writes it.
struct UnifiedDiff {
  /// A line of one text or of both.
  private enum Entry {
    case same(ArraySlice<UInt8>)
    case removed(ArraySlice<UInt8>)
    case added(ArraySlice<UInt8>)

    var isSame: Bool {
      if case .same = self { return true }
      return false
    }
  }

  /// Unchanged lines that are shown around changed ones.
  private static let contextLineCount = 3

  private let name: String
  private let entries: [Entry]

  /// Compares two texts of one name.
  init(from old: SourceFile, to new: SourceFile) {
    name = old.name
    entries = UnifiedDiff.entries(old.allLines, new.allLines)
  }

  /// The difference, which `patch` reads; empty when the texts are equal.
  var bytes: [UInt8] {
    let changed = entries.indices.filter { !entries[$0].isSame }
    guard !changed.isEmpty else { return [] }
    var hunks: [Range<Int>] = []
    for index in changed {
      let lower = max(index - UnifiedDiff.contextLineCount, 0)
      let upper = min(index + UnifiedDiff.contextLineCount + 1, entries.count)
      if let last = hunks.last, lower <= last.upperBound {
        hunks[hunks.count - 1] = last.lowerBound..<upper
      } else {
        hunks.append(lower..<upper)
      }
    }
    var output = Array("--- \(name)\n+++ \(name)\n".utf8)
    var (oldLine, newLine, next) = (0, 0, 0)
    for hunk in hunks {
      let skipped = hunk.lowerBound - next
      (oldLine, newLine, next) = (oldLine + skipped, newLine + skipped, hunk.upperBound)
      let body = entries[hunk]
      let oldCount = body.count { if case .added = $0 { false } else { true } }
      let newCount = body.count { if case .removed = $0 { false } else { true } }
      output += "@@ -\(range(oldLine, oldCount)) +\(range(newLine, newCount)) @@\n".utf8
      for entry in body { write(entry, to: &output) }
      (oldLine, newLine) = (oldLine + oldCount, newLine + newCount)
    }
    return output
  }

  /// Lines of a hunk in the form of POSIX: the line before it where it has none.
  private func range(_ before: Int, _ count: Int) -> String {
    let first = count == 0 ? before : before + 1
    return count == 1 ? "\(first)" : "\(first),\(count)"
  }

  private func write(_ entry: Entry, to output: inout [UInt8]) {
    let (sign, line) =
      switch entry {
      case .same(let line): (" ", line)
      case .removed(let line): ("-", line)
      case .added(let line): ("+", line)
      }
    output += sign.utf8
    output += line
    if line.last != UInt8(ascii: "\n") { output += "\n\\ No newline at end of file\n".utf8 }
  }

  private typealias Lines = ArraySlice<ArraySlice<UInt8>>

  /// Aligns the lines that each text has once, in their longest common order, and what stands between them at its ends.
  private static func entries(_ old: [ArraySlice<UInt8>], _ new: [ArraySlice<UInt8>]) -> [Entry] {
    var entries: [Entry] = []
    var (oldNext, newNext) = (0, 0)
    for (oldIndex, newIndex) in anchors(old, new) + [(old.count, new.count)] {
      entries += block(old[oldNext..<oldIndex], new[newNext..<newIndex])
      if oldIndex < old.count { entries.append(.same(old[oldIndex])) }
      (oldNext, newNext) = (oldIndex + 1, newIndex + 1)
    }
    return entries
  }

  private static func block(_ old: Lines, _ new: Lines) -> [Entry] {
    let leading = zip(old, new).prefix { $0 == $1 }.count
    let (oldRest, newRest) = (old.dropFirst(leading), new.dropFirst(leading))
    let trailing = zip(oldRest.reversed(), newRest.reversed()).prefix { $0 == $1 }.count
    return old.prefix(leading).map(Entry.same) + oldRest.dropLast(trailing).map(Entry.removed)
      + newRest.dropLast(trailing).map(Entry.added) + oldRest.suffix(trailing).map(Entry.same)
  }

  /// The pairs of equal lines that stand once in each text, as many as keep their order (patience diff, by Bram Cohen).
  private static func anchors(_ old: [ArraySlice<UInt8>], _ new: [ArraySlice<UInt8>]) -> [(Int, Int)] {
    let oldPlaces = Dictionary(grouping: old.indices) { old[$0] }
    let newPlaces = Dictionary(grouping: new.indices) { new[$0] }
    let pairs: [(old: Int, new: Int)] = old.indices.compactMap { index in
      guard oldPlaces[old[index]]?.count == 1, let places = newPlaces[old[index]], places.count == 1 else { return nil }
      return (index, places[0])
    }
    // The longest ascending run of places in the new text: `tails` ends, for each length, with the least place.
    var tails: [Int] = []
    var previous: [Int?] = []
    for (index, pair) in pairs.enumerated() {
      var (low, high) = (0, tails.count)
      while low < high {
        let middle = (low + high) / 2
        if pairs[tails[middle]].new < pair.new { low = middle + 1 } else { high = middle }
      }
      previous.append(low > 0 ? tails[low - 1] : nil)
      if low < tails.count { tails[low] = index } else { tails.append(index) }
    }
    var chain: [(Int, Int)] = []
    var next = tails.last
    while let index = next {
      chain.append((pairs[index].old, pairs[index].new))
      next = previous[index]
    }
    return chain.reversed()
  }
}

extension SourceFile {
  /// The lines with their breaks, split at line feeds only, as `patch` does.
  fileprivate var allLines: [ArraySlice<UInt8>] {
    var lines: [ArraySlice<UInt8>] = []
    var start = bytes.startIndex
    while start < bytes.endIndex {
      let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? bytes.endIndex
      lines.append(bytes[start..<end])
      start = end
    }
    return lines
  }
}
