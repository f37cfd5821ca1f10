internal import Checkpoints
internal import Diagnostics
internal import Execution
internal import Glibc
internal import Kernels
internal import Models
internal import Planning
internal import ReportPages
internal import Vocabulary

/// Makes the page about a run of what its plan and its report say.
struct RunPageMaker: Sendable {
  let plan: Plan
  let outline: ModelOutline
  let model: String
  let recipe: SourceFile

  /// The layers whose weights are shown on their grid: those of the block in the middle.
  var histogramLayers: Set<String> {
    guard let blocks = outline.decoder?.blocks, !blocks.isEmpty else {
      return Set(plan.assignments.prefix(Self.histogramCount).map(\.layer.name))
    }
    return Set(blocks[blocks.count / 2].linears.map(\.name))
  }

  /// Histograms of a model without blocks.
  private static let histogramCount = 6

  /// The page.
  func page(_ report: RunReport, processor: Processor, seconds: Double) -> RunPage {
    var page = RunPage(
      title: title,
      model: model,
      recipe: String(decoding: recipe.bytes, as: UTF8.self),
      version: Version.current,
      inputBytes: plan.costs.inputBytes,
      outputBytes: plan.costs.outputBytes,
      seconds: seconds
    )
    page.peakMemoryBytes = Machine.peakResidentBytes
    page.facts = facts(report, processor)
    let bytes = bytesAfter
    page.layers = report.layers.map { layer($0, bytesAfter: bytes) }
    page.histograms = report.histograms.map(Self.histogram)
    page.phases = report.phases.map { RunPage.Phase($0.name, seconds: $0.seconds) }
    page.warnings = report.filesLeftOut.map { "\($0) was not copied" }
    return page
  }

  private var title: String {
    let name = model.split(separator: "/").last.map(String.init) ?? model
    let schemes = plan.groups.map { $0.preset ?? SchemeText.text($0.scheme) }
    return schemes.isEmpty ? name : "\(name) in \(schemes.joined(separator: " and "))"
  }

  private func facts(_ report: RunReport, _ processor: Processor) -> [RunPage.Fact] {
    let account = report.account
    return [
      RunPage.Fact("Stages", plan.stages.map(\.modifier).joined(separator: ", then ")),
      RunPage.Fact("Calibration", report.calibrationTokens == 0 ? "none" : "\(report.calibrationTokens) tokens"),
      RunPage.Fact("Instructions", "\(processor.level)"),
      RunPage.Fact("Threads", "\(processor.threadCount)"),
      RunPage.Fact(
        "Tensors",
        "\(account.readCount) read: \(account.copiedCount) copied, \(account.rewrittenCount) rewritten, "
          + "\(account.compressedCount) compressed, \(account.dropped.count) dropped"
      ),
    ]
  }

  /// Bytes of all tensors of each module in the output.
  private var bytesAfter: [Substring: Int] {
    plan.outputs.reduce(into: [:]) { bytes, output in
      guard output.description.suffix != "bias" else { return }
      bytes[output.description.name.dropLast(output.description.suffix.count + 1), default: 0] +=
        output.description.byteCount
    }
  }

  private func layer(_ layer: LayerReport, bytesAfter: [Substring: Int]) -> RunPage.Layer {
    let linear = plan.assignment(of: layer.name)?.layer ?? plan.pruning(of: layer.name)?.layer
    let group = layer.group.map { plan.groups[$0] }
    let (rows, columns) = (linear?.rows ?? 0, linear?.columns ?? 0)
    let block = outline.decoder?.blocks.firstIndex { layer.name.hasPrefix($0.name + ".") }
    return RunPage.Layer(
      name: layer.name,
      block: block ?? DottedName(layer.name).firstNumber,
      role: String(DottedName(layer.name).last),
      scheme: group.map { $0.preset ?? SchemeText.text($0.scheme) } ?? "pruned",
      format: (group?.format ?? .dense).rawValue,
      rows: rows,
      columns: columns,
      bytesBefore: rows * columns * outline.elementType.bitWidth / 8,
      bytesAfter: bytesAfter[layer.name[...]] ?? 0,
      relativeError: layer.relativeError,
      signalToNoise: layer.relativeError > 0 ? -20 * log10(layer.relativeError) : .infinity,
      zeroFraction: layer.zeroFraction,
      loss: layer.loss
    )
  }

  private static func histogram(_ histogram: WeightHistogram) -> RunPage.Histogram {
    RunPage.Histogram(
      layer: histogram.layer,
      bins: zip(zip(histogram.edges, histogram.edges.dropFirst()), histogram.counts).map {
        RunPage.Histogram.Bin(lower: $0.0, upper: $0.1, count: $1)
      },
      levels: histogram.levels.map { RunPage.Histogram.Level($0.value, count: $0.count) }
    )
  }
}
