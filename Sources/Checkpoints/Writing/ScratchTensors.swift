internal import Synchronization

/// Floats kept in a file between two passes over a model, so that memory does not grow with the model.
///
/// What a tensor was stays until it is replaced a second time: whoever goes on after a crash finds it as it was before the
/// work that the crash undid.
package final class ScratchTensors: Sendable {
  private let file: OpenFile
  private let state: Mutex<State>

  /// Where a tensor was put.
  package struct Place: Hashable, Sendable {
    /// Its name.
    package let name: String
    /// Its bytes, from the start of the file.
    package let range: Range<Int>

    package init(name: String, range: Range<Int>) {
      self.name = name
      self.range = range
    }
  }

  private struct State {
    var current: [String: Range<Int>] = [:]
    var former: [String: Range<Int>] = [:]
    var end = 0
    /// Places that were taken since they were last asked for.
    var taken: [Place] = []

    mutating func put(_ place: Place) {
      former[place.name] = current[place.name]
      current[place.name] = place.range
      end = max(end, place.range.upperBound)
    }
  }

  /// Opens a scratch file, or makes it.
  ///
  /// - Parameters:
  ///   - path: Where it is.
  ///   - places: What an earlier process has put into it, in that order.
  /// - Throws: The system's refusal.
  package init(_ path: String, places: [Place] = []) throws(CheckpointError) {
    file = try OpenFile.updating(path)
    var state = State()
    for place in places { state.put(place) }
    self.state = Mutex(state)
  }

  /// Keeps a tensor in place of one of the same name.
  ///
  /// - Throws: `diskFull`, or the system's refusal.
  package func keep(_ name: String, _ values: [Float]) throws(CheckpointError) {
    let count = values.count * MemoryLayout<Float>.stride
    let start = state.withLock { state in
      let room = state.former[name]
      let start = room?.count == count ? room?.lowerBound ?? state.end : state.end
      let place = Place(name: name, range: start..<start + count)
      state.put(place)
      state.taken.append(place)
      return start
    }
    try values.withUnsafeBufferPointer { (buffer) throws(CheckpointError) in
      try file.write(UnsafeRawBufferPointer(buffer), at: start)
    }
  }

  /// The tensor of a name, or nil when there is none.
  ///
  /// - Throws: The system's refusal.
  package func values(of name: String) throws(CheckpointError) -> [Float]? {
    guard let range = state.withLock({ $0.current[name] }) else { return nil }
    let bytes = try file.read(count: range.count, at: range.lowerBound)
    return bytes.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
  }

  /// Waits until everything is on the disk, and tells where what was kept since the last time is.
  ///
  /// - Throws: The system's refusal.
  package func synchronize() throws(CheckpointError) -> [Place] {
    let taken = state.withLock { state in
      defer { state.taken = [] }
      return state.taken
    }
    if !taken.isEmpty { try file.synchronize() }
    return taken
  }
}
