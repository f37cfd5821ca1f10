/// Findings that are alike, counted: the first of each kind, in the order of the firsts.
struct Tally<Key: Hashable, Finding> {
  struct Entry {
    let first: Finding
    var count = 1
  }

  private(set) var inOrder: [Entry] = []
  private var places: [Key: Int] = [:]

  mutating func add(_ finding: Finding, for key: Key) {
    if let place = places[key] {
      inOrder[place].count += 1
    } else {
      places[key] = inOrder.count
      inOrder.append(Entry(first: finding))
    }
  }
}
