internal import Glibc

/// What a random rotation is drawn from: a number for the whole run, and the rotation's name.
///
/// The numbers are those of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014),
/// started from the run's seed exclusive-or the FNV-1a hash of the name's UTF-8. The same seed and name give the same signs
/// on every machine.
package struct RotationSeed: Hashable, Sendable {
  /// The run's seed.
  package let run: UInt64
  /// The rotation's name, such as `R1.4096`.
  package let name: String

  package init(run: UInt64, name: String) {
    self.run = run
    self.name = name
  }

  var numbers: RotationNumbers {
    let offsetBasis: UInt64 = 0xCBF2_9CE4_8422_2325
    let prime: UInt64 = 0x0000_0100_0000_01B3
    let hash = name.utf8.reduce(offsetBasis) { ($0 ^ UInt64($1)) &* prime }
    return RotationNumbers(state: run ^ hash)
  }
}

/// The numbers of a seed, in order.
struct RotationNumbers {
  fileprivate var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// Signs, each ±1 from the lowest bit of a number.
  mutating func signs(_ count: Int) -> [Int8] {
    (0..<count).map { _ in next() & 1 == 0 ? 1 : -1 }
  }

  /// Normally distributed numbers of mean 0 and variance 1 (Box and Muller, 1958).
  mutating func normals(_ count: Int) -> [Double] {
    var normals: [Double] = []
    normals.reserveCapacity(count + 1)
    while normals.count < count {
      let radius = (-2 * log(1 - fraction())).squareRoot()
      let angle = 2 * Double.pi * fraction()
      normals.append(radius * cos(angle))
      normals.append(radius * sin(angle))
    }
    return Array(normals.prefix(count))
  }

  /// A number of `0..<1`, from the upper 53 bits.
  private mutating func fraction() -> Double { Double(next() >> 11) * 0x1p-53 }
}
