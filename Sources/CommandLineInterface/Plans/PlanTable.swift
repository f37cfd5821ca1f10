internal import Checkpoints
internal import Models
internal import Planning
internal import Vocabulary

/// A plan as a table for people: stages, then the model with equal blocks folded, then costs.
struct PlanTable {
  let plan: Plan
  let outline: ModelOutline
  let estimate: TimeEstimate?
  private let changes: LayerChanges
  private let rotation: RotationText?

  init(plan: Plan, outline: ModelOutline, estimate: TimeEstimate? = nil) {
    self.plan = plan
    self.outline = outline
    self.estimate = estimate
    changes = LayerChanges(plan)
    rotation = RotationText(plan)
  }

  var text: String {
    (stages + [""] + modules + [""] + parts + [""] + sizes + [""] + costs).joined(separator: "\n")
  }

  private var stages: [String] {
    let passes = plan.passes.count > 1 ? "\(plan.passes.count) sweeps" : "one sweep"
    let manner =
      if plan.passes.count > 1 {
        ", one for each kind of work"
      } else {
        plan.calibration?.propagation == .block ? "" : ", each layer run once with its final weights"
      }
    let calibration = plan.calibration.map {
      "\(passes) over \($0.samples) × \($0.sequenceLength) calibration tokens\(manner)"
    }
    var lines = ["order   \(calibration ?? "no calibration: layer by layer from the files")"]
    if plan.costs.lookAheadCount > 0 {
      lines.append("        \(plan.costs.lookAheadCount) steps run once more, to smooth what follows them")
    }
    if plan.calibration?.propagation == .block {
      lines.append("        each block run once as it was, for statistics, and once with its final weights")
    }
    if plan.prunings.contains(where: \.isOutlierWeighted) {
      lines.append("        one pass before it, to see where outliers are")
    }
    for (index, stage) in plan.stages.enumerated() {
      let what = stage.kind == .smoothing ? "places" : "modules"
      lines.append("stage \(index + 1) \(stage.kind.rawValue) · \(stage.modifier) · \(stage.moduleCount) \(what)")
      if stage.kind == .rotation { lines += (rotation?.lines ?? []).map { "        \($0)" } }
    }
    for group in plan.groups {
      lines.append(
        "        \(group.preset ?? "scheme") → \(group.format.rawValue): \(SchemeText.text(group.scheme)) · "
          + "\(group.moduleCount) modules of \(group.targets.joined(separator: ", "))"
      )
    }
    if let cache = plan.keyValueCache {
      lines.append("        key/value cache: \(SchemeText.text(cache)) · \(plan.attentions.count) attention modules")
    }
    return lines
  }

  /// One line a module outside the blocks and one a layer inside; what is alike stands once.
  private var modules: [String] {
    guard let decoder = outline.decoder else {
      let assigned = plan.assignments.map(\.layer)
      let known = Set(assigned.map(\.name))
      let rotated = plan.rotation?.changedModules(of: outline).compactMap(\.linear) ?? []
      return (assigned + rotated.filter { !known.contains($0.name) }).map { row(of: $0) }
    }
    let runs = PlannedBlocks(decoder, changes).runs
    // Two spaces before a layer of a block, and one behind.
    let width = max(Self.firstWidth, (runs.flatMap(\.layers).map(\.name.count).max() ?? 0) + 3)
    var lines = [Self.columns("module", "shape", "becomes", width: width)]
    for run in runs {
      lines.append("\(run.name)\(run.count > 1 ? "  (\(run.count) alike)" : "")")
      lines += run.layers.map {
        Self.columns("  \($0.name)", $0.shape, $0.change ?? Self.unchanged, width: width)
      }
    }
    if let head = plan.assignment(of: decoder.headName) {
      lines.append(row(of: head.layer, width: width))
    } else if let change = changes.text(of: decoder.headName) {
      lines.append(Self.columns(decoder.headName, "", change, width: width))
    } else {
      lines.append(
        Self.columns(
          decoder.headName,
          "",
          decoder.head == nil ? "tied to \(decoder.embedding)" : Self.unchanged,
          width: width
        )
      )
    }
    return lines
  }

  private static let unchanged = "unchanged"

  private func row(of layer: LinearOutline, width: Int = firstWidth) -> String {
    let change = changes.text(of: layer.name) ?? Self.unchanged
    return Self.columns(layer.name, "[\(layer.rows), \(layer.columns)]", change, width: width)
  }

  private static let firstWidth = 34

  private static func columns(_ first: String, _ second: String, _ third: String, width: Int = firstWidth) -> String {
    func padded(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(1, width - text.count))
    }
    let line = padded(first, width) + padded(second, 18) + third
    let last = line.lastIndex { $0 != " " } ?? line.startIndex
    return String(line[...last])
  }

  /// What the model is made of, and how much of it is changed.
  private var parts: [String] {
    [Self.columns("part", "modules", "parameters")]
      + plan.census.map { part in
        let changed =
          part.changedCount == 0
          ? "" : part.changedCount == part.moduleCount ? ", all changed" : ", \(part.changedCount) modules changed"
        return Self.columns(
          "  \(part.part.rawValue)",
          "\(part.moduleCount)",
          Amount.text(part.parameterCount) + changed
        )
      }
  }

  private var sizes: [String] {
    var lines = [Self.columns("tensors", "bytes", "")]
    for entry in plan.bytesByClass {
      lines.append(Self.columns("  \(entry.name)", ByteCount.text(entry.bytes), ""))
    }
    let ratio = Double(plan.costs.inputBytes) / Double(max(plan.costs.outputBytes, 1))
    lines.append(
      "total \(ByteCount.text(plan.costs.inputBytes)) → \(ByteCount.text(plan.costs.outputBytes)), "
        + "\(Decimal.text(ratio, places: 2)) times smaller"
    )
    return lines
  }

  private var costs: [String] {
    let costs = plan.costs
    var lines = ["peak memory   \(memory)"]
    let scratch = costs.scratchBytes > 0 ? " and \(ByteCount.text(costs.scratchBytes)) of scratch between sweeps" : ""
    lines.append(
      "disk          \(ByteCount.text(costs.outputBytes))\(scratch); "
        + "\(ByteCount.text(costs.readBytes)) read, \(ByteCount.text(costs.writtenBytes)) written"
    )
    let tera = 1e12
    if plan.calibration != nil {
      lines.append(
        "operations    \(Decimal.text(costs.operations / tera, places: 3)) TFLOP: "
          + "forward \(Decimal.text(costs.forwardOperations / tera, places: 3)) (\(costs.productCount) products), "
          + "second moments \(Decimal.text(costs.momentOperations / tera, places: 3)), "
          + "quantization \(Decimal.text(costs.quantizationOperations / tera, places: 3))"
      )
    }
    if let estimate { lines += estimate.lines }
    for parallelism in plan.tensorParallel { lines += TensorParallelText(parallelism, plan).lines }
    return lines
  }
}

extension PlanTable {
  fileprivate var memory: String {
    let memory = plan.costs.memory
    guard memory.activations > 0 else { return "at most \(ByteCount.text(memory.peak))" }
    return "\(ByteCount.text(memory.peak)), or \(ByteCount.text(memory.leastPeak)) with "
      + "\(ByteCount.text(memory.activations)) of activations in scratch files"
  }
}

/// Schemes in words.
enum SchemeText {
  /// How a layer's codes are found, such as `W4A16 · gptq, block 128, dampening 0.01`.
  static func text(_ assignment: Assignment, of plan: Plan) -> String {
    let group = plan.groups[assignment.group]
    let method =
      switch assignment.method {
      case .roundToNearest: "round to nearest"
      case .gptq(let parameters):
        "gptq, block \(parameters.blockSize), dampening \(parameters.dampeningFraction)"
          + (assignment.arguments.activationOrder == .static ? ", by activation" : "")
      case .autoRound(let parameters): "autoround, \(parameters.stepCount) steps"
      }
    return "\(group.preset ?? text(group.scheme)) · \(method)"
  }

  /// What happens to weights and activations, such as `int4 symmetric, groups of 128`.
  static func text(_ scheme: QuantizationScheme) -> String {
    var parts: [String] = []
    if let weights = scheme.weights { parts.append("weights " + text(weights)) }
    if let inputs = scheme.inputActivations { parts.append("inputs " + text(inputs)) }
    if let outputs = scheme.outputActivations { parts.append("outputs " + text(outputs)) }
    return parts.joined(separator: ", ")
  }

  /// What happens to one tensor, such as `int4 (groups of 128)`.
  static func text(_ arguments: QuantizationArguments) -> String {
    let kind = "\(arguments.numberKind.rawValue)\(arguments.bitWidth)"
    let reach =
      switch arguments.strategy {
      case .tensor: "one scale a tensor"
      case .channel: "one scale a channel"
      case .group, .tensorGroup: "groups of \(arguments.groupSize ?? 0)"
      case .block: "blocks"
      case .token: "one scale a token"
      case .attentionHead: "one scale a head"
      }
    let time = arguments.dynamic == .off ? "" : " at run time"
    return "\(kind)\(arguments.isSymmetric ? "" : " asymmetric") (\(reach)\(time))"
  }
}

/// Pruning in words.
enum PruningText {
  /// What happens to a layer, such as `sparsegpt 2:4`.
  static func text(_ pruning: PlannedPruning) -> String {
    let name =
      switch pruning.method {
      case .sparseGPT: "sparsegpt"
      case .wanda: "wanda"
      case .magnitude: "magnitude"
      case .constant: "zeros kept"
      case .reap: "reap"
      }
    if pruning.method == .constant { return name }
    guard pruning.structure == .unstructured else { return "\(name) \(structure(pruning.structure))" }
    guard let fraction = fraction(pruning) else { return "\(name), sparsity by outliers" }
    return "\(name) \(Decimal.text(100 * fraction, places: 0)) %"
  }

  /// How zeros are arranged, as recipes write it.
  static func structure(_ structure: MaskStructure) -> String {
    switch structure {
    case .unstructured: "unstructured"
    case .nOfM(let zeros, let size): "\(zeros):\(size)"
    }
  }

  /// The share of zeros, where it is known before the run.
  static func fraction(_ pruning: PlannedPruning) -> Double? {
    if case .fraction(let fraction) = pruning.sparsity { fraction } else { nil }
  }
}
