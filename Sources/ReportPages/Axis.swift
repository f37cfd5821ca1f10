internal import Glibc

/// From numbers to places in a drawing.
struct Axis: Sendable {
  /// The numbers between the ends.
  let range: ClosedRange<Double>
  /// Where the range begins and ends, in the drawing's units.
  let places: (start: Double, end: Double)
  /// Whether equal distances are equal ratios.
  let isLogarithmic: Bool
  /// The labelled places.
  let ticks: [Tick]

  /// An axis from one number to another.
  init(_ range: ClosedRange<Double>, from start: Double, to end: Double, ticks: [Tick]) {
    self.range = range
    places = (start, end)
    isLogarithmic = false
    self.ticks = ticks
  }

  /// An axis for numbers that are not negative: logarithmic where they differ by much, from zero where they come near it.
  init(fitting values: [Double], from start: Double, to end: Double, ticks count: Int) {
    places = (start, end)
    let positive = values.filter { $0 > 0 && $0.isFinite }
    guard let low = positive.min(), let high = positive.max() else {
      range = 0...1
      isLogarithmic = false
      ticks = [Tick(value: 0, label: "0")]
      return
    }
    isLogarithmic = high / low > Self.widestLinearRatio
    if isLogarithmic {
      range = low / Self.logarithmicMargin...min(high * Self.logarithmicMargin, .greatestFiniteMagnitude)
      ticks = Ticks.logarithmic(range)
    } else {
      let hasZero = positive.count < values.count || low < Self.zeroFraction * high
      let margin = Self.margin * (hasZero || low == high ? high : high - low)
      range = (hasZero ? 0 : max(0, low - margin))...min(high + margin, .greatestFiniteMagnitude)
      ticks = Ticks.linear(range, about: count)
    }
  }

  /// Where a number stands; what lies outside stands at the end.
  func place(_ value: Double) -> Double {
    let (low, high) = (range.lowerBound, range.upperBound)
    guard low < high else { return (places.start + places.end) / 2 }
    let inside = min(max(value, low), high)
    let fraction =
      isLogarithmic ? log(inside / low) / log(high / low) : (inside - low) / (high - low)
    return places.start + fraction * (places.end - places.start)
  }

  /// Largest over smallest number that still share a linear axis.
  private static let widestLinearRatio = 30.0
  /// Smallest over largest number below which a linear axis begins at zero.
  private static let zeroFraction = 0.4
  /// Free space beyond the outermost numbers, as a share of their distance.
  private static let margin = 0.12
  /// The same as a factor.
  private static let logarithmicMargin = 1.3
}
