package import Kernels
package import Vocabulary

/// Rounding of activations as a server does it.
package struct ActivationRounding: Hashable, Sendable {
  /// The numbers that codes stand for.
  package let grid: Grid
  /// Channels that share a scale; nil for a whole row.
  package let groupSize: Int?
  /// How the scale is found.
  package let scale: ActivationScale

  /// The rounding that activation arguments ask for; nil where a server does what no loop here does.
  ///
  /// - Parameters:
  ///   - arguments: How the activations are quantized.
  ///   - stored: The scale and zero point found from calibration data, or the global scale where local ones are found at
  ///     run time; nil where nothing is stored.
  package init?(_ arguments: QuantizationArguments, stored: (scale: Float, zeroPoint: Float)?) {
    switch (arguments.numberKind, arguments.bitWidth) {
    case (.integer, 2...8), (.float, 8), (.float, 4): grid = .of(arguments)
    default: return nil
    }
    guard arguments.numberKind == .integer || arguments.isSymmetric else { return nil }
    switch (arguments.dynamic, arguments.strategy) {
    case (.on, .token): groupSize = nil
    case (.on, .group), (.local, .tensorGroup): groupSize = arguments.groupSize
    case (.off, .tensor): groupSize = nil
    default: return nil
    }
    switch (arguments.dynamic, stored) {
    case (.on, _):
      if arguments.scaleType == .uint8 {
        scale = .powerOfTwo
      } else {
        scale = arguments.isSymmetric ? .symmetric : .asymmetric
      }
    case (.local, let stored?): scale = .float8(global: stored.scale)
    case (.off, let stored?): scale = .fixed(scale: stored.scale, zeroPoint: stored.zeroPoint)
    case (.local, nil), (.off, nil): return nil
    }
  }

  /// Rounding to a grid whose scale is known.
  init(grid: Grid, scale: Float, zeroPoint: Float) {
    self.grid = grid
    groupSize = nil
    self.scale = .fixed(scale: scale, zeroPoint: zeroPoint)
  }

  /// Rounds `x`, `[tokens, columns]`, in place.
  package func round(_ x: UnsafeMutablePointer<Float>, tokens: Int, columns: Int, on processor: Processor) {
    let width = groupSize ?? columns
    processor.fakeQuantizeRows(x, rows: tokens * columns / width, columns: width, scale: scale, grid: grid)
  }
}

/// Rounding of what flows into attention, behind the rotary embedding: queries, and what the cache holds.
package struct AttentionRounding: Hashable, Sendable {
  /// One tensor's rounding: for each head, or one for all.
  package typealias Heads = [ActivationRounding]

  let query: Heads?
  let key: Heads?
  let value: Heads?

  /// A tensor and its width.
  typealias Flow = (start: UnsafeMutablePointer<Float>, width: Int)

  /// Rounds all three tensors, `[tokens, width]`, in place.
  func round(
    _ queries: Flow,
    _ keys: Flow,
    _ values: Flow,
    tokens: Int,
    dimension: Int,
    on processor: Processor
  ) {
    for (heads, flow) in [(query, queries), (key, keys), (value, values)] {
      guard let heads else { continue }
      if heads.count == 1 {
        heads[0].round(flow.start, tokens: tokens, columns: flow.width, on: processor)
      } else {
        // One row of a head at a time: its scale is fixed, so the cut does not matter.
        for token in 0..<tokens {
          for (head, rounding) in heads.enumerated() {
            rounding.round(
              flow.start + token * flow.width + head * dimension,
              tokens: 1,
              columns: dimension,
              on: processor
            )
          }
        }
      }
    }
  }
}
