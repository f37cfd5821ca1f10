internal import Diagnostics
internal import Models
internal import Vocabulary

/// What a modifier does with the modules that a target matches.
enum TargetWork {
  case quantizing
  /// Quantizing what flows into layers or attention while serving, and no weights.
  case quantizingActivations
  case pruning
  /// Pruning by modifiers that name parameters, as training tools do.
  case masking
  case rotating
}

extension PlanningContext {
  /// The modules that targets of one list match and that can be worked on, target by target; what is wrong with a target
  /// is reported.
  mutating func resolve(
    _ targets: [Spanned<Target>],
    for work: TargetWork
  ) -> [(target: Spanned<Target>, matches: [Match])] {
    // Lists name classes of several models, of which this one need not have each.
    let isPartlyMatched = targets.contains { !matches($0.value).isEmpty }
    var parameters: [(target: Spanned<Target>, module: Int)] = []
    let found = targets.map { target -> (target: Spanned<Target>, matches: [Match]) in
      let matches = matches(target.value)
      if !matches.isEmpty { return (target, usable(matches, of: target, for: work)) }
      let owners = matcher.matchesOfParameters(target.value).filter { isUsable($0, for: work) }
      if let first = owners.first {
        parameters.append((target, first))
        return (target, work == .masking ? owners.map { ($0, .pattern) } : [])
      }
      reportUnmatched(target, amongOthers: isPartlyMatched)
      return (target, [])
    }
    if let first = parameters.first {
      report(
        ClaimDiagnostics.targetNamesParameter(
          parameters.map(\.target),
          module: modules[first.module].name,
          isUnderstood: work == .masking,
          in: file
        )
      )
    }
    return found
  }

  private mutating func usable(_ matches: [Match], of target: Spanned<Target>, for work: TargetWork) -> [Match] {
    reportFurtherLayers(target, matches)
    let usable = matches.filter { isUsable($0.module, for: work) }
    if usable.isEmpty {
      report(ClaimDiagnostics.targetWithoutWeights(target, className: modules[matches[0].module].className, work))
    }
    return usable
  }

  private mutating func reportUnmatched(_ target: Spanned<Target>, amongOthers: Bool) {
    let offer = offer(for: target)
    report(
      ClaimDiagnostics.targetMatchesNothing(
        target,
        severity: amongOthers && offer?.isCorrection != true ? .warning : .error,
        offer: offer,
        example: modules.first { $0.linear != nil }?.name,
        in: file
      )
    )
  }

  private func isUsable(_ module: Int, for work: TargetWork) -> Bool {
    switch (modules[module].kind, work) {
    // No checkpoint format has codes of transposed weights.
    case (.linear(let layer), .quantizing), (.linear(let layer), .quantizingActivations): !layer.isTransposed
    case (.linear(let layer), .rotating): !layer.isTransposed
    case (.linear, _), (.embedding, .quantizing): true
    case (.other, .quantizingActivations): modules[module].isAttention
    case (.embedding, .quantizingActivations): false
    case (_, .pruning), (_, .masking): !matcher.layers(in: module).isEmpty
    case (.embedding, .rotating), (.other, .quantizing), (.other, .rotating): false
    }
  }

  /// A pattern that names one layer and reaches others whose numbers begin alike.
  private mutating func reportFurtherLayers(_ target: Spanned<Target>, _ matches: [Match]) {
    guard case .pattern(let pattern) = target.value, let number = LayerNumber(in: pattern) else { return }
    var layers: Set<Int> = []
    var moduleCount = 0
    for match in matches {
      guard let layer = DottedName(modules[match.module].name).firstNumber, layer != number.value,
        String(layer).hasPrefix(String(number.value))
      else { continue }
      layers.insert(layer)
      moduleCount += 1
    }
    guard !layers.isEmpty else { return }
    report(
      ClaimDiagnostics.patternReachesFurther(
        target,
        layer: number,
        others: layers.sorted(),
        moduleCount: moduleCount,
        of: matches.count,
        in: file
      )
    )
  }
}

/// The number of a block in a name or a pattern.
struct LayerNumber {
  /// The number.
  let value: Int
  /// Its digits, as UTF-8 offsets of the pattern.
  let digits: Range<Int>
  /// The single dot behind it, when there is one, as UTF-8 offsets.
  let dot: Range<Int>?

  /// The only number between `layers` and its dot, and what follows.
  init?(in pattern: String) {
    let bytes = Array(pattern.utf8)
    let word = Array("layers".utf8)
    guard
      let start = bytes.indices.first(where: { bytes[$0...].starts(with: word) }).map({ $0 + word.count })
    else { return nil }
    var position = start
    if position < bytes.count, bytes[position] == UInt8(ascii: "\\") { position += 1 }
    guard position < bytes.count, bytes[position] == UInt8(ascii: ".") else { return nil }
    position += 1
    let end = bytes[position...].firstIndex { !Self.isDigit($0) } ?? bytes.count
    guard let value = Int(String(decoding: bytes[position..<end], as: UTF8.self)) else { return nil }
    self.value = value
    digits = position..<end
    let hasDot = end < bytes.count && bytes[end] == UInt8(ascii: ".")
    let isRepeated = end + 1 < bytes.count && "*+?{".utf8.contains(bytes[end + 1])
    dot = hasDot && !isRepeated ? end..<end + 1 : nil
  }

  private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }
}
