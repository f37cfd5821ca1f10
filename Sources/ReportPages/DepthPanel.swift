/// The errors of one role, one small plot among others with the same axes.
struct DepthPanel: Sendable {
  /// The role, or what stands for one.
  let title: String
  /// In order of place.
  let points: [Point]
  /// Whether places are blocks; else they only count.
  let isByBlock: Bool

  /// A layer's error.
  struct Point: Hashable, Sendable {
    /// The block, or the place in model order.
    let place: Int
    /// The layer's place on the page.
    let layer: Int
    /// Its error, finite.
    let value: Double
    /// What it is called when pointed at.
    let label: String
  }

  /// The points' middle at each place; one number for each place, in order.
  var medians: [(place: Int, value: Double)] {
    var medians: [(place: Int, value: Double)] = []
    var start = points.startIndex
    while start < points.endIndex {
      let place = points[start].place
      let end = points[start...].firstIndex { $0.place != place } ?? points.endIndex
      medians.append((place, Summary.median(points[start..<end].map(\.value)) ?? 0))
      start = end
    }
    return medians
  }

  /// The panel's drawing and caption.
  func figure(in frame: DepthFrame) -> Markup {
    let values = points.map(\.value)
    let (low, high) = (values.min() ?? 0, values.max() ?? 0)
    let shown = Numeral.cell(low, places: frame.places)
    let top = Numeral.cell(high, places: frame.places)
    let span = low == high ? shown : "\(shown) to \(top)"
    return """
      <figure class="panel">
      <figcaption><b>\(title)</b><span class="readout">\(span)</span></figcaption>
      <svg viewBox="0 0 \(at: DepthFrame.width) \(at: DepthFrame.height)" role="img" class="depth" \
      aria-label="\(frame.subject) of \(title), \(points.count) \(points.count == 1 ? "layer" : "layers"): \(span)">
      \(frame.grid(isByBlock: isByBlock, horizontal: horizontal(in: frame)))\(ranges(in: frame))\(line(in: frame))\
      \(marks(in: frame))\(worst(in: frame))</svg>
      </figure>

      """
  }

  private func horizontal(in frame: DepthFrame) -> Axis {
    isByBlock
      ? frame.blocks
      : Axis(
        0...Double(max((points.last?.place ?? 0), 1)),
        from: frame.blocks.places.start,
        to: frame.blocks.places.end,
        ticks: []
      )
  }

  /// The line through the medians; only where places are blocks.
  private func line(in frame: DepthFrame) -> Markup {
    guard isByBlock, points.count > 1 else { return .empty }
    return "<path class=\"own\" d=\"\(frame.path(through: medians))\"/>\n"
  }

  private func marks(in frame: DepthFrame) -> Markup {
    let axis = horizontal(in: frame)
    guard points.count <= frame.mostMarks else { return .empty }
    let radius = DepthFrame.radius(of: points.count)
    let circles: [Markup] = points.map { point in
      let (x, y) = (axis.place(Double(point.place)), frame.errors.place(point.value))
      let value = Numeral.cell(point.value, places: frame.places)
      return """
        <circle cx="\(at: x)" cy="\(at: y)" r="\(at: radius)"><title>\(point.label): \(value)</title></circle>

        """
    }
    return "\(circles)"
  }

  /// A stroke from the least to the largest error at each place, where dots would be too many.
  private func ranges(in frame: DepthFrame) -> Markup {
    guard points.count > frame.mostMarks else { return .empty }
    let axis = horizontal(in: frame)
    let strokes: [Markup] = Dictionary(grouping: points, by: \.place).sorted { $0.key < $1.key }.map { place, points in
      let values = points.map(\.value)
      let ends = (frame.errors.place(values.min() ?? 0), frame.errors.place(values.max() ?? 0))
      return "M\(at: axis.place(Double(place))) \(at: ends.0)V\(at: ends.1)"
    }
    return "<path class=\"range\" d=\"\(strokes)\"/>\n"
  }

  /// The worst layer of all, where it is in this panel.
  private func worst(in frame: DepthFrame) -> Markup {
    guard let point = points.first(where: { $0.layer == frame.worstLayer }) else { return .empty }
    let x = horizontal(in: frame).place(Double(point.place))
    let y = frame.errors.place(point.value)
    let size = DepthFrame.worstMark
    let isRight = x > DepthFrame.width / 2
    return """
      <path class="worst" d="M\(at: x) \(at: y - size)L\(at: x + size) \(at: y)L\(at: x) \(at: y + size)L\
      \(at: x - size) \(at: y)Z"/>
      <text class="strong" x="\(at: isRight ? x - size - 4 : x + size + 4)" y="\(at: max(y - 3, 9))" \
      text-anchor="\(isRight ? "end" : "start")">worst \(Numeral.cell(point.value, places: frame.places))</text>

      """
  }
}
