import Kernels
import Vocabulary

/// A kernel at one size.
struct Workload {
  /// What the kernel does.
  let kernel: String
  /// Its shape, or how many elements it passes over.
  let size: String
  /// What holds it back on any machine.
  let limit: Limit
  /// What it computes products of.
  let products: ProductType
  /// Takes the memory that the kernel works on; the job keeps it.
  let makeJob: (Processor) -> Job
}

/// What a kernel is held against.
enum Limit {
  /// Multiply-adds in registers.
  case arithmetic
  /// A plain copy of as many bytes, in so many passes.
  case memory(passes: Int)
}

/// Work that can be done again and again on the same memory.
struct Job {
  /// Floating-point operations, or bytes read and written, of one run.
  let amount: Double
  /// Does it once; numbers neither overflow nor vanish when it is done again.
  let run: () -> Void
}

/// Memory for a job, filled once.
final class Block<Element: BitwiseCopyable> {
  /// Elements.
  let count: Int
  /// The first element.
  let start: UnsafeMutablePointer<Element>

  /// Makes room for so many elements and fills it.
  init(_ count: Int, _ element: (Int) -> Element) {
    self.count = count
    start = .allocate(capacity: count)
    for index in 0..<count { start[index] = element(index) }
  }

  deinit { start.deallocate() }

  /// All elements.
  var elements: UnsafeBufferPointer<Element> { UnsafeBufferPointer(start: start, count: count) }

  /// Some of the elements.
  subscript(range: Range<Int>) -> UnsafeBufferPointer<Element> {
    UnsafeBufferPointer(rebasing: elements[range])
  }
}

extension Block<Float> {
  /// Makes room for so many numbers and fills it with noise.
  convenience init(noise count: Int) { self.init(count, Noise.float) }
}

/// Activations as layers read them, which live as long as it does.
final class LayerRows {
  /// The rows.
  let input: LayerInput
  private let words: FloatBuffer

  /// Makes rows of noise.
  init(noise tokens: Int, _ columns: Int, _ type: ProductType, on processor: Processor) {
    words = FloatBuffer(count: tokens * type.words(ofRow: columns))
    input = LayerInput(words.start, columns: columns, type: type)
    let noise = Block(noise: tokens * columns)
    withExtendedLifetime(noise) { processor.write(noise.start, tokenCount: tokens, to: input) }
  }
}

/// Numbers without a pattern, the same in each run.
enum Noise {
  /// A number in `-1..<1`.
  static func float(_ index: Int) -> Float { Float(Int32(truncatingIfNeeded: bits(index) >> 32)) / 2_147_483_648 }

  /// Bits of which each is as often set as not (SplitMix64, from a counter).
  static func bits(_ index: Int) -> UInt64 {
    var state = (UInt64(index) &+ 1) &* 0x9e37_79b9_7f4a_7c15
    state = (state ^ state >> 30) &* 0xbf58_476d_1ce4_e5b9
    state = (state ^ state >> 27) &* 0x94d0_49bb_1331_11eb
    return state ^ state >> 31
  }
}
