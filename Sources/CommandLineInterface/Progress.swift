internal import Synchronization

/// One line that tells how far long work has come: written over itself on a terminal, a plain line now and then elsewhere.
final class Progress: Sendable {
  private let console: Console
  private let label: String
  private let unit: Unit
  private let started = ContinuousClock.now
  private let lastShown = Mutex<(instant: ContinuousClock.Instant, isOpen: Bool)>((.now, false))

  /// What parts are counted in.
  enum Unit {
    case parts
    case bytes

    fileprivate func text(_ count: Double) -> String {
      switch self {
      case .parts: Decimal.text(count, places: 1)
      case .bytes: ByteCount.text(Int(count))
      }
    }

    fileprivate func text(_ done: Int, of total: Int) -> String {
      switch self {
      case .parts: "\(done)/\(total)"
      case .bytes: "\(ByteCount.text(done)) of \(ByteCount.text(total))"
      }
    }
  }

  init(_ label: String, unit: Unit = .parts, console: Console) {
    self.label = label
    self.unit = unit
    self.console = console
  }

  private static let terminalPause = Duration.milliseconds(100)
  private static let plainPause = Duration.seconds(10)

  /// Tells that `done` of `total` parts are done, the last being `detail`; the `initial` ones cost no time here.
  func show(_ done: Int, of total: Int, beginningWith initial: Int = 0, detail: String) {
    let now = ContinuousClock.now
    lastShown.withLock { last in
      let pause = console.rewritesLines ? Self.terminalPause : Self.plainPause
      guard now - last.instant >= pause || done == total else { return }
      last.instant = now
      let elapsed = (now - started) / .seconds(1)
      let own = Double(done - initial)
      let rest = own > 0 ? elapsed / own * Double(total - done) : 0
      let rate = elapsed > 0 ? max(own, 0) / elapsed : 0
      let text =
        "\(label) \(unit.text(done, of: total))  \(detail)  \(unit.text(rate))/s  \(Decimal.text(rest, places: 0)) s left"
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
