import ReportPages
import TestSupport
import Testing

/// Round numbers for axes.
@Suite struct TicksTests {
  private func linear(_ low: Double, _ high: Double, about count: Int = 4) -> [String] {
    Ticks.linear(low...high, about: count).map(\.label)
  }

  private func logarithmic(_ low: Double, _ high: Double) -> [String] {
    Ticks.logarithmic(low...high).map(\.label)
  }

  @Test func stepsAreOneTwoOrFiveTimesAPowerOfTen() {
    #expect(linear(0, 1) == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"])
    #expect(linear(0, 100) == ["0", "20", "40", "60", "80", "100"])
    #expect(linear(0.117, 0.181) == ["0.12", "0.14", "0.16", "0.18"])
    #expect(linear(-8.3, 7.9) == ["−5", "0", "5"])
    #expect(linear(3, 1_990) == ["500", "1000", "1500"])
  }

  @Test func valuesAreTheNumbersThatTheLabelsSay() {
    let ticks = Ticks.linear(0...0.5, about: 5)
    #expect(ticks.map(\.value) == [0, 0.1, 0.2, 0.3, 0.4, 0.5])
    for tick in ticks { #expect(Double(tick.label) == tick.value) }
  }

  @Test func tinyAndHugeNumbersHaveAPowerOfTen() {
    #expect(linear(0, 3e-9) == ["0", "1e-9", "2e-9", "3e-9"])
    #expect(linear(0, 4e12, about: 2) == ["0", "2e12", "4e12"])
    #expect(linear(-1.7e308, 1.7e308, about: 2) == ["−1.7e308", "1.7e308"])
  }

  @Test(arguments: [(0.0, 0.0), (5, 5), (-3, -3), (1e300, 1e300)])
  func aRangeWithoutExtentHasOneTick(low: Double, high: Double) {
    #expect(Ticks.linear(low...high, about: 4).map(\.value) == [low])
  }

  @Test func aRangeTooNarrowForRoundNumbersHasItsEnds() {
    #expect(Ticks.linear(1...(1 + 1e-12), about: 4).map(\.value) == [1, 1 + 1e-12])
    #expect(Ticks.linear(0...Double.leastNonzeroMagnitude, about: 4).map(\.value) == [0, .leastNonzeroMagnitude])
  }

  @Test func whatIsNotFiniteHasNoTicks() {
    #expect(linear(0, .infinity).isEmpty)
    #expect(logarithmic(1, .infinity).isEmpty)
    #expect(logarithmic(0, 1).isEmpty)
  }

  @Test func thereAreAboutAsManyAsAskedForAndNoneLiesOutside() {
    var generator = SeededGenerator(seed: 7)
    for scale in [1e-2, 1, 37, 2_000, 5e6] {
      for count in 2...8 {
        let low = Double.random(in: -scale...scale, using: &generator)
        let range = low...(low + Double.random(in: scale / 100...scale, using: &generator))
        let ticks = Ticks.linear(range, about: count)
        let slack = (range.upperBound - range.lowerBound) * 1e-6
        let outer = (range.lowerBound - slack)...(range.upperBound + slack)
        #expect((1...2 * count + 1).contains(ticks.count), "\(range) about \(count)")
        #expect(ticks.allSatisfy { outer.contains($0.value) }, "\(range) about \(count)")
        #expect(Set(ticks.map(\.label)).count == ticks.count, "\(ticks.map(\.label))")
      }
    }
  }

  @Test func blocksHaveWholeNumbers() {
    let labels = { (last: Int) in Ticks.whole(0...last, about: 5).map(\.label) }
    #expect(labels(0) == ["0"])
    #expect(labels(1) == ["0", "1"])
    #expect(labels(3) == ["0", "1", "2", "3"])
    #expect(labels(31) == ["0", "5", "10", "15", "20", "25", "30"])
    #expect(labels(199) == ["0", "50", "100", "150"])
  }

  @Test func decadesAreFilledUpWhereTheyAreFew() {
    #expect(logarithmic(0.001, 10) == ["0.001", "0.01", "0.1", "1", "10"])
    #expect(logarithmic(0.009, 0.3) == ["0.01", "0.02", "0.05", "0.1", "0.2"])
    #expect(logarithmic(1e-12, 1) == ["1e-12", "1e-10", "1e-8", "1e-6", "0.0001", "0.01", "1"])
    #expect(logarithmic(2.1, 2.2) == ["2.10", "2.20"])
  }
}
