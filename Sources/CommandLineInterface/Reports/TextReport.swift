internal import Diagnostics

/// Diagnostics as text, with bounds that a terminal can bear.
struct TextReport {
  /// Diagnostics of one file that are shown at most.
  private static let limit = 50

  let diagnostics: [Diagnostic]
  let color: RenderingColor

  /// The gravest diagnostics of each file in their order, and how many more there are.
  var text: String {
    let byFile = Dictionary(grouping: diagnostics.indices) { diagnostics[$0].file?.name }
    var shown: Set<Int> = []
    /// What follows the last one shown of a file.
    var remainders: [Int: String] = [:]
    for (name, indices) in byFile {
      let gravest = indices.sorted { left, right in
        let (first, second) = (diagnostics[left].severity, diagnostics[right].severity)
        return first == second ? left < right : first > second
      }
      let chosen = gravest.prefix(TextReport.limit)
      shown.formUnion(chosen)
      if let last = chosen.max(), chosen.count < indices.count {
        let place = name.map { " in \($0.visible)" } ?? ""
        remainders[last] =
          "and \(grouped(indices.count - chosen.count)) more\(place); pare check --format concise shows them all\n"
      }
    }
    let pieces = diagnostics.indices.filter(shown.contains).flatMap { index in
      [diagnostics[index].rendered(color: color)] + (remainders[index].map { [$0] } ?? [])
    }
    return pieces.joined(separator: "\n")
  }
}
