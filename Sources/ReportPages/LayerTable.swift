/// All layers with all their numbers.
struct LayerTable: Sendable {
  private let layers: [RunPage.Layer]
  private let columns: [Column]
  /// The scheme and the format that all layers have, said once instead of in each row.
  private let shared: (scheme: String?, format: String?)

  /// A column after the name.
  private struct Column: Sendable {
    let title: Markup
    let isNumeric: Bool
    let cell: @Sendable (RunPage.Layer) -> String
    /// The share of the column's largest number, drawn behind it; nil for none.
    var share: (@Sendable (RunPage.Layer) -> Double?)?
  }

  init(of layers: [RunPage.Layer]) {
    self.layers = layers
    shared = (Self.common(layers.map(\.scheme)), Self.common(layers.map(\.format)))
    let unit = Self.unit(for: layers)
    var columns = [
      Column(title: "rows", isNumeric: true) { "\($0.rows)" },
      Column(title: "columns", isNumeric: true) { "\($0.columns)" },
      Column(title: "before <small>\(unit.name)</small>", isNumeric: true) { Self.amount($0.bytesBefore, in: unit) },
      Column(title: "after <small>\(unit.name)</small>", isNumeric: true) { Self.amount($0.bytesAfter, in: unit) },
      Self.error("relative error", of: layers) { $0.relativeError },
      Column(title: "SNR <small>dB</small>", isNumeric: true) { Numeral.fixed($0.signalToNoise, places: 1) },
      Column(title: "zeros <small>%</small>", isNumeric: true) { Numeral.fixed(100 * $0.zeroFraction, places: 1) },
    ]
    if layers.contains(where: { $0.loss != nil }) {
      columns.append(
        Column(title: "GPTQ loss", isNumeric: true) { layer in
          layer.loss.map { Numeral.significant($0, digits: 4) } ?? Numeral.none
        }
      )
    }
    if layers.contains(where: { $0.outputError != nil }) {
      columns.append(Self.error("output error", of: layers) { $0.outputError })
    }
    self.columns =
      (shared.scheme == nil ? [Column(title: "scheme", isNumeric: false) { $0.scheme }] : [])
      + (shared.format == nil ? [Column(title: "format", isNumeric: false) { $0.format }] : []) + columns
  }

  /// The section of the page.
  var section: Markup {
    """
    <section aria-labelledby="layers">
    <h2 id="layers">All layers</h2>
    \(layers.isEmpty ? nothing : note)\(layers.isEmpty ? .empty : table)</section>

    """
  }

  private var nothing: Markup { "<p>No layer was compressed.</p>\n" }

  private var note: Markup {
    let words = [shared.scheme.map { "scheme \($0)" }, shared.format.map { "format \($0)" }].compactMap(\.self)
    return words.isEmpty ? .empty : "<p class=\"note\">All have \(words.joined(separator: " and ")).</p>\n"
  }

  private static func common(_ values: [String]) -> String? {
    guard let first = values.first, values.allSatisfy({ $0 == first }) else { return nil }
    return first
  }

  private var table: Markup {
    let headings: [Markup] = columns.map { "<th scope=\"col\"\(className($0))>\($0.title)</th>" }
    return """
      <div class="scroll tall" tabindex="0" role="region" aria-labelledby="layers">
      <table class="layers" id="layer-table">
      <thead><tr><th scope="col" class="n">#</th><th scope="col">layer</th>\(headings)</tr></thead>
      <tbody>
      \(layers.indices.map(row))</tbody>
      </table>
      </div>

      """
  }

  private func row(_ index: Int) -> Markup {
    let layer = layers[index]
    let isLong: Markup = layer.name.utf8.count > Self.longName ? " class=\"long\"" : .empty
    let cells: [Markup] = columns.map { column in
      guard let share = column.share?(layer), share > 0 else {
        return "<td\(className(column))>\(column.cell(layer))</td>"
      }
      return "<td class=\"n e\" style=\"--v:\(Int((100 * share).rounded()))\">\(column.cell(layer))</td>"
    }
    return """
      <tr id="layer-\(index + 1)"><td class="n">\(index + 1)</td><th scope="row"\(isLong)>\(layer.name)</th>\(cells)</tr>

      """
  }

  /// Names with more bytes are broken into lines.
  private static let longName = 64

  private func className(_ column: Column) -> Markup { column.isNumeric ? " class=\"n\"" : .empty }

  private static func error(
    _ title: Markup,
    of layers: [RunPage.Layer],
    value: @escaping @Sendable (RunPage.Layer) -> Double?
  ) -> Column {
    let values = layers.compactMap(value).filter(\.isFinite)
    let places = Numeral.places(for: values)
    let largest = values.max() ?? 0
    return Column(
      title: title,
      isNumeric: true,
      cell: { layer in value(layer).map { Numeral.cell($0, places: places) } ?? Numeral.none },
      share: { layer in
        guard let value = value(layer), value.isFinite, largest > 0 else { return nil }
        return value / largest
      }
    )
  }

  /// One unit for all rows, in which the smallest layer still has digits.
  private static func unit(for layers: [RunPage.Layer]) -> ByteUnit {
    let middle = layers.map(\.bytesBefore).sorted()
    return ByteUnit.fitting(middle.isEmpty ? 0 : middle[middle.count / 2])
  }

  private static func amount(_ bytes: Int, in unit: ByteUnit) -> String {
    unit == .bytes ? "\(bytes)" : Numeral.fixed(unit.amount(of: bytes), places: 2)
  }
}
