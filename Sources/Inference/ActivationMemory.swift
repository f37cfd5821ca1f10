package import Checkpoints
package import Kernels
internal import Synchronization

/// Where what is kept of all calibration tokens lies: in memory, or in files of which only what is worked on is resident.
///
/// Either way the numbers are the same bit for bit.
package final class ActivationMemory: Sendable {
  private let folder: String?
  private let mappings = Mutex<[ScratchMapping]>([])

  /// Makes a place.
  ///
  /// - Parameter folder: The folder in which files without a name are made; nil for memory.
  package init(inFilesOf folder: String? = nil) {
    self.folder = folder
  }

  /// Makes a buffer whose floats are to be written before they are read.
  ///
  /// - Throws: `diskFull`, or the system's refusal.
  package func buffer(count: Int) throws(CheckpointError) -> FloatBuffer {
    guard let folder, count > 0 else { return FloatBuffer(count: count) }
    let mapping = try ScratchMapping(byteCount: count * MemoryLayout<Float>.stride, in: folder)
    mappings.withLock { $0.append(mapping) }
    return FloatBuffer(mapping.start.assumingMemoryBound(to: Float.self), count: count, ownedBy: mapping)
  }

  /// Lets the pages of all buffers go that lie in files; what lies in memory stays.
  package func release() {
    for mapping in mappings.withLock({ $0 }) { mapping.release() }
  }
}
