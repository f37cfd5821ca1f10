internal import Synchronization

/// One line that tells how far long work has come: written over itself on a terminal, a plain line now and then elsewhere.
final class Progress: Sendable {
  private let console: Console
  private let label: String
  private let started = ContinuousClock.now
  private let lastShown = Mutex<(instant: ContinuousClock.Instant, isOpen: Bool)>((.now, false))

  init(_ label: String, console: Console) {
    self.label = label
    self.console = console
  }

  private static let terminalPause = Duration.milliseconds(100)
  private static let plainPause = Duration.seconds(10)

  /// Tells that `done` of `total` parts are done, the last being `detail`.
  func show(_ done: Int, of total: Int, detail: String) {
    let now = ContinuousClock.now
    lastShown.withLock { last in
      let pause = console.rewritesLines ? Self.terminalPause : Self.plainPause
      guard now - last.instant >= pause || done == total else { return }
      last.instant = now
      let elapsed = (now - started) / .seconds(1)
      let rest = done > 0 ? elapsed / Double(done) * Double(total - done) : 0
      let rate = elapsed > 0 ? Double(done) / elapsed : 0
      let text =
        "\(label) \(done)/\(total)  \(detail)  \(Decimal.text(rate, places: 1))/s  \(Decimal.text(rest, places: 0)) s left"
      if console.rewritesLines {
        console.tell("\r\u{1B}[2K" + text)
        last.isOpen = true
      } else {
        console.tell(text + "\n")
      }
    }
  }

  /// Ends the line, so that other text can follow.
  func end() {
    lastShown.withLock { last in
      if last.isOpen { console.tell("\r\u{1B}[2K") }
      last.isOpen = false
    }
  }
}
