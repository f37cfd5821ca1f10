internal import Glibc
internal import Synchronization

/// Floats kept in a file between two passes over a model, so that memory does not grow with the model.
///
/// The file has no name: it is gone when its owner is, whatever happens.
package final class ScratchTensors: Sendable {
  private let file: OpenFile
  private let places = Mutex(Places())

  private struct Places {
    var ranges: [String: Range<Int>] = [:]
    var end = 0
  }

  /// Makes an empty scratch file.
  ///
  /// - Parameter folder: Where its disk space is taken.
  /// - Throws: The system's refusal.
  package init(in folder: String) throws(CheckpointError) {
    file = try OpenFile.scratch(Folder.path(of: ".scratch", in: folder))
  }

  /// Keeps a tensor; one of the same name is replaced.
  ///
  /// - Throws: `diskFull`, or the system's refusal.
  package func keep(_ name: String, _ values: [Float]) throws(CheckpointError) {
    let count = values.count * MemoryLayout<Float>.stride
    let start = places.withLock { places in
      let known = places.ranges[name]
      let start = known?.count == count ? known?.lowerBound ?? places.end : places.end
      places.ranges[name] = start..<start + count
      places.end = max(places.end, start + count)
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
    guard let range = places.withLock({ $0.ranges[name] }) else { return nil }
    let bytes = try file.read(count: range.count, at: range.lowerBound)
    return bytes.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
  }
}
