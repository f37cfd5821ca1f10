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
  /// One for each head, or for each group of channels where local scales are found at run time; nil before any sequence.
  private var ranges: [(low: Float, high: Float)]?

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
    let columns = arguments.dynamic == .local ? arguments.groupSize ?? width : width / scopeCount
    let scopes = width / columns
    let runs = tokens * scopes
    let (minima, maxima) = (FloatBuffer(count: runs), FloatBuffer(count: runs))
    processor.ranges(
      of: UnsafeBufferPointer(start: x, count: tokens * width),
      width: columns,
      minima: minima.start,
      maxima: maxima.start
    )
    let known = ranges
    ranges = (0..<scopes).map { scope in
      var low: Float = 0
      var high: Float = 0
      for token in 0..<tokens {
        low = min(low, minima.start[token * scopes + scope])
        high = max(high, maxima.start[token * scopes + scope])
      }
      if let search = rule.search {
        let first = x + scope * columns
        (low, high) = searched(search, low, high, first, tokens: tokens, columns: columns, stride: width, on: processor)
      }
      return rule.combined(known?[scope], with: (low, high))
    }
  }

  /// What is stored of each head: a scale and the code of zero, or for `dynamic: local` the one global scale.
  ///
  /// - Returns: `[scopeCount]` pairs, or nil when nothing was observed.
  package var points: [(scale: Float, zeroPoint: Float)]? {
    guard let ranges else { return nil }
    guard arguments.dynamic != .local else {
      return [(ScaleRule.globalScale(maximum: ranges.reduce(0) { max($0, -$1.low, $1.high) }), 0)]
    }
    return ranges.map { range in
      let point = scaleRule.point(minimum: range.low, maximum: range.high)
      return (point.scale, point.zeroPoint)
    }
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
    columns: Int,
    stride: Int,
    on processor: Processor
  ) -> (Float, Float) {
    let rule = scaleRule
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
            of: UnsafeBufferPointer(start: x + token * stride, count: columns),
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
