extension RunPage {
  /// The heading, the numbers that matter most, and what the run warned of.
  func header(_ summary: Summary) -> Markup {
    """
    <header>
    <p class="kicker">Pare \(version) · compression report</p>
    <h1>\(title)</h1>
    <p class="model">\(model)</p>
    <dl class="verdict">
    <div class="first"><dt>weights</dt><dd>\(change)</dd>\
    <dd class="more">\(Numeral.bytes(inputBytes)) → \(Numeral.bytes(outputBytes))</dd></div>
    <div><dt>layers</dt><dd>\(layers.count)</dd><dd class="more">\(schemes(summary))</dd></div>
    <div><dt>median relative error</dt><dd>\(error(summary.medianError))</dd>\
    <dd class="more">‖W − Q‖ / ‖W‖</dd></div>
    <div><dt>worst relative error</dt><dd>\(error(summary.worstLayer.map { layers[$0].relativeError }))</dd>\
    <dd class="more">\(worst(summary))</dd></div>
    <div><dt>time</dt><dd>\(Numeral.duration(seconds))</dd><dd class="more">\(longestPhase)</dd></div>
    <div><dt>peak memory</dt><dd>\(peakMemoryBytes.map(Numeral.bytes) ?? Numeral.none)</dd>\
    <dd class="more">\(memoryShare)</dd></div>
    </dl>
    </header>
    \(warningList)
    """
  }

  private var change: Markup {
    if inputBytes == outputBytes { return "same size" }
    return outputBytes < inputBytes
      ? "\(Numeral.ratio(inputBytes, outputBytes)) <small>smaller</small>"
      : "\(Numeral.ratio(outputBytes, inputBytes)) <small>larger</small>"
  }

  private func error(_ value: Double?) -> String {
    value.map { Numeral.cell($0, places: Numeral.places(for: layers.map(\.relativeError))) } ?? Numeral.none
  }

  private func schemes(_ summary: Summary) -> String {
    guard summary.schemes.count > 1 else { return summary.schemes.first?.name ?? "nothing was compressed" }
    let shown = summary.schemes.prefix(Self.mostSchemes).map { "\($0.count)\u{A0}×\u{A0}\($0.name)" }
    let rest = summary.schemes.count - shown.count
    return (shown + (rest > 0 ? ["\(rest) more schemes"] : [])).joined(separator: ", ")
  }

  private func worst(_ summary: Summary) -> Markup {
    guard let worst = summary.worstLayer else { return .empty }
    return "<a href=\"#layer-\(worst + 1)\">\(layers[worst].name)</a>"
  }

  private var longestPhase: String {
    guard let longest = phases.filter(\.seconds.isFinite).max(by: { $0.seconds < $1.seconds }), longest.seconds > 0,
      seconds > 0
    else { return "" }
    return "\(longest.name) \(Numeral.percent(longest.seconds / max(seconds, longest.seconds)))"
  }

  private var memoryShare: String {
    guard let peakMemoryBytes, inputBytes > 0 else { return "" }
    return "\(Numeral.fixed(Double(peakMemoryBytes) / Double(inputBytes), places: 2))× the input weights"
  }

  private var warningList: Markup {
    guard !warnings.isEmpty else { return .empty }
    let items: [Markup] = warnings.map { "<li>\($0)</li>\n" }
    return """
      <section class="warnings" aria-labelledby="warnings">
      <h2 id="warnings">\(warnings.count == 1 ? "1 warning" : "\(warnings.count) warnings")</h2>
      <ul>
      \(items)</ul>
      </section>

      """
  }

  /// Schemes that are counted one by one.
  private static let mostSchemes = 3
}
