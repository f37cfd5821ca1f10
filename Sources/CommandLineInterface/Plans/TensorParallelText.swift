internal import JSONDocuments
internal import Planning
internal import Vocabulary

/// On how many devices a checkpoint can be served, in words and as JSON.
struct TensorParallelText {
  private let parallelism: TensorParallelism
  private let names: [String]

  init(_ parallelism: TensorParallelism, _ plan: Plan) {
    self.parallelism = parallelism
    names = plan.groups.map { $0.preset ?? SchemeText.text($0.scheme) }
  }

  /// One line for the checkpoint, and one for each group where there are several.
  var lines: [String] {
    let degrees = parallelism.degrees.map(String.init).joined(separator: ", ")
    let devices = parallelism.degrees == [1] ? "device" : "devices"
    let runtime = "\(parallelism.runtime) \(parallelism.version)"
    var lines = ["served by     \(runtime) on \(degrees) \(devices); \(Self.text(parallelism.limit))"]
    guard parallelism.groups.count > 1 else { return lines }
    for (name, group) in zip(names, parallelism.groups) {
      lines.append("              \(name) by itself on at most \(group.largest); \(Self.text(group.limit))")
    }
    return lines
  }

  /// As `plan --format json` writes it.
  var json: JSON {
    .object([
      JSON.Member("runtime", .string(parallelism.runtime)),
      JSON.Member("version", .string(parallelism.version)),
      JSON.Member("degrees", .array(parallelism.degrees.map { .integer(Int64($0)) })),
      JSON.Member("limit", .string(Self.text(parallelism.limit))),
      JSON.Member(
        "groups",
        .array(
          parallelism.groups.enumerated().map { index, group in
            .object([
              JSON.Member("group", .integer(Int64(index))),
              JSON.Member("largest", .integer(Int64(group.largest))),
              JSON.Member("limit", .string(Self.text(group.limit))),
            ])
          }
        )
      ),
    ])
  }

  /// What stands in the way of more, such as `not 2: o_proj would have 64 columns on each, no multiple of the group size 128`.
  static func text(_ limit: TensorParallelism.Limit) -> String {
    switch limit {
    case .queryHeads(let heads): "there are \(heads) query heads"
    case .obstacle(let degree, let obstacle): "not \(degree): \(text(obstacle))"
    }
  }

  private static func text(_ obstacle: TensorParallelism.Obstacle) -> String {
    switch obstacle {
    case .keyHeads(let heads): "\(heads) key heads neither divide nor are divided"
    case .rows(let layer, let size): "\(layer) has \(size) rows"
    case .columns(let layer, let size): "\(layer) has \(size) columns"
    case .share(let layer, let side, let size, let multiple, let reason):
      "\(layer) would have \(size) \(side == .rows ? "rows" : "columns") on each, no multiple of "
        + text(multiple, reason)
    }
  }

  private static func text(_ multiple: Int, _ reason: TensorParallelism.Reason) -> String {
    switch reason {
    case .groups: "the group size \(multiple)"
    case .blocks: "the block size \(multiple)"
    case .words: "the \(multiple) codes of a word"
    case .zeroPoints: "the \(multiple) zero points of a word"
    case .kernel: "the \(multiple) that the kernel takes"
    }
  }
}
