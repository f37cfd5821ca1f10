/// Seconds of each phase.
struct TimeFigure: Sendable {
  private let phases: [RunPage.Phase]
  private let total: Double

  /// The figure; nil when no phase has a time.
  init?(of page: RunPage) {
    var phases = page.phases.filter { $0.seconds.isFinite && $0.seconds >= 0 }
    guard !phases.isEmpty else { return nil }
    let known = phases.reduce(0) { $0 + $1.seconds }
    total = page.seconds.isFinite ? max(page.seconds, known) : known
    // What no phase counts, such as opening the checkpoint.
    if total - known >= Self.leastRest * total, total > 0 {
      phases.append(RunPage.Phase("other", seconds: total - known))
    }
    self.phases = phases
  }

  /// The section of the page.
  var section: Markup {
    """
    <section aria-labelledby="time">
    <h2 id="time">Time in each phase</h2>
    <div class="scroll" tabindex="0" role="region" aria-labelledby="time">
    <table class="bars">
    <thead><tr><th scope="col">phase</th><th scope="col" class="n">seconds</th><th scope="col" class="n">share</th></tr>\
    </thead>
    <tbody>
    \(phases.map(row))</tbody>
    <tfoot><tr><th scope="row">all</th><td class="n">\(Numeral.fixed(total, places: places))</td>\
    <td class="n">\(total > 0 ? "100.0 %" : Numeral.none)</td></tr></tfoot>
    </table>
    </div>
    </section>

    """
  }

  private func row(of phase: RunPage.Phase) -> Markup {
    let longest = phases.map(\.seconds).max() ?? 0
    let width = longest > 0 ? Self.length * phase.seconds / longest : 0
    let isLost = phase.seconds > 0 && Numeral.fixed(phase.seconds, places: places) == Numeral.fixed(0, places: places)
    let least = "<0." + String(repeating: "0", count: places - 1) + "1"
    return """
      <tr><th scope="row"><div class="bar"><span>\(phase.name)</span>\
      <svg viewBox="0 0 1000 12" preserveAspectRatio="none" aria-hidden="true">\
      <rect class="after block" x="0" y="1" width="\(at: max(width, Self.thinnest))" height="10"/></svg></div></th>\
      <td class="n">\(isLost ? least : Numeral.fixed(phase.seconds, places: places))</td>\
      <td class="n">\(total > 0 ? Numeral.percent(phase.seconds / total) : Numeral.none)</td></tr>

      """
  }

  /// Digits behind the point, the same for all phases.
  private var places: Int { total < 10 ? 3 : total < 100 ? 2 : 1 }

  /// The longest bar, in the drawing's units.
  private static let length = 1000.0
  /// What is seen of a phase that took almost no time.
  private static let thinnest = 4.0
  /// Share of the time from which a rest is shown.
  private static let leastRest = 0.01
}
