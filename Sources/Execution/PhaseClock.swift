/// Measures the phases of a run, one after the other.
final class PhaseClock {
  private let clock = ContinuousClock()
  private var open: (name: String, since: ContinuousClock.Instant)?
  private var durations: [(name: String, duration: Duration)] = []

  /// Ends the open phase and starts one; time spent under one name adds up.
  func start(_ name: String) {
    close()
    open = (name, clock.now)
  }

  /// The phases so far, the open one included.
  var phases: [RunReport.Phase] {
    close()
    return durations.map { RunReport.Phase(name: $0.name, seconds: $0.duration / .seconds(1)) }
  }

  private func close() {
    guard let open else { return }
    let duration = clock.now - open.since
    if let index = durations.firstIndex(where: { $0.name == open.name }) {
      durations[index].duration += duration
    } else {
      durations.append((open.name, duration))
    }
    self.open = nil
  }
}
