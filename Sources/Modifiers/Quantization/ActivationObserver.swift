package import Kernels
package import Vocabulary

/// Finds the range of activations over a calibration set, sequence by sequence, and with it scales that stay fixed while
/// the model is served.
package struct ActivationObserver: Sendable {
  /// The arguments whose scales are wanted.
  package let arguments: QuantizationArguments
  /// Heads that have a scale of their own; 1 where one scale serves all.
  package let scopeCount: Int
  private let rule: ActivationRangeRule
  private let storage: ElementType
  private var ranges: [(low: Float, high: Float)?]

  /// Makes an observer that has seen nothing.
  ///
  /// - Parameters:
  ///   - arguments: Strategy `tensor`, `tensorGroup` or `attentionHead`, scales not found at run time alone.
  ///   - rule: How the ranges of sequences are combined.
  ///   - scopeCount: Heads, for strategy `attentionHead`; 1 otherwise.
  ///   - storage: The type that plain scales are stored in.
  package init(
    _ arguments: QuantizationArguments,
    rule: ActivationRangeRule,
    scopeCount: Int,
    storage: ElementType
  ) {
    self.arguments = arguments
    self.rule = rule
    self.scopeCount = scopeCount
    self.storage = storage
    ranges = Array(repeating: nil, count: scopeCount)
  }

  /// Adds one sequence.
  ///
  /// - Parameters:
  ///   - x: `[tokens, width]`, row-major; heads lie side by side in a row.
  ///   - tokens: Rows of `x`.
  ///   - width: Columns of `x`.
  ///   - processor: Where to run.
  package mutating func observe(
    _ x: UnsafePointer<Float>,
    tokens: Int,
    width: Int,
    on processor: Processor
  ) {
    let columns = width / scopeCount
    let runs = tokens * scopeCount
    let (minima, maxima) = (FloatBuffer(count: runs), FloatBuffer(count: runs))
    processor.ranges(
      of: UnsafeBufferPointer(start: x, count: tokens * width),
      width: columns,
      minima: minima.start,
      maxima: maxima.start
    )
    for scope in 0..<scopeCount {
      var low: Float = 0
      var high: Float = 0
      for token in 0..<tokens {
        low = min(low, minima.start[token * scopeCount + scope])
        high = max(high, maxima.start[token * scopeCount + scope])
      }
      if let search = rule.search {
        (low, high) = searched(search, low, high, x, tokens: tokens, width: width, scope: scope, on: processor)
      }
      ranges[scope] = rule.combined(ranges[scope], with: (low, high))
    }
  }

  /// What is stored of each scope: a scale and the code of zero, or for `dynamic: local` the global scale.
  ///
  /// - Returns: `[scopeCount]` pairs, or nil when nothing was observed.
  package var points: [(scale: Float, zeroPoint: Float)]? {
    var points: [(scale: Float, zeroPoint: Float)] = []
    for range in ranges {
      guard let range else { return nil }
      let magnitude = max(-range.low, range.high)
      if arguments.dynamic == .local {
        points.append((ScaleRule.globalScale(maximum: magnitude), 0))
      } else {
        let point = scaleRule.point(minimum: range.low, maximum: range.high)
        points.append((point.scale, point.zeroPoint))
      }
    }
    return points
  }

  private var scaleRule: ScaleRule {
    var plain = arguments
    plain.strategy = .tensor
    return ScaleRule(arguments: plain, storage: storage, global: 1)
  }

  /// The shrunk range with the smallest error on one sequence.
  private func searched(
    _ search: RangeSearch,
    _ low: Float,
    _ high: Float,
    _ x: UnsafePointer<Float>,
    tokens: Int,
    width: Int,
    scope: Int,
    on processor: Processor
  ) -> (Float, Float) {
    let rule = scaleRule
    let columns = width / scopeCount
    let errors = FloatBuffer(count: tokens)
    var best = (low, high)
    var least = Float.infinity
    var fruitless = 0
    for step in 0..<search.candidateCount {
      let share = Float(search.expansion * (1 - Double(step) / Double(search.stepCount)))
      let point = rule.point(minimum: share * low, maximum: share * high)
      processor.forEachRange(of: tokens, length: 32) { range in
        for token in range {
          errors.start[token] = processor.quantizationError(
            of: UnsafeBufferPointer(start: x + token * width + scope * columns, count: columns),
            scale: point.scale,
            zeroPoint: point.zeroPoint,
            grid: rule.codes,
            power: Float(search.power)
          )
        }
      }
      let error = errors[0..<tokens].reduce(0, +)
      if error < least {
        least = error
        best = (share * low, share * high)
        fruitless = 0
      } else {
        fruitless += 1
        if let patience = search.patience, fruitless >= patience { break }
      }
    }
    return best
  }
}

extension ActivationRangeRule {
  /// The range after one more sequence.
  fileprivate func combined(
    _ old: (low: Float, high: Float)?,
    with new: (low: Float, high: Float)
  ) -> (low: Float, high: Float) {
    guard let old else { return new }
    switch combination {
    case .last: return new
    case .extremes: return (min(old.low, new.low), max(old.high, new.high))
    case .movingAverage(let share):
      let share = Float(share)
      return (old.low * (1 - share) + new.low * share, old.high * (1 - share) + new.high * share)
    }
  }
}
