internal import Models
internal import Planning
internal import Vocabulary

/// A plan as a graph: its stages, and the dataflow of one block of each kind with what becomes of every layer.
struct PlanGraph {
  /// What a node stands for, which decides how it is drawn.
  enum Kind: String, CaseIterable {
    /// A stage of the work, or a scheme.
    case work
    /// A linear layer that changes.
    case changed
    /// A linear layer or a table that stays.
    case kept
    /// A norm.
    case norm
    /// What has no weights.
    case operation
  }

  struct Node {
    let kind: Kind
    /// Lines of text.
    let label: [String]
  }

  struct Edge {
    let from: Int
    let to: Int
    /// A word beside it.
    var label = ""
    /// Whether it is a factor that smoothing hands on, and no data.
    var isSmoothing = false
  }

  /// Nodes that are drawn in one box.
  struct Cluster {
    let title: String
    let nodes: Range<Int>
  }

  private(set) var nodes: [Node] = []
  private(set) var edges: [Edge] = []
  private(set) var clusters: [Cluster] = []

  init(_ plan: Plan, _ outline: ModelOutline) {
    cluster("work") { $0.addStages(plan) }
    guard let decoder = outline.decoder else { return }
    let changes = LayerChanges(plan)
    var last = add(.kept, [decoder.embedding, changes.text(of: decoder.embedding)].compactMap(\.self))
    for run in PlannedBlocks(decoder, changes).runs {
      let title = run.count > 1 ? "\(run.name) (\(run.count) alike)" : run.name
      cluster(title) { graph in
        var flow = BlockFlowGraph(graph: graph, run: run, smoothings: plan.smoothings, stages: plan.stages)
        last = flow.add(after: last, index: decoder.blocks.firstIndex { $0.name == run.first.name } ?? 0)
        graph = flow.graph
      }
    }
    let norm = add(.norm, [decoder.norm.name])
    connect(last, norm)
    let head = changes.text(of: decoder.headName)
    let tie = decoder.head == nil && head == nil ? "tied to \(decoder.embedding)" : nil
    connect(norm, add(head == nil ? .kept : .changed, [decoder.headName, head ?? tie].compactMap(\.self)))
    for smoothing in plan.smoothings where smoothing.site.block == nil {
      connect(norm, nodes.count - 1, plan.stages[smoothing.stage].modifier, isSmoothing: true)
    }
  }

  /// The stages in the order of the work, each with the schemes that it gives.
  private mutating func addStages(_ plan: Plan) {
    var last: Int?
    var places: [Int] = []
    for (index, stage) in plan.stages.enumerated() {
      let what = stage.kind == .smoothing ? "places" : "modules"
      let label = ["\(index + 1) \(stage.kind.rawValue)", stage.modifier, "\(stage.moduleCount) \(what)"]
      let node = add(.work, label)
      if let last { connect(last, node) }
      last = node
      places.append(node)
    }
    let stages = Dictionary(plan.assignments.map { ($0.group, $0.stage) }) { first, _ in first }
    for (index, group) in plan.groups.enumerated() {
      let scheme = SchemeText.text(group.scheme)
      let label = [group.preset, scheme, group.format.rawValue, "\(group.moduleCount) modules"].compactMap(\.self)
      let node = add(.work, label)
      if let stage = stages[index] { connect(places[stage], node, "gives") }
    }
  }

  /// Adds a node and gives its number.
  mutating func add(_ kind: Kind, _ label: [String]) -> Int {
    nodes.append(Node(kind: kind, label: label))
    return nodes.count - 1
  }

  /// Adds an edge unless it is there.
  mutating func connect(_ from: Int, _ to: Int, _ label: String = "", isSmoothing: Bool = false) {
    let isKnown = edges.contains {
      $0.from == from && $0.to == to && $0.label == label && $0.isSmoothing == isSmoothing
    }
    if !isKnown { edges.append(Edge(from: from, to: to, label: label, isSmoothing: isSmoothing)) }
  }

  /// Draws a box around what a closure adds.
  private mutating func cluster(_ title: String, _ add: (inout PlanGraph) -> Void) {
    let start = nodes.count
    add(&self)
    if nodes.count > start { clusters.append(Cluster(title: title, nodes: start..<nodes.count)) }
  }
}
