import Kernels
import TestSupport
import Testing

struct ChannelStatisticsTests {
  /// Widths around the channels that one thread takes.
  static let widths = [1, 5, 63, 64, 65, 200]

  private static func statistics(_ x: [Float], width: Int, on processor: Processor) -> ChannelStatistics {
    var statistics = ChannelStatistics(width: width)
    statistics.add(x, tokenCount: x.count / width, on: processor)
    return statistics
  }

  private static func column(_ x: [Float], _ channel: Int, width: Int) -> [Double] {
    stride(from: channel, to: x.count, by: width).map { Double(x[$0]) }
  }

  @Test(arguments: InstructionLevel.supported, widths)
  func eachChannelHasItsRangeAndSums(level: InstructionLevel, width: Int) {
    var generator = SeededGenerator(seed: 71)
    let tokens = 37
    let x = generator.floats(tokens * width, in: -3...2)
    let found = Trial.processors(level).map { Self.statistics(x, width: width, on: $0) }
    #expect(found.allSatisfy { $0 == found[0] }, "threads do not matter")
    let statistics = found[0]
    #expect(statistics.tokenCount == tokens && statistics.width == width)
    for channel in 0..<width {
      let values = Self.column(x, channel, width: width)
      #expect(Double(statistics.minima[channel]) == values.min())
      #expect(Double(statistics.maxima[channel]) == values.max())
      // One rounding for each term that is added, and one for each square.
      let magnitude = values.reduce(0) { $0 + abs($1) }
      let energy = values.reduce(0) { $0 + $1 * $1 }
      #expect(abs(statistics.magnitudes[channel] - magnitude) <= Double(tokens) * Trial.roundoff * magnitude)
      #expect(abs(statistics.energies[channel] - energy) <= Double(tokens + 1) * Trial.roundoff * energy)
    }
    #expect(statistics.ranges == zip(statistics.maxima, statistics.minima).map { $0 - $1 })
  }

  @Test(arguments: [[1, 36], [12, 12, 13], [37], Array(repeating: 1, count: 37)])
  func tokensMayBeAddedInParts(parts: [Int]) {
    var generator = SeededGenerator(seed: 72)
    let width = 67
    let tokens = parts.reduce(0, +)
    let x = generator.floats(tokens * width)
    let processor = Processor(threadCount: 2)
    var parted = ChannelStatistics(width: width)
    var first = 0
    for count in parts {
      parted.add(Array(x[first * width..<(first + count) * width]), tokenCount: count, on: processor)
      first += count
    }
    let whole = Self.statistics(x, width: width, on: processor)
    #expect(parted.tokenCount == tokens)
    #expect(parted.minima == whole.minima && parted.maxima == whole.maxima)
    let budget = 2 * Double(tokens + 1) * Trial.roundoff
    for channel in 0..<width {
      #expect(abs(parted.magnitudes[channel] / whole.magnitudes[channel] - 1) <= budget)
      #expect(abs(parted.energies[channel] / whole.energies[channel] - 1) <= budget)
    }
  }

  @Test func nothingIsKnownBeforeTheFirstToken() {
    let none = ChannelStatistics(width: 3)
    #expect(none.minima == [.infinity, .infinity, .infinity] && none.maxima == [-.infinity, -.infinity, -.infinity])
    #expect(none.tokenCount == 0 && none.magnitudes == [0, 0, 0] && none.energies == [0, 0, 0])
  }

  @Test func dividingGivesTheStatisticsOfDividedInputs() {
    var generator = SeededGenerator(seed: 73)
    let (tokens, width) = (29, 66)
    let x = generator.floats(tokens * width, in: -4...4)
    let factors = generator.floats(width, in: 0.01...30)
    let processor = Processor(threadCount: 2)
    let divided = Self.statistics(x, width: width, on: processor).dividing(by: factors)
    let direct = Self.statistics(x.indices.map { x[$0] / factors[$0 % width] }, width: width, on: processor)
    #expect(divided.minima == direct.minima && divided.maxima == direct.maxima)
    #expect(divided.tokenCount == tokens)
    for channel in 0..<width {
      #expect(abs(divided.magnitudes[channel] / direct.magnitudes[channel] - 1) <= 1e-5)
      #expect(abs(divided.energies[channel] / direct.energies[channel] - 1) <= 1e-5)
    }
  }
}
