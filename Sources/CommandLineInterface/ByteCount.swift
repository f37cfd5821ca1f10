/// Sizes in words that people read.
enum ByteCount {
  /// A number of bytes in decimal units, such as `269.06 MB`.
  static func text(_ count: Int) -> String { Magnitude.text(count, units: [" bytes", " KB", " MB", " GB", " TB"]) }
}

/// Large counts in words that people read.
enum Amount {
  /// A count, such as `671.03 billion`.
  static func text(_ count: Int) -> String {
    Magnitude.text(count, units: ["", " thousand", " million", " billion", " trillion"])
  }
}

/// Counts in units a thousand apart.
private enum Magnitude {
  /// The count in the largest unit that it fills, whole in the first one.
  static func text(_ count: Int, units: [String]) -> String {
    var value = Double(count)
    var unit = 0
    while value >= 1000, unit + 1 < units.count {
      value /= 1000
      unit += 1
    }
    return (unit == 0 ? "\(count)" : Decimal.text(value, places: 2)) + units[unit]
  }
}

/// Numbers with a fixed count of decimal places.
enum Decimal {
  /// The number, rounded to nearest, with exactly `places` digits behind the point.
  static func text(_ value: Double, places: Int) -> String {
    guard value.isFinite else { return "\(value)" }
    var scale = 1.0
    for _ in 0..<places { scale *= 10 }
    let scaled = (value.magnitude * scale).rounded()
    guard scaled < 1e15 else { return "\(value)" }
    let digits = String(Int(scaled))
    let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
    let sign = value < 0 && scaled > 0 ? "-" : ""
    guard places > 0 else { return sign + padded }
    return sign + padded.dropLast(places) + "." + padded.suffix(places)
  }
}
