internal import Models
internal import Vocabulary

/// Which layers share one global scale: those that a runtime makes one layer of.
struct ScaleSets {
  /// Last parts of names that belong together where no dataflow tells.
  private static let siblings: [[Substring]] = [
    ["q_proj", "k_proj", "v_proj"], ["gate_proj", "up_proj"], ["w1", "w3"], ["q_a_proj", "kv_a_proj_with_mqa"],
  ]

  private var sets: [Int: Int] = [:]

  /// The set of a member of the layout, or nil where it has none.
  func set(of member: Int) -> Int? { sets[member] }

  /// Finds the sets among members whose weights have a global scale.
  init(_ layout: OutputLayout) {
    var places: [String: Int] = [:]
    for (index, member) in layout.members.enumerated()
    where layout.groups[member.group].scheme.weights?.strategy == .tensorGroup {
      let last = member.module.lastPart
      guard let family = Self.siblings.firstIndex(where: { $0.contains(last) }) else { continue }
      let key = "\(family) \(member.module.name.dropLast(last.count))"
      let set = places[key] ?? places.count
      places[key] = set
      sets[index] = set
    }
  }
}
