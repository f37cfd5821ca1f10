/// Bytes before and after: all weights, then each part of the model.
struct SizeFigure: Sendable {
  private let total: Part
  private let parts: [Part]

  /// Weights that are counted together.
  fileprivate struct Part: Hashable, Sendable {
    let name: String
    let kind: Kind
    var before = 0
    var after = 0
    var layerCount = 0
  }

  /// Which of the three tones a part has.
  fileprivate enum Kind: String, Sendable {
    case block, outside, rest
  }

  init(of page: RunPage) {
    var roles: [Part] = []
    let hasBlocks = page.layers.contains { $0.block != nil }
    var outside = Part(name: hasBlocks ? "outside blocks" : "compressed layers", kind: hasBlocks ? .outside : .block)
    for layer in page.layers {
      guard layer.block != nil else {
        outside.add(layer)
        continue
      }
      let name = layer.role.isEmpty ? "unnamed" : layer.role
      if let index = roles.firstIndex(where: { $0.name == name }) {
        roles[index].add(layer)
        continue
      }
      if roles.count == Self.mostRoles { roles.append(Part(name: "other roles", kind: .block)) }
      if roles.count < Self.mostRoles { roles.append(Part(name: name, kind: .block)) }
      roles[roles.count - 1].add(layer)
    }
    let compressed = roles + (outside.layerCount > 0 ? [outside] : [])
    let rest = Part(
      name: "not compressed",
      kind: .rest,
      before: max(0, page.inputBytes - compressed.reduce(0) { $0 + $1.before }),
      after: max(0, page.outputBytes - compressed.reduce(0) { $0 + $1.after })
    )
    parts = compressed + (rest.before + rest.after > 0 ? [rest] : [])
    total = Part(
      name: "all weights",
      kind: .block,
      before: page.inputBytes,
      after: page.outputBytes,
      layerCount: page.layers.count
    )
  }

  /// The section of the page.
  var section: Markup {
    """
    <section aria-labelledby="size">
    <h2 id="size">Size before and after</h2>
    <div class="scroll" tabindex="0" role="region" aria-labelledby="size">
    <table class="bars">
    <thead><tr><th scope="col"><span class="key before">before</span> <span class="key after">after</span></th>\
    <th scope="col" class="n">before</th><th scope="col" class="n">after</th><th scope="col" class="n">ratio</th></tr>\
    </thead>
    <tbody>
    \(row(of: total, drawn: parts))\(parts.map { row(of: $0, drawn: [$0]) })</tbody>
    </table>
    </div>
    </section>

    """
  }

  private func row(of part: Part, drawn: [Part]) -> Markup {
    let scale = Double(max(parts.reduce(0) { $0 + $1.before }, parts.reduce(0) { $0 + $1.after }, 1))
    return """
      <tr\(part == total ? " class=\"total\"" as Markup : .empty)><th scope="row"><div class="bar">\
      <span>\(part.name)\(count(part))</span>\
      <svg viewBox="0 0 1000 20" preserveAspectRatio="none" aria-hidden="true">\
      \(bar(drawn, \.before, y: 0, tone: "before", scale: scale))\(bar(drawn, \.after, y: 11, tone: "after", scale: scale))\
      </svg></div></th>\
      <td class="n">\(Numeral.bytes(part.before))</td><td class="n">\(Numeral.bytes(part.after))</td>\
      <td class="n">\(Numeral.ratio(part.before, part.after))</td></tr>

      """
  }

  private func count(_ part: Part) -> Markup {
    guard part.layerCount > 0, part != total else { return .empty }
    return " <small>\(part.layerCount) \(part.layerCount == 1 ? "layer" : "layers")</small>"
  }

  /// One bar of pieces, those of a kind joined.
  private func bar(_ parts: [Part], _ bytes: KeyPath<Part, Int>, y: Double, tone: String, scale: Double) -> Markup {
    var start = 0
    var pieces: [Markup] = []
    for kind in [Kind.block, .outside, .rest] {
      let count = parts.filter { $0.kind == kind }.reduce(0) { $0 + $1[keyPath: bytes] }
      guard count > 0 else { continue }
      let left = Self.length * Double(start) / scale
      let width = Self.length * Double(count) / scale
      let gap = start > 0 ? Self.gap : 0
      pieces.append(
        """
        <rect class="\(tone) \(kind.rawValue)" x="\(at: left + gap)" y="\(at: y)" \
        width="\(at: max(width - gap, Self.thinnest))" height="9"/>
        """
      )
      start += count
    }
    return "\(pieces)"
  }

  /// The longest bar, in the drawing's units.
  private static let length = 1000.0
  /// What is seen of a part that is almost nothing.
  private static let thinnest = 4.0
  /// Between pieces of a bar.
  private static let gap = 3.0
  /// Rows of roles; more roles share the last one.
  private static let mostRoles = 12
}

extension SizeFigure.Part {
  fileprivate mutating func add(_ layer: RunPage.Layer) {
    before += layer.bytesBefore
    after += layer.bytesAfter
    layerCount += 1
  }
}
