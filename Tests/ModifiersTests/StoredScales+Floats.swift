import Modifiers
import Testing

extension QuantizationGrid {
  /// The stored scales of a grid that stores floats.
  var floatScales: [Float] {
    guard case .floats(let scales) = storedScales else {
      Issue.record("the scales are stored as \(storedScales), not as floats")
      return []
    }
    return scales
  }
}
