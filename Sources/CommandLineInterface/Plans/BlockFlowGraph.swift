internal import Models
internal import Planning

/// Draws the dataflow of one block into a graph.
struct BlockFlowGraph {
  private(set) var graph: PlanGraph
  private let block: BlockOutline
  private let layers: [PlannedBlocks.Layer]
  private let smoothings: [PlannedSmoothing]
  private let stages: [PlannedStage]
  /// Nodes by the full names of their modules; a node of several experts has each of them.
  private var places: [String: Int] = [:]

  init(graph: PlanGraph, run: PlannedBlocks.Run, smoothings: [PlannedSmoothing], stages: [PlannedStage]) {
    self.graph = graph
    block = run.first
    layers = run.layers
    self.smoothings = smoothings
    self.stages = stages
  }

  /// Adds the block.
  ///
  /// - Parameters:
  ///   - last: The node that the block reads.
  ///   - index: The block's number.
  /// - Returns: The node that the next block reads.
  mutating func add(after last: Int, index: Int) -> Int {
    let attention = addAttention(last)
    let end: Int
    switch block.residual {
    case .sequential:
      let middle = addSum([last, attention])
      end = addSum([middle, addFeedForward(middle)])
    case .parallel:
      end = addSum([last, attention, addFeedForward(last)])
    }
    addSmoothings(index)
    return end
  }

  private mutating func addSum(_ terms: [Int]) -> Int {
    let sum = graph.add(.operation, ["+"])
    for term in terms { graph.connect(term, sum) }
    return sum
  }

  // MARK: Attention

  private mutating func addAttention(_ input: Int) -> Int {
    let read = addNorm(.attention, after: input)
    let window = block.attention.window.map { "of \($0) tokens" }
    func operation() -> [String] { ["attention", window].compactMap(\.self) }
    let attend: Int
    switch block.attention.projections {
    case .separate(let query, let key, let value):
      let queries = addNorm(.query, after: addLayer(query, after: read))
      let keys = addNorm(.key, after: addLayer(key, after: read))
      let values = addLayer(value, after: read)
      attend = graph.add(.operation, operation())
      for node in [queries, keys, values] { graph.connect(node, attend) }
    case .fused(let layer, _):
      let all = addLayer(layer, after: read)
      attend = graph.add(.operation, operation())
      graph.connect(all, attend)
    case .lowRank(let low):
      let queries: Int
      switch low.query {
      case .direct(let query): queries = addLayer(query, after: read)
      case .narrow(let down, let up):
        queries = addLayer(up, after: addNorm(.queryLatent, after: addLayer(down, after: read)))
      }
      let narrow = addLayer(low.keyValueDown, after: read)
      let both = addLayer(low.keyValueUp, after: addNorm(.keyValueLatent, after: narrow))
      attend = graph.add(.operation, operation())
      graph.connect(queries, attend)
      graph.connect(narrow, attend, "rotary key")
      graph.connect(both, attend)
    }
    return addNorm(.attentionOutput, after: addLayer(block.attention.output, after: attend))
  }

  // MARK: Feed-forward

  private mutating func addFeedForward(_ input: Int) -> Int {
    // A norm that both parts read stands once.
    let isShared = block.norms[.attention] != nil && block.norms[.attention] == block.norms[.feedForward]
    let known = isShared ? block.norms[.feedForward].flatMap { places[$0.name] } : nil
    let read = known ?? addNorm(.feedForward, after: input)
    let dense = block.feedForward.dense.map { addProduct($0, after: read, count: 1) }
    guard let experts = block.feedForward.experts else { return addNorm(.feedForwardOutput, after: dense ?? read) }
    let router = addLayer(experts.router, after: read)
    let chosen = graph.add(.operation, ["the best \(experts.routing.chosen) of \(experts.layers.count)"])
    graph.connect(router, chosen)
    var terms: [Int] = []
    var first = 0
    for layer in layers where layer.step == .expertOutput(0) {
      let product = experts.layers[first]
      let end = addProduct(product, after: read, count: layer.expertCount)
      graph.connect(chosen, end, "weighs")
      for other in experts.layers[first..<first + layer.expertCount] { alias(other, to: product) }
      terms.append(end)
      first += layer.expertCount
    }
    if let dense {
      if let gate = experts.sharedGate { graph.connect(addLayer(gate, after: read), dense, "weighs") }
      terms.append(dense)
    }
    return addNorm(.feedForwardOutput, after: terms.count == 1 ? terms[0] : addSum(terms))
  }

  private mutating func addProduct(_ product: FeedForwardOutline.ProductOutline, after read: Int, count: Int) -> Int {
    let readers = product.readers.map { addLayer($0, after: read, count: count) }
    let text =
      switch product.inputs {
      case .gated, .fused: "activation(gate) · up"
      case .plain: "activation"
      }
    let middle = graph.add(.operation, [text])
    for reader in readers { graph.connect(reader, middle) }
    return addLayer(product.down, after: middle, count: count)
  }

  /// Lets the layers of an expert go by the nodes of another.
  private mutating func alias(_ product: FeedForwardOutline.ProductOutline, to drawn: FeedForwardOutline.ProductOutline)
  {
    for (layer, known) in zip(product.readers + [product.down], drawn.readers + [drawn.down]) {
      places[layer.name] = places[known.name]
    }
  }

  // MARK: Nodes

  private mutating func addNorm(_ place: BlockNorm, after node: Int) -> Int {
    guard let norm = block.norms[place] else { return node }
    let added = graph.add(.norm, [norm.name.dropModule(block.name)])
    places[norm.name] = added
    graph.connect(node, added)
    return added
  }

  private mutating func addLayer(_ layer: LinearOutline, after node: Int, count: Int = 1) -> Int {
    let name = layer.name.dropModule(block.name)
    // Layers of experts are known by the names of all that are alike; the first of each has the same last name and place.
    let row =
      layers.first { $0.name == name }
      ?? layers.first {
        $0.expertCount == count && DottedName($0.name).last == DottedName(name).last && $0.step.isExperts
      }
    var label = [row?.name ?? name, row?.shape ?? "[\(layer.rows), \(layer.columns)]"]
    if count > 1 { label[0] += " ×\(count)" }
    label.append(row?.change ?? "unchanged")
    let added = graph.add(row?.change == nil ? .kept : .changed, label)
    places[layer.name] = added
    graph.connect(node, added)
    return added
  }

  private mutating func addSmoothings(_ index: Int) {
    for smoothing in smoothings where smoothing.site.block == index {
      guard let producer = places[smoothing.site.producer] else { continue }
      for reader in smoothing.site.readers {
        guard let place = places[reader.name] else { continue }
        graph.connect(producer, place, stages[smoothing.stage].modifier, isSmoothing: true)
      }
    }
  }
}

extension BlockStep.Kind {
  /// Whether it is a step of an expert.
  fileprivate var isExperts: Bool {
    switch self {
    case .expertInput, .expertOutput: true
    default: false
    }
  }
}
