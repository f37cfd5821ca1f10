/// What the panels of one depth figure share: axes, and the lines of all panels as a pale background.
struct DepthFrame: Sendable {
  /// What is plotted, such as `Relative error`.
  let subject: String
  /// The figure's name within the page.
  let id: String
  /// Blocks, across.
  let blocks: Axis
  /// Errors, upwards.
  let errors: Axis
  /// Digits behind the point of an error.
  let places: Int
  /// The layer with the largest error.
  let worstLayer: Int?
  /// Points of a panel beyond which it shows ranges.
  let mostMarks: Int

  static let width = 280.0
  static let height = 150.0
  /// Half the diagonal of the diamond around the worst layer.
  static let worstMark = 6.0
  private static let left = 46.0
  private static let right = 10.0
  private static let top = 10.0
  private static let bottom = 22.0

  init(subject: String, id: String, panels: [DepthPanel], mostMarks: Int) {
    self.subject = subject
    self.id = id
    self.mostMarks = mostMarks
    let points = panels.flatMap(\.points)
    let values = points.map(\.value)
    let places = panels.filter(\.isByBlock).flatMap(\.points).map(\.place)
    let range = (places.min() ?? 0)...(places.max() ?? 0)
    blocks = Axis(
      Double(range.lowerBound)...Double(range.upperBound),
      from: Self.left + 6,
      to: Self.width - Self.right,
      ticks: Ticks.whole(range, about: 5)
    )
    errors = Axis(fitting: values, from: Self.height - Self.bottom, to: Self.top, ticks: 3)
    self.places = Numeral.places(for: values)
    worstLayer = points.count > 1 ? points.max { $0.value < $1.value }?.layer : nil
  }

  /// The radius of a dot among so many.
  static func radius(of count: Int) -> Double {
    switch count {
    case ...48: 3
    case ...120: 2.2
    default: 1.5
    }
  }

  /// Grid, labels and background.
  func grid(isByBlock: Bool, horizontal: Axis) -> Markup {
    let right = Self.width - Self.right
    let base = Self.height - Self.bottom
    let lines: [Markup] = errors.ticks.map { tick in
      let y = errors.place(tick.value)
      return """
        <path class="grid" d="M\(at: Self.left) \(at: y)H\(at: right)"/>\
        <text x="\(at: Self.left - 6)" y="\(at: y + 4)" text-anchor="end">\(tick.label)</text>

        """
    }
    let axis: Markup = "<path class=\"axis\" d=\"M\(at: Self.left) \(at: base)H\(at: right)\"/>\n"
    let labels: Markup = isByBlock ? "\(blockLabels)" : orderLabel
    let context: Markup = isByBlock ? "<use href=\"#\(id)-all\" class=\"context\"/>\n" : .empty
    return "\(lines)\(axis)\(labels)\(context)"
  }

  private var blockLabels: [Markup] {
    let base = Self.height - Self.bottom
    let ticks: [Markup] = blocks.ticks.map { tick in
      let x = blocks.place(tick.value)
      return """
        <path class="axis" d="M\(at: x) \(at: base)v4"/>\
        <text x="\(at: x)" y="\(at: base + 17)" text-anchor="middle">\(tick.label)</text>

        """
    }
    return ["<text x=\"\(at: Self.left - 6)\" y=\"\(at: base + 17)\" text-anchor=\"end\">block</text>\n"] + ticks
  }

  private var orderLabel: Markup {
    "<text x=\"\(at: Self.left)\" y=\"\(at: Self.height - Self.bottom + 17)\">in model order</text>\n"
  }

  /// The lines of all panels, defined once.
  func definition(of panels: [DepthPanel]) -> Markup {
    let lines: [Markup] = panels.filter(\.isByBlock).map { path(through: $0.medians) }
    return """
      <svg class="hidden" width="0" height="0" aria-hidden="true"><defs><path id="\(id)-all" d="\(lines)"/></defs></svg>

      """
  }

  /// A line through errors by block.
  func path(through points: [(place: Int, value: Double)]) -> Markup {
    let steps: [Markup] = points.enumerated().map { index, point in
      "\(index == 0 ? "M" : "L")\(at: blocks.place(Double(point.place))) \(at: errors.place(point.value))"
    }
    return "\(steps)"
  }
}
