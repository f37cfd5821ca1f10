import Kernels
import Tensors
import TestSupport
import Testing

struct ConversionTests {
  private static let patterns = (0...UInt16.max).map { $0 }

  @Test(arguments: InstructionLevel.supported)
  func everyBfloat16IsWidenedExactly(level: InstructionLevel) {
    let widened = Trial.result(level) { processor in
      .written(Self.patterns.count) {
        processor.widen(Self.patterns, of: .bfloat16, count: Self.patterns.count, into: $0)
      }
    }
    #expect(widened?.map(\.bitPattern) == Self.patterns.map { BFloat16.decode($0).bitPattern })
  }

  @Test(arguments: InstructionLevel.supported)
  func everyFloat16IsWidenedExactly(level: InstructionLevel) {
    let widened = Trial.result(level) { processor in
      .written(Self.patterns.count) {
        processor.widen(Self.patterns, of: .float16, count: Self.patterns.count, into: $0)
      }
    }
    #expect(widened?.map(\.bitPattern) == Self.patterns.map { Binary16.decode($0).bitPattern })
  }

  @Test(arguments: InstructionLevel.supported, Trial.lengths)
  func anyNumberOfElementsIsWidened(level: InstructionLevel, count: Int) {
    let sources = (0..<count + 1).map { UInt16(truncatingIfNeeded: $0 * 4099 + 17) }
    for processor in Trial.processors(level) {
      for (type, decode) in [(HalfType.bfloat16, BFloat16.decode), (.float16, Binary16.decode)] {
        // The float behind the last one must stay as it is.
        let widened = [Float].written(count + 1) { processor.widen(sources, of: type, count: count, into: $0) }
        #expect(widened.dropLast().map(\.bitPattern) == sources.dropLast().map { decode($0).bitPattern })
        #expect(widened[count] == 0)
      }
    }
  }

  @Test(arguments: InstructionLevel.supported)
  func floatsAreNarrowedToNearestEven(level: InstructionLevel) {
    // Every bfloat16, its ties with the next, and the floats around those ties: NaNs and infinities among them.
    let endings: [UInt32] = [0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF]
    var floats = Self.patterns.flatMap { pattern in endings.map { Float(bitPattern: UInt32(pattern) << 16 | $0) } }
    floats += [.greatestFiniteMagnitude, .leastNonzeroMagnitude, .nan, .signalingNaN, .infinity, -.infinity, -0.0]
    for processor in Trial.processors(level) {
      var narrowed = [UInt16](repeating: 0, count: floats.count)
      narrowed.withUnsafeMutableBufferPointer { out in
        guard let start = out.baseAddress else { return }
        processor.narrow(floats, count: floats.count, into: start)
      }
      let wrong = floats.indices.filter { narrowed[$0] != BFloat16.encode(floats[$0]) }
      #expect(wrong.isEmpty, "\(wrong.prefix(5).map { floats[$0].bitPattern })")
    }
  }

  @Test func aTieIsNarrowedToTheEvenNeighbour() {
    let ties: [Float] = [1 + 0x1p-8, 1 + 3 * 0x1p-8, -(1 + 0x1p-8)]
    var narrowed = [UInt16](repeating: 0, count: 3)
    Processor(threadCount: 1).narrow(ties, count: 3, into: &narrowed)
    #expect(narrowed == [0x3F80, 0x3F82, 0xBF80])
  }

  @Test(arguments: InstructionLevel.supported, Trial.lengths)
  func theFirstNumberThatIsNotFiniteIsFound(level: InstructionLevel, count: Int) {
    var generator = SeededGenerator(seed: UInt64(count))
    let processor = Processor(threadCount: 1, level: level)
    let finite = generator.floats(count, in: -1e38...1e38)
    #expect(finite.withUnsafeBufferPointer { processor.firstNotFinite(in: $0) } == nil)
    for place in 0..<count {
      var floats = finite
      floats[place] = [.nan, .infinity, -.infinity, .signalingNaN][place % 4]
      floats[count - 1] = place == count - 1 ? floats[place] : .infinity
      #expect(floats.withUnsafeBufferPointer { processor.firstNotFinite(in: $0) } == place)
    }
  }

  @Test func theFirstNumberThatIsNotFiniteMayLieFarBehind() {
    var floats = [Float](repeating: .greatestFiniteMagnitude, count: 5000)
    floats[4097] = .nan
    #expect(floats.withUnsafeBufferPointer { Processor(threadCount: 1).firstNotFinite(in: $0) } == 4097)
  }
}
