internal import Diagnostics
internal import JSONDocuments
internal import Syntax

/// The parts of a recipe that an editor may fold: what stands below a key.
enum FoldingRanges {
  /// Ranges of one document at most.
  private static let countLimit = 10_000

  static func list(_ tree: SyntaxTree) -> [JSON] {
    var ranges: [JSON] = []
    var waiting = tree.root.map { [$0] } ?? []
    while let node = waiting.popLast(), ranges.count < countLimit {
      switch node {
      case .scalar: continue
      case .sequence(let sequence): waiting += sequence.items.reversed()
      case .mapping(let mapping):
        for entry in mapping.entries where entry.value.scalar == nil {
          let span = entry.value.span
          guard span.start >= entry.key.span.end else { continue }
          let first = tree.file.lines.line(at: entry.key.span.start)
          let last = tree.file.lines.line(at: max(span.end - 1, span.start))
          if last > first {
            ranges.append(.members(["startLine": .integer(first - 1), "endLine": .integer(last - 1)]))
          }
        }
        waiting += mapping.entries.filter { $0.value.span.start >= $0.key.span.end }.map(\.value).reversed()
      }
    }
    return ranges
  }
}
