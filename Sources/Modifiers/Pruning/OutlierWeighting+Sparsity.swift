package import Tensors
package import Vocabulary

extension OutlierWeighting {
  /// A linear module with `Σ x²` of each of its input channels, `[columns]`.
  package typealias Module = (weight: Matrix, energies: [Double])

  /// The share of a layer's weights that stand out: `|w| · ‖x‖₂` above `threshold` times the layer's mean.
  ///
  /// - Parameter modules: The linear modules of the layer.
  /// - Returns: A fraction, in `0...1`.
  /// - SeeAlso: Yin et al., "Outlier Weighed Layerwise Sparsity (OWL)", arXiv:2310.05175, equation 2.
  package func outlierShare(of modules: [Module]) -> Double {
    var sum = 0.0
    var count = 0
    forEachScore(of: modules) { sum += Double($0) }
    for module in modules { count += module.weight.elements.count }
    guard count > 0, sum > 0 else { return 0 }
    let limit = Float(threshold * sum / Double(count))
    var outliers = 0
    forEachScore(of: modules) { if $0 > limit { outliers += 1 } }
    return Double(outliers) / Double(count)
  }

  private func forEachScore(of modules: [Module], _ body: (Float) -> Void) {
    for (weight, energies) in modules {
      let norms = energies.map { Float($0.squareRoot()) }
      let columns = weight.columnCount
      weight.withElements { elements in
        for (index, value) in elements.enumerated() { body(value.magnitude * norms[index % columns]) }
      }
    }
  }

  /// The sparsity of each layer: those where more weights stand out keep more, the largest is `2 · spread` above the least,
  /// and their mean is `mean`.
  ///
  /// - Parameter shares: The share of outliers of each layer.
  /// - Returns: A fraction for each layer, in `0..<1`.
  package func sparsities(ofOutlierShares shares: [Double]) -> [Double] {
    guard let low = shares.min(), let high = shares.max(), high > low else {
      return shares.map { _ in mean }
    }
    let scaled = shares.map { ($0 - low) / (high - low) * 2 * spread }
    let middle = scaled.reduce(0, +) / Double(scaled.count)
    return scaled.map { min(max(mean - ($0 - middle), 0), Self.largest) }
  }

  /// The most that a layer is pruned.
  private static let largest = 0.999
}
