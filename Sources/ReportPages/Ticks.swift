internal import Glibc

/// A labelled place on an axis.
package struct Tick: Hashable, Sendable {
  /// Where it stands.
  package let value: Double
  /// What it says.
  package let label: String
}

/// Round numbers for axes.
package enum Ticks {
  /// Multiples of 1, 2 or 5 times a power of ten within a range, about as many as asked for.
  ///
  /// A range without extent, or one so narrow that no round numbers lie in it, has its ends for ticks; one that is not
  /// finite has none.
  package static func linear(_ range: ClosedRange<Double>, about count: Int) -> [Tick] {
    let (low, high) = (range.lowerBound, range.upperBound)
    guard low.isFinite, high.isFinite else { return [] }
    // Halves, because the distance of two doubles need not be one.
    let raw = (high / 2 - low / 2) / Double(max(count, 1)) * 2
    guard raw >= smallestStep, max(low.magnitude, high.magnitude) / raw < mostSteps else { return ends(range) }
    let step = Step(nextTo: raw)
    guard step.size.isFinite else { return ends(range) }
    let first = (low / step.size - tolerance).rounded(.up)
    let last = (high / step.size + tolerance).rounded(.down)
    guard first <= last else { return ends(range) }
    let isScientific = step.exponent < -5 || max(low.magnitude, high.magnitude) >= 1e6
    return stride(from: first, through: last, by: 1).map { index in
      let value = step.multiple(index)
      let label =
        isScientific
        ? Numeral.scientific(value, digits: 6)
        : Numeral.fixed(value, places: max(0, -step.exponent))
      return Tick(value: value, label: label)
    }
  }

  /// Whole numbers within a range, about as many as asked for or fewer.
  package static func whole(_ range: ClosedRange<Int>, about count: Int) -> [Tick] {
    let ends = (low: Double(range.lowerBound), high: Double(range.upperBound))
    let aim = min(Double(max(count, 1)), ends.high - ends.low)
    guard aim > 0 else { return [Tick(value: ends.low, label: "\(range.lowerBound)")] }
    return linear(ends.low...ends.high, about: Int(aim)).filter { $0.value == $0.value.rounded() }
      .map { Tick(value: $0.value, label: Numeral.fixed($0.value, places: 0)) }
  }

  /// Powers of ten within a positive range; where there are fewer than three, also their double and fivefold.
  package static func logarithmic(_ range: ClosedRange<Double>) -> [Tick] {
    let (low, high) = (range.lowerBound, range.upperBound)
    guard low > 0, high.isFinite else { return [] }
    let exponents = Numeral.decimalExponent(low)...max(Numeral.decimalExponent(low), Numeral.decimalExponent(high))
    func ticks(_ mantissas: [Double], every pace: Int) -> [Tick] {
      stride(from: exponents.lowerBound, through: exponents.upperBound, by: pace).flatMap { exponent in
        mantissas.map { Step(mantissa: $0, exponent: exponent).multiple(1) }
      }
      .filter { (low...high).contains($0) }
      .map { Tick(value: $0, label: Numeral.significant($0, digits: 1)) }
    }
    let decades = ticks([1], every: max(1, exponents.count / mostDecades))
    if decades.count > 2 { return decades }
    let finer = ticks([1, 2, 5], every: 1)
    return finer.isEmpty ? ends(range) : finer
  }

  /// A round distance.
  private struct Step {
    let mantissa: Double
    let exponent: Int

    init(mantissa: Double, exponent: Int) {
      self.mantissa = mantissa
      self.exponent = exponent
    }

    /// The round distance next to a number, by ratio.
    init(nextTo raw: Double) {
      let exponent = Numeral.decimalExponent(raw)
      switch raw / pow(10, Double(exponent)) {
      case ..<1.415: self.init(mantissa: 1, exponent: exponent)
      case ..<3.163: self.init(mantissa: 2, exponent: exponent)
      case ..<7.072: self.init(mantissa: 5, exponent: exponent)
      default: self.init(mantissa: 1, exponent: exponent + 1)
      }
    }

    var size: Double { multiple(1) }

    /// A whole multiple, correctly rounded: 3 · 0.1 is 0.3.
    func multiple(_ index: Double) -> Double {
      exponent < 0
        ? index * mantissa / pow(10, Double(-exponent))
        : index * mantissa * pow(10, Double(exponent))
    }
  }

  private static func ends(_ range: ClosedRange<Double>) -> [Tick] {
    (range.lowerBound == range.upperBound ? [range.lowerBound] : [range.lowerBound, range.upperBound])
      .map { Tick(value: $0, label: Numeral.significant($0, digits: 3)) }
  }

  /// Below it a power of ten has no reciprocal.
  private static let smallestStep = 1e-300
  /// More steps from zero than this need more digits than an axis has room for.
  private static let mostSteps = 1e5
  /// How far outside, in steps, a tick may stand because of rounding.
  private static let tolerance = 1e-9
  /// Decades that are all labelled.
  private static let mostDecades = 5
}
