internal import Checkpoints
internal import JSONDocuments
internal import Planning
internal import Vocabulary

/// Rotations in words and as JSON.
struct RotationText {
  /// Matrices of one group, and the modules that they change.
  private struct Group {
    let name: String
    let kind: RotationMatrix
    let sizes: [Int]
    let moduleCount: Int
    let isOnline: Bool
  }

  private let plan: RotationPlan
  private let seed: UInt64
  private let groups: [Group]

  init?(_ plan: Plan) {
    guard let rotation = plan.rotation else { return nil }
    self.plan = rotation
    seed = plan.seed
    var names: [String] = []
    for matrix in rotation.matrices where !names.contains(matrix.group) { names.append(matrix.group) }
    groups = names.compactMap { name in
      let matrices = rotation.matrices.indices.filter { rotation.matrices[$0].group == name }
      guard let first = matrices.first else { return nil }
      return Group(
        name: name,
        kind: rotation.matrices[first].kind,
        sizes: matrices.map { rotation.matrices[$0].size },
        moduleCount: Set(rotation.merges.filter { matrices.contains($0.matrix) }.map(\.module)).count,
        isOnline: rotation.isOnline(first)
      )
    }
  }

  /// One line a group, such as `R1: hadamard of 128 · 30 modules, merged into weights`, then what else changes.
  var lines: [String] {
    var lines = groups.map { group in
      "\(group.name): \(group.kind.rawValue) of \(group.sizes.map(String.init).joined(separator: ", ")) · "
        + "\(group.moduleCount) modules, "
        + (group.isOnline ? "also applied while serving" : "merged into weights")
    }
    var others: [String] = []
    if !plan.foldedNorms.isEmpty { others.append("\(plan.foldedNorms.count) norms folded into their readers") }
    if plan.untiesHead { others.append("the head gets weights of its own") }
    if groups.contains(where: { $0.kind != .hadamard }) { others.append("drawn from seed \(seed)") }
    if !others.isEmpty { lines.append(others.joined(separator: ", ")) }
    return lines
  }

  /// The groups that change each module, in the order of their matrices.
  var groupsOfModules: [String: [String]] {
    var found: [String: [String]] = [:]
    for group in groups {
      for merge in plan.merges where plan.matrices[merge.matrix].group == group.name {
        if found[merge.module]?.last != group.name { found[merge.module, default: []].append(group.name) }
      }
    }
    return found
  }

  /// The rotation as `plan --format json` writes it.
  var json: JSON {
    func number(_ value: Int) -> JSON { .integer(Int64(value)) }
    return .object([
      JSON.Member("seed", .integer(Int64(bitPattern: seed))),
      JSON.Member(
        "groups",
        .array(
          groups.map {
            .object([
              JSON.Member("name", .string($0.name)), JSON.Member("matrix", .string($0.kind.rawValue)),
              JSON.Member("sizes", .array($0.sizes.map(number))), JSON.Member("modules", number($0.moduleCount)),
              JSON.Member("online", .boolean($0.isOnline)),
            ])
          }
        )
      ),
      JSON.Member("foldedNorms", .array(plan.foldedNorms.map { .string($0.tensor) })),
      JSON.Member("untiesHead", .boolean(plan.untiesHead)),
      JSON.Member("storedMatrices", .array(plan.tensors.map { .string($0.description.name) })),
    ])
  }
}
