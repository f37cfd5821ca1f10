/// The candidate that a mistyped name most probably meant.
///
/// A name that differs only in case wins; else the fewest edits (insert, drop, replace, swap of neighbours), at most a
/// third of the name's length and at least one. Equal candidates are decided by their order.
package func nearestName(to name: String, among candidates: some Sequence<String>) -> String? {
  let folded = Array(name.lowercased().unicodeScalars)
  let limit = max(folded.count / 3, 1)
  var best: (name: String, distance: Int)?
  for candidate in candidates {
    let other = Array(candidate.lowercased().unicodeScalars)
    if other == folded { return candidate }
    guard abs(other.count - folded.count) <= limit else { continue }
    let distance = editDistance(folded, other)
    if distance <= limit, distance < best?.distance ?? .max {
      best = (candidate, distance)
    }
  }
  return best?.name
}

/// The restricted Damerau–Levenshtein distance: no part is edited twice.
private func editDistance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
  var twoAbove: [Int] = []
  var above = Array(0...right.count)
  for row in left.indices {
    var current = [row + 1]
    for column in right.indices {
      var least = min(
        above[column + 1] + 1,
        current[column] + 1,
        above[column] + (left[row] == right[column] ? 0 : 1)
      )
      let isSwap =
        row > 0 && column > 0 && left[row] == right[column - 1] && left[row - 1] == right[column]
      if isSwap { least = min(least, twoAbove[column - 1] + 1) }
      current.append(least)
    }
    twoAbove = above
    above = current
  }
  return above[right.count]
}
