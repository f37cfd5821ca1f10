internal import Glibc
internal import Kernels
internal import Models

/// The experts of some tokens.
package struct ExpertChoice: Sendable {
  /// For each expert, the tokens that it gets, ascending, and what its output is multiplied by for each.
  package private(set) var tokens: [[Int32]]
  package private(set) var weights: [[Float]]
  private let routing: ExpertRouting

  init(_ routing: ExpertRouting, expertCount: Int) {
    self.routing = routing
    tokens = Array(repeating: [], count: expertCount)
    weights = Array(repeating: [], count: expertCount)
  }

  /// Chooses the experts of consecutive tokens.
  ///
  /// - Parameters:
  ///   - logits: What the router computes of them, `[count, experts]`.
  ///   - first: The place of the first token.
  ///   - count: Tokens.
  ///   - correction: Added to scores for the choice alone, `[experts]`.
  mutating func add(_ logits: UnsafePointer<Float>, first: Int, count: Int, correction: [Float]?) {
    let experts = tokens.count
    var scores = [Float](repeating: 0, count: experts)
    for token in 0..<count {
      score(UnsafeBufferPointer(start: logits + token * experts, count: experts), into: &scores)
      let chosen = choice(of: correction.map { zip(scores, $0).map { $0 + $1 } } ?? scores)
      var factor = routing.factor
      if routing.normalizes { factor /= chosen.reduce(Self.leastSum) { $0 + scores[$1] } }
      for expert in chosen {
        tokens[expert].append(Int32(first + token))
        weights[expert].append(scores[expert] * factor)
      }
    }
  }

  /// Added to the sum that weights are divided by, as DeepSeek-V3 does; it changes no sum that is not tiny.
  private static let leastSum: Float = 1e-20

  private func score(_ logits: UnsafeBufferPointer<Float>, into scores: inout [Float]) {
    switch routing.scoring {
    case .sigmoid: for (expert, logit) in logits.enumerated() { scores[expert] = 1 / (1 + exp(-logit)) }
    case .softmax:
      let top = logits.max() ?? 0
      var sum: Float = 0
      for (expert, logit) in logits.enumerated() {
        scores[expert] = exp(logit - top)
        sum += scores[expert]
      }
      for expert in scores.indices { scores[expert] /= sum }
    }
  }

  /// The experts of the highest scores, of the groups whose best two have the highest sums; the first of equal ones.
  private func choice(of scores: [Float]) -> [Int] {
    var open = Array(scores.indices)
    if routing.groups > 1 {
      let size = scores.count / routing.groups
      let sums = (0..<routing.groups).map { group in
        let best = scores[group * size..<(group + 1) * size].sorted(by: >)
        return best.prefix(Self.scoredOfGroup).reduce(0, +)
      }
      let groups = Set(Self.largest(routing.chosenGroups, of: Array(sums.indices), by: sums))
      open = open.filter { groups.contains($0 / size) }
    }
    return Self.largest(routing.chosen, of: open, by: scores)
  }

  /// Experts of a group whose scores make that of the group (arXiv:2412.19437, section 2.1.2).
  private static let scoredOfGroup = 2

  private static func largest(_ count: Int, of indices: [Int], by scores: [Float]) -> [Int] {
    Array(indices.sorted { (scores[$1], $0) < (scores[$0], $1) }.prefix(count))
  }
}
