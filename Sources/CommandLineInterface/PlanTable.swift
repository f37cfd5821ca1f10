internal import Checkpoints
internal import Models
internal import Planning
internal import Vocabulary

/// A plan as a table for people: stages, then the model with equal blocks folded, then costs.
struct PlanTable {
  let plan: Plan
  let outline: ModelOutline

  var text: String {
    (stages + [""] + modules + [""] + sizes + [""] + costs).joined(separator: "\n")
  }

  private var stages: [String] {
    let calibration = plan.calibration.map {
      "one sweep over \($0.samples) × \($0.sequenceLength) calibration tokens, each layer run once with its final weights"
    }
    var lines = ["order   \(calibration ?? "no calibration: layer by layer from the files")"]
    for (index, stage) in plan.stages.enumerated() {
      lines.append("stage \(index + 1) quantization · \(stage.modifier) · \(stage.moduleCount) modules")
    }
    for group in plan.groups {
      lines.append(
        "        \(group.preset ?? "scheme") → \(group.format.rawValue): \(SchemeText.text(group.scheme)) · "
          + "\(group.moduleCount) modules of \(group.targets.joined(separator: ", "))"
      )
    }
    return lines
  }

  /// One line a module outside the blocks and one a layer inside; equal blocks in a row stand once.
  private var modules: [String] {
    guard let decoder = outline.decoder else { return plan.assignments.map { row(of: $0.layer, name: $0.layer.name) } }
    var lines = [Self.columns("module", "shape", "becomes")]
    var start = 0
    let shapes = decoder.blocks.map { block in block.linears.map { row(of: $0, name: $0.name.dropBlock(block.name)) } }
    while start < shapes.count {
      var end = start
      while end + 1 < shapes.count, shapes[end + 1] == shapes[start] { end += 1 }
      let count = end > start ? "…\(decoder.blocks[end].name.split(separator: ".").last ?? "")" : ""
      lines.append("\(decoder.blocks[start].name)\(count)\(end > start ? "  (\(end - start + 1) alike)" : "")")
      lines += shapes[start].map { "  " + $0 }
      start = end + 1
    }
    if let head = plan.assignment(of: decoder.headName) {
      lines.append(row(of: head.layer, name: decoder.headName))
    } else {
      let tied = decoder.head == nil ? "tied to \(decoder.embedding)" : "unchanged"
      lines.append(Self.columns(decoder.headName, "", tied))
    }
    return lines
  }

  private func row(of layer: LinearOutline, name: String) -> String {
    guard let assignment = plan.assignment(of: layer.name) else {
      return Self.columns(name, "[\(layer.rows), \(layer.columns)]", "unchanged")
    }
    let group = plan.groups[assignment.group]
    let method =
      switch assignment.method {
      case .roundToNearest: "round to nearest"
      case .gptq(let parameters):
        "gptq, block \(parameters.blockSize), dampening \(parameters.dampeningFraction)"
          + (assignment.arguments.activationOrder == .static ? ", by activation" : "")
      case .autoRound(let parameters): "autoround, \(parameters.stepCount) steps"
      }
    return Self.columns(
      name,
      "[\(layer.rows), \(layer.columns)]",
      "\(group.preset ?? SchemeText.text(group.scheme)) · \(method)"
    )
  }

  private static func columns(_ first: String, _ second: String, _ third: String) -> String {
    func padded(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(1, width - text.count))
    }
    let line = padded(first, 32) + padded(second, 18) + third
    let last = line.lastIndex { $0 != " " } ?? line.startIndex
    return String(line[...last])
  }

  private var sizes: [String] {
    var lines = [Self.columns("tensors", "bytes", "")]
    for entry in plan.bytesByClass {
      lines.append("  " + Self.columns(entry.name, ByteCount.text(entry.bytes), ""))
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
    var lines = ["peak memory   \(ByteCount.text(costs.peakMemory)) beside mapped weights"]
    let tera = 1e12
    if plan.calibration != nil {
      lines.append(
        "operations    \(Decimal.text(costs.operations / tera, places: 3)) TFLOP: "
          + "forward \(Decimal.text(costs.forwardOperations / tera, places: 3)) (\(costs.productCount) products), "
          + "second moments \(Decimal.text(costs.momentOperations / tera, places: 3)), "
          + "quantization \(Decimal.text(costs.quantizationOperations / tera, places: 3))"
      )
    }
    return lines
  }
}

extension String {
  /// A module's name relative to its block.
  fileprivate func dropBlock(_ block: String) -> String {
    hasPrefix(block + ".") ? String(dropFirst(block.count + 1)) : self
  }
}

/// Schemes in words.
enum SchemeText {
  /// What happens to weights and activations, such as `int4 symmetric, groups of 128`.
  static func text(_ scheme: QuantizationScheme) -> String {
    var parts: [String] = []
    if let weights = scheme.weights { parts.append("weights " + text(weights)) }
    if let inputs = scheme.inputActivations { parts.append("inputs " + text(inputs)) }
    return parts.joined(separator: ", ")
  }

  private static func text(_ arguments: QuantizationArguments) -> String {
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
