import Diagnostics
import RecipeGrammar
import Vocabulary

/// The rules over all modifiers of a recipe together.
enum RecipeRules {
  /// Holds all modifiers against each other.
  static func check(_ modifiers: [RecipeModifier], _ context: inout CheckContext) {
    checkStages(modifiers, &context)
    checkIdle(modifiers, &context)
    checkOrder(modifiers, &context)
    checkSmoothing(modifiers, &context)
    checkZeros(modifiers, &context)
    let stages = modifiers.compactMap { modifier -> QuantizationStage? in
      if case .quantization(let stage) = modifier.work { stage } else { nil }
    }
    for (index, later) in stages.enumerated() {
      for earlier in stages[..<index] {
        checkOverlap(earlier, later, &context)
        if let first = earlier.keyValueCache, let second = later.keyValueCache {
          context.report(ModifierDiagnostics.cacheTwice(second.span, first: first.span))
        }
      }
    }
  }

  /// A modifier without work is a mistake when it is the recipe's only one, and else a remark.
  private static func checkIdle(_ modifiers: [RecipeModifier], _ context: inout CheckContext) {
    let isAlone = modifiers.allSatisfy { if case .nothing = $0.work { true } else { false } }
    for modifier in modifiers {
      guard case .nothing(let name) = modifier.work else { continue }
      var diagnostic = ModifierDiagnostics.nothingToQuantize(name, isGPTQ: false)
      diagnostic.severity = isAlone ? .error : .warning
      context.report(diagnostic)
    }
  }

  /// Work is done by kind, whatever the order of the text; where the text would do it in another, it is told.
  private static func checkOrder(_ modifiers: [RecipeModifier], _ context: inout CheckContext) {
    for (index, later) in modifiers.enumerated() {
      let ahead = modifiers[..<index].filter { $0.work.rank > later.work.rank }
      if let quantized = ahead.first(where: \.changesWeightsForGood) {
        context.report(RecipeDiagnostics.workAfterQuantization(later, earlier: quantized.name))
      } else if let earlier = ahead.first, !later.keepsZerosOnly, !later.isImplied {
        context.report(RecipeDiagnostics.rearrangedWork(later, earlier: earlier))
      }
    }
  }

  /// AWQ searches for factors that suit a scheme, so there must be one.
  private static func checkSmoothing(_ modifiers: [RecipeModifier], _ context: inout CheckContext) {
    let quantizes = modifiers.contains { $0.hasWeights }
    for modifier in modifiers {
      guard case .smoothing(let stage) = modifier.work, case .awq = stage.method, !quantizes else { continue }
      context.report(RecipeDiagnostics.smoothingWithoutQuantization(modifier.name))
    }
  }

  /// Zeros in a pattern outlive quantization here, and do not in the other tool.
  private static func checkZeros(_ modifiers: [RecipeModifier], _ context: inout CheckContext) {
    let pruning = modifiers.first { modifier in
      if case .pruning(let stage) = modifier.work { stage.method.choosesWeights } else { false }
    }
    guard let pruning, let quantized = modifiers.first(where: \.changesWeightsForGood) else { return }
    context.report(RecipeDiagnostics.zerosKept(quantized.name, pruning: pruning.name))
  }

  private static func checkStages(_ modifiers: [RecipeModifier], _ context: inout CheckContext) {
    guard let first = modifiers.first,
      let other = modifiers.first(where: { $0.stageName.value != first.stageName.value })
    else { return }
    var collision: (RecipeModifier, RecipeModifier)?
    for (index, later) in modifiers.enumerated() {
      for earlier in modifiers[..<index]
      where earlier.name.value == later.name.value && earlier.groupName.value == later.groupName.value {
        collision = collision ?? (earlier, later)
      }
    }
    if let (earlier, later) = collision {
      context.report(ModifierDiagnostics.collidingModifiers(later.name, first: earlier.name.span))
    } else {
      context.report(ModifierDiagnostics.severalStages(other.stageName, first: first.stageName))
    }
  }

  /// Two stages that share a target and ignore the same modules certainly claim one module twice.
  private static func checkOverlap(
    _ earlier: QuantizationStage,
    _ later: QuantizationStage,
    _ context: inout CheckContext
  ) {
    guard Set(earlier.ignored.map(\.value)) == Set(later.ignored.map(\.value)) else { return }
    let claimed = earlier.groups.flatMap(\.targets)
    for target in later.groups.flatMap(\.targets) {
      if claimed.contains(where: { $0.value == target.value }) {
        context.report(ModifierDiagnostics.overlappingModifiers(later.modifier, earlier.modifier, target))
        return
      }
    }
  }
}

extension RecipeModifier.Work {
  /// The place of the work in the order it is done.
  fileprivate var rank: Int {
    let kind: StageKind =
      switch self {
      case .rotation: .rotation
      case .smoothing: .smoothing
      case .pruning: .pruning
      case .quantization, .takeover, .nothing: .quantization
      }
    return StageKind.allCases.firstIndex(of: kind) ?? 0
  }
}

extension RecipeModifier {
  /// Whether llm-compressor rounds the weights when it comes to the modifier, rather than when it saves.
  fileprivate var changesWeightsForGood: Bool {
    switch work {
    case .takeover: true
    case .quantization(let stage): hasWeights && stage.method != .roundToNearest
    case .rotation, .smoothing, .pruning, .nothing: false
    }
  }

  /// Whether it only keeps zeros that are there, which no order changes.
  fileprivate var keepsZerosOnly: Bool {
    if case .pruning(let stage) = work { stage.method == .constant } else { false }
  }
}

extension PruningMethod {
  /// Whether single weights become zero.
  fileprivate var choosesWeights: Bool {
    switch self {
    case .sparseGPT, .wanda, .magnitude: true
    case .constant, .reap: false
    }
  }
}
