/// The numbers of a run that matter most.
struct Summary: Sendable {
  /// The middle of the layers' finite errors.
  let medianError: Double?
  /// The place of the layer with the largest finite error.
  let worstLayer: Int?
  /// How many layers have each scheme, in order of first appearance.
  let schemes: [(name: String, count: Int)]

  init(of layers: [RunPage.Layer]) {
    medianError = Self.median(layers.map(\.relativeError).filter(\.isFinite))
    worstLayer = layers.indices.filter { layers[$0].relativeError.isFinite }
      .max { layers[$0].relativeError < layers[$1].relativeError }
    var schemes: [(name: String, count: Int)] = []
    for layer in layers {
      if let index = schemes.firstIndex(where: { $0.name == layer.scheme }) {
        schemes[index].count += 1
      } else {
        schemes.append((layer.scheme, 1))
      }
    }
    self.schemes = schemes
  }

  /// The middle number, the upper of two; nil of none.
  static func median(_ values: [Double]) -> Double? {
    values.isEmpty ? nil : values.sorted()[values.count / 2]
  }
}
