/// An error of each layer over the depth of the model: one small plot for each role, all on the same axes.
struct DepthFigure: Sendable {
  private let measure: Measure
  private let panels: [DepthPanel]
  private let leftOutCount: Int

  /// Which error.
  enum Measure: Sendable {
    case weights, outputs
  }

  /// The figure; nil when no layer has such an error.
  init?(_ measure: Measure, of layers: [RunPage.Layer]) {
    let points = layers.enumerated().compactMap { index, layer in
      measure.value(of: layer).map { (index: index, layer: layer, value: $0) }
    }
    guard !points.isEmpty else { return nil }
    self.measure = measure
    leftOutCount = points.count { !$0.value.isFinite }
    let hasSchemes = Set(layers.map(\.scheme)).count > 1
    var roles: [String] = []
    var byRole: [String: [DepthPanel.Point]] = [:]
    var outside: [DepthPanel.Point] = []
    // Experts share role and block, so that only the name tells them apart.
    let isShared = Self.sharedPlaces(layers)
    for (index, layer, value) in points where value.isFinite {
      let place = layer.block.flatMap { isShared.contains(Place(role: layer.role, block: $0)) ? nil : "block \($0)" }
      let label = hasSchemes ? "\(place ?? layer.name), \(layer.scheme)" : place ?? layer.name
      let point = DepthPanel.Point(place: layer.block ?? outside.count, layer: index, value: value, label: label)
      if layer.block == nil {
        outside.append(point)
      } else {
        if byRole[layer.role] == nil { roles.append(layer.role) }
        byRole[layer.role, default: []].append(point)
      }
    }
    let folded = roles.count > Self.mostPanels ? roles[(Self.mostPanels - 1)...] : []
    panels =
      roles.dropLast(folded.count).map { DepthPanel(title: $0, byRole[$0] ?? [], isByBlock: true) }
      + (folded.isEmpty
        ? []
        : [DepthPanel(title: "\(folded.count) other roles", folded.flatMap { byRole[$0] ?? [] }, isByBlock: true)])
      + (outside.isEmpty
        ? [] : [DepthPanel(title: Self.title(of: outside, roles), outside, isByBlock: false)])
  }

  /// Where a layer stands within the model.
  private struct Place: Hashable {
    let role: String
    let block: Int
  }

  /// The places of more than one layer.
  private static func sharedPlaces(_ layers: [RunPage.Layer]) -> Set<Place> {
    var seen: Set<Place> = []
    return Set(
      layers.compactMap { layer in
        guard let block = layer.block else { return nil }
        let place = Place(role: layer.role, block: block)
        return seen.insert(place).inserted ? nil : place
      }
    )
  }

  private static func title(of outside: [DepthPanel.Point], _ roles: [String]) -> String {
    if roles.isEmpty { return "all layers" }
    return outside.count == 1 ? "\(outside[0].label), outside blocks" : "outside blocks"
  }

  /// The section of the page.
  var section: Markup {
    let values = panels.flatMap(\.points).map(\.value)
    return """
      <section aria-labelledby="\(measure.id)">
      <h2 id="\(measure.id)">\(measure.heading)</h2>
      <p class="note">\(measure.explanation)\(context)\(spread)\(leftOut)</p>
      \(values.contains { $0 > 0 } ? plots : zero)</section>

      """
  }

  private var plots: Markup {
    let frame = DepthFrame(
      subject: measure.heading,
      id: measure.id,
      panels: panels,
      mostMarks: mostPanelMarks
    )
    let figures = panels.map { $0.figure(in: frame) }
    return "\(frame.definition(of: panels))<div class=\"panels\">\n\(figures)</div>\n"
  }

  private var zero: Markup {
    panels.isEmpty ? .empty : "<p>Every one of them is zero: nothing was lost.</p>\n"
  }

  private var context: String {
    panels.count { $0.isByBlock } > 1 ? " All plots have the same axes; the pale lines are the other roles." : ""
  }

  private var spread: String {
    let isSpread = panels.contains { $0.points.count > mostPanelMarks && $0.isByBlock }
    return isSpread ? " Strokes reach from the least to the largest error in a block; the line is their median." : ""
  }

  private var mostPanelMarks: Int { Self.mostMarks / max(panels.count, 1) }

  private var leftOut: String {
    guard leftOutCount > 0 else { return "" }
    return leftOutCount == 1 ? " One layer has no finite error." : " \(leftOutCount) layers have no finite error."
  }

  /// Plots of roles; more roles share the last one.
  private static let mostPanels = 12
  /// Dots on a figure, each with what it says when pointed at, about 100 bytes.
  private static let mostMarks = 4000
}

extension DepthFigure.Measure {
  fileprivate var id: String {
    switch self {
    case .weights: "weight-error"
    case .outputs: "output-error"
    }
  }

  fileprivate var heading: String {
    switch self {
    case .weights: "Relative error of the weights"
    case .outputs: "Relative error of the outputs"
    }
  }

  fileprivate var explanation: String {
    switch self {
    case .weights: "‖W − Q‖ / ‖W‖ of each layer."
    case .outputs: "‖(W − Q)·X‖ / ‖W·X‖ of each layer on the calibration data."
    }
  }

  fileprivate func value(of layer: RunPage.Layer) -> Double? {
    switch self {
    case .weights: layer.relativeError
    case .outputs: layer.outputError
    }
  }
}

extension DepthPanel {
  fileprivate init(title: String, _ points: [Point], isByBlock: Bool) {
    let ordered = points.sorted { ($0.place, $0.layer) < ($1.place, $1.layer) }
    self.init(title: title.isEmpty ? "unnamed" : title, points: ordered, isByBlock: isByBlock)
  }
}
