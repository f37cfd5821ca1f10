/// The weights of some layers and the grid that they were rounded to.
struct HistogramFigure: Sendable {
  private let histograms: [RunPage.Histogram]

  /// The figure; nil when no histogram has a weight to show.
  init?(of histograms: [RunPage.Histogram]) {
    self.histograms = histograms.filter { histogram in
      histogram.bins.contains { $0.isSound && $0.count > 0 }
    }
    if self.histograms.isEmpty { return nil }
  }

  /// The section of the page.
  var section: Markup {
    """
    <section aria-labelledby="weights">
    <h2 id="weights">Weights and their grid</h2>
    <p class="note"><span class="key area">Area</span>: dense weights divided by the scale. \
    <span class="key spike">Spikes</span>: quantized weights. Ticks below the line: the grid. Heights are densities.</p>
    <div class="panels">
    \(histograms.map(HistogramPanel.init).map(\.figure))</div>
    </section>

    """
  }
}

/// One layer's weights.
private struct HistogramPanel {
  private let layer: String
  private let bins: [RunPage.Histogram.Bin]
  private let levels: [RunPage.Histogram.Level]
  private let axis: Axis
  private let density: Axis

  private static let width = 280.0
  private static let height = 150.0
  private static let margin = 8.0
  private static let base = 118.0
  private static let gridEnd = 126.0
  /// Levels that each say their count when pointed at.
  private static let mostTitles = 64

  init(_ histogram: RunPage.Histogram) {
    layer = histogram.layer
    bins = histogram.bins.filter(\.isSound)
    levels = histogram.levels.filter(\.value.isFinite)
    let low = min(bins.map(\.lower).min() ?? 0, levels.map(\.value).min() ?? .infinity)
    let high = max(bins.map(\.upper).max() ?? 1, levels.map(\.value).max() ?? -.infinity)
    let range = low...max(low, high)
    axis = Axis(range, from: Self.margin, to: Self.width - Self.margin, ticks: Ticks.linear(range, about: 6))
    let densities = Self.densities(bins).map(\.height) + Self.densities(levels).map(\.height)
    density = Axis(0...max(densities.max() ?? 1, .leastNormalMagnitude), from: Self.base, to: 8, ticks: [])
  }

  var figure: Markup {
    let weightCount = bins.reduce(0) { $0 + $1.count }
    return """
      <figure class="panel">
      <figcaption><b>\(layer)</b><span class="readout">\(levels.count) levels</span></figcaption>
      <svg viewBox="0 0 \(at: Self.width) \(at: Self.height)" role="img" class="histogram" \
      aria-label="Weights of \(layer) and their grid: \(weightCount) weights, \(levels.count) levels">
      \(labels)<path class="area" d="\(area)"/>
      <path class="axis" d="M\(at: Self.margin) \(at: Self.base)H\(at: Self.width - Self.margin)"/>
      <path class="ticks" d="\(grid)"/>
      \(spikes)</svg>
      </figure>

      """
  }

  private var labels: [Markup] {
    axis.ticks.map { tick in
      let x = axis.place(tick.value)
      return """
        <text x="\(at: x)" y="\(at: Self.height - 8)" text-anchor="middle">\(tick.label)</text>

        """
    }
  }

  private var area: Markup {
    let bars = Self.densities(bins)
    guard let first = bars.first, let last = bars.last else { return .empty }
    let steps: [Markup] = bars.map { bar in
      "H\(at: axis.place(bar.lower))V\(at: density.place(bar.height))H\(at: axis.place(bar.upper))"
    }
    return "M\(at: axis.place(first.lower)) \(at: Self.base)\(steps)H\(at: axis.place(last.upper))V\(at: Self.base)Z"
  }

  private var grid: Markup {
    let ticks: [Markup] = levels.map { "M\(at: axis.place($0.value)) \(at: Self.base)V\(at: Self.gridEnd)" }
    return "\(ticks)"
  }

  /// The quantized weights at each level; where the levels are many, one stroke path without counts.
  private var spikes: Markup {
    let bars = Self.densities(levels)
    let total = Double(max(levels.reduce(0) { $0 + $1.count }, 1))
    let isFine = levels.count > Self.mostTitles
    let strokes: [Markup] = zip(levels, bars).compactMap { level, bar in
      guard level.count > 0 else { return nil }
      let (x, y) = (axis.place(level.value), density.place(bar.height))
      if isFine { return "M\(at: x) \(at: Self.base)V\(at: y)" }
      let count = level.count == 1 ? "1 weight" : "\(level.count) weights"
      let share = Numeral.percent(Double(level.count) / total)
      return """
        <g><path class="spike" d="M\(at: x) \(at: Self.base)V\(at: y)"/><circle cx="\(at: x)" cy="\(at: y)" r="2.5">\
        <title>level \(Numeral.short(level.value)): \(count), \(share)</title></circle></g>

        """
    }
    return isFine ? "<path class=\"spike fine\" d=\"\(strokes)\"/>\n" : "\(strokes)"
  }

  /// A piece of a density, which all together have the area 1.
  private struct Bar {
    let lower: Double
    let upper: Double
    let height: Double
  }

  private static func densities(_ bins: [RunPage.Histogram.Bin]) -> [Bar] {
    let total = Double(max(bins.reduce(0) { $0 + $1.count }, 1))
    return bins.map { bin in
      Bar(lower: bin.lower, upper: bin.upper, height: Double(bin.count) / total / (bin.upper - bin.lower))
    }
  }

  /// Each level stands for what is nearest to it.
  private static func densities(_ levels: [RunPage.Histogram.Level]) -> [Bar] {
    let total = Double(max(levels.reduce(0) { $0 + $1.count }, 1))
    return levels.indices.map { index in
      let value = levels[index].value
      let below = index > 0 ? value - levels[index - 1].value : nil
      let above = index + 1 < levels.count ? levels[index + 1].value - value : nil
      let (left, right) = (below ?? above ?? 1, above ?? below ?? 1)
      let width = (left + right) / 2
      return Bar(
        lower: value - left / 2,
        upper: value + right / 2,
        height: width > 0 ? Double(levels[index].count) / total / width : 0
      )
    }
  }
}

extension RunPage.Histogram.Bin {
  /// Whether there is something between the edges.
  fileprivate var isSound: Bool { lower.isFinite && upper.isFinite && lower < upper && count >= 0 }
}
