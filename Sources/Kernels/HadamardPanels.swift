/// Multiplies vectors by an orthogonal Hadamard matrix, several at once: `v ← v·T` with `T = D·(C ⊗ S)/√n` or its transpose.
///
/// A panel holds one channel of eight vectors in each of its elements, in float64; `S` is applied by the fast Walsh–Hadamard
/// transform (Fino and Algazi, 1976), `C` by its definition.
struct HadamardPanels {
  private typealias Lanes = SIMD8<Double>
  private typealias Panel = UnsafeMutablePointer<Lanes>

  private let hadamard: SignedHadamard
  private let isTransposed: Bool

  init(_ hadamard: SignedHadamard, isTransposed: Bool) {
    self.hadamard = hadamard
    self.isTransposed = isTransposed
  }

  /// Transforms vectors where they lie, on this thread.
  ///
  /// - Parameters:
  ///   - start: The first channel of the first vector.
  ///   - vectorCount: Vectors.
  ///   - vectorStride: Floats from one vector to the next.
  ///   - channelCount: Channels of a vector, a multiple of the matrix's order; each run is multiplied by itself.
  ///   - channelStride: Floats from one channel to the next.
  func transform(
    _ start: UnsafeMutablePointer<Float>,
    vectorCount: Int,
    vectorStride: Int,
    channelCount: Int,
    channelStride: Int
  ) {
    let order = hadamard.order
    let scale = hadamard.scale
    withUnsafeTemporaryAllocation(of: Lanes.self, capacity: 2 * order) { panels in
      guard let panel = panels.baseAddress else { return }
      for first in stride(from: 0, to: vectorCount, by: Lanes.scalarCount) {
        let laneCount = min(Lanes.scalarCount, vectorCount - first)
        for run in stride(from: 0, to: channelCount, by: order) {
          let corner = start + first * vectorStride + run * channelStride
          for channel in 0..<order {
            var lanes = Lanes.zero
            for lane in 0..<laneCount {
              lanes[lane] = Double(corner[channel &* channelStride &+ lane &* vectorStride])
            }
            panel[channel] = lanes
          }
          multiply(panel, scratch: panel + order)
          for channel in 0..<order {
            let lanes = panel[channel] * scale
            for lane in 0..<laneCount {
              corner[channel &* channelStride &+ lane &* vectorStride] = Float(lanes[lane])
            }
          }
        }
      }
    }
  }

  /// Multiplies a panel by the matrix without its scale.
  private func multiply(_ panel: Panel, scratch: Panel) {
    if !isTransposed { flip(panel) }
    for run in 0..<hadamard.coreOrder { transformByDoubling(panel + run * hadamard.sylvesterOrder) }
    if hadamard.coreOrder > 1 { multiplyByCore(panel, scratch) }
    if isTransposed { flip(panel) }
  }

  /// Gives each channel its sign.
  private func flip(_ panel: Panel) {
    guard let signs = hadamard.signs else { return }
    for (channel, sign) in signs.enumerated() where sign < 0 { panel[channel] = -panel[channel] }
  }

  /// Multiplies by Sylvester's matrix, whose halves are sums and differences of those of half its order.
  private func transformByDoubling(_ panel: Panel) {
    var half = 1
    while half < hadamard.sylvesterOrder {
      for start in stride(from: 0, to: hadamard.sylvesterOrder, by: 2 * half) {
        for channel in start..<start + half {
          let (low, high) = (panel[channel], panel[channel &+ half])
          panel[channel] = low + high
          panel[channel &+ half] = low - high
        }
      }
      half *= 2
    }
  }

  /// Adds up runs with the signs of the core's columns, or of its rows.
  private func multiplyByCore(_ panel: Panel, _ scratch: Panel) {
    let (core, width) = (hadamard.coreOrder, hadamard.sylvesterOrder)
    hadamard.core.withUnsafeBufferPointer { entries in
      for column in 0..<core {
        let sums = scratch + column * width
        sums.update(repeating: .zero, count: width)
        for row in 0..<core {
          let terms = panel + row * width
          if entries[isTransposed ? column * core + row : row * core + column] > 0 {
            for channel in 0..<width { sums[channel] += terms[channel] }
          } else {
            for channel in 0..<width { sums[channel] -= terms[channel] }
          }
        }
      }
    }
    panel.update(from: scratch, count: core * width)
  }
}
