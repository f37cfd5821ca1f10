internal import Dispatch
internal import Glibc
internal import Synchronization

/// Watches for SIGINT and SIGTERM while work goes on that must be ended in good order.
///
/// The first signal sets a flag that the work asks for; a second one ends the process at once.
final class Interruption {
  /// Whether a signal has come.
  final class Flag: Sendable {
    private let value = Atomic(false)

    var isSet: Bool { value.load(ordering: .relaxed) }

    fileprivate func set() { value.store(true, ordering: .relaxed) }
  }

  let flag = Flag()
  private static let numbers = [SIGINT, SIGTERM]
  private var sources: [any DispatchSourceSignal] = []

  init() {
    let queue = DispatchQueue(label: "signals")
    for number in Self.numbers {
      // A source hears of signals only where their usual effect is off.
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler { [flag] in
        flag.set()
        signal(number, SIG_DFL)
      }
      source.resume()
      sources.append(source)
    }
  }

  /// Lets signals have their usual effect again.
  func end() {
    for source in sources { source.cancel() }
    sources = []
    for number in Self.numbers { signal(number, SIG_DFL) }
  }
}
