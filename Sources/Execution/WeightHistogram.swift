internal import Kernels
internal import Modifiers
internal import Tensors

/// How a layer's weights lie among the numbers that its codes can stand for.
///
/// All is in units of the grid: a weight divided by its own scale, its zero point added.
package struct WeightHistogram: Hashable, Sendable {
  /// The layer's module name.
  package let layer: String
  /// Lower edges of equally wide bins, ascending, and the end of the last.
  package let edges: [Double]
  /// Dense weights in each bin; those beyond the grid count in the outer ones.
  package let counts: [Int]
  /// The numbers that codes stand for, ascending, each with the weights that have it.
  package let levels: [(value: Double, count: Int)]

  /// Bins over the whole grid.
  private static let binCount = 64

  package static func == (first: WeightHistogram, second: WeightHistogram) -> Bool {
    first.layer == second.layer && first.edges == second.edges && first.counts == second.counts
      && first.levels.elementsEqual(second.levels) { $0 == $1 }
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(layer)
    hasher.combine(counts)
  }
}

extension WeightHistogram {
  init?(_ layer: SettledLayer) {
    guard let quantized = layer.quantized else { return nil }
    let grid = quantized.grid
    let (low, high) = (Double(grid.codes.minimum), Double(grid.codes.maximum))
    let width = (high - low) / Double(Self.binCount)
    var counts = [Int](repeating: 0, count: Self.binCount)
    var levels: [Double: Int] = [:]
    layer.dense.withElements { elements in
      for row in 0..<grid.rowCount {
        for column in 0..<grid.columnCount {
          let index = row * grid.groupCount + column / grid.groupSize
          let place = row * grid.columnCount + column
          let value = Double(elements[place] / grid.scales[index] + (grid.zeroPoints?[index] ?? 0))
          counts[min(max(Int((value - low) / width), 0), Self.binCount - 1)] += 1
          levels[Self.number(quantized.codes[place], grid.codes.code), default: 0] += 1
        }
      }
    }
    self.init(
      layer: layer.name,
      edges: (0...Self.binCount).map { low + width * Double($0) },
      counts: counts,
      levels: levels.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    )
  }

  private static func number(_ code: UInt8, _ kind: Grid.Code) -> Double {
    switch kind {
    case .integer: Double(Int8(bitPattern: code))
    // Minus zero is zero.
    case .float8: Double(Float8E4M3.decode(code)) + 0
    case .float4: Double(Float4E2M1.decode(code)) + 0
    }
  }
}
