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
    checkOverlaps(modifiers, &context)
  }

  /// A modifier without work is a mistake when it is the recipe's only one, and else a remark.
  private static func checkIdle(_ modifiers: [RecipeModifier], _ context: inout CheckContext) {
    let isAlone = modifiers.allSatisfy { if case .nothing = $0.work { true } else { false } }
    for modifier in modifiers {
      guard case .nothing = modifier.work else { continue }
      var diagnostic = ModifierDiagnostics.nothingToQuantize(modifier.name, isGPTQ: false)
      diagnostic.severity = isAlone ? .error : .warning
      context.report(diagnostic)
    }
  }

  /// Work is done by kind, whatever the order of the text; where the text would do it in another, it is told.
  private static func checkOrder(_ modifiers: [RecipeModifier], _ context: inout CheckContext) {
    var first: [Int: RecipeModifier] = [:]
    var quantized: RecipeModifier?
    for later in modifiers {
      let rank = later.work.rank
      if let quantized, quantized.work.rank > rank {
        context.report(RecipeDiagnostics.workAfterQuantization(later, earlier: quantized.name))
      } else if let earlier = first.filter({ $0.key > rank }).max(by: { $0.key < $1.key })?.value,
        !later.keepsZerosOnly, !later.isImplied
      {
        context.report(RecipeDiagnostics.rearrangedWork(later, earlier: earlier))
      }
      first[rank] = first[rank] ?? later
      if later.changesWeightsForGood { quantized = quantized ?? later }
    }
  }

  /// AWQ searches for factors that suit a scheme, so there must be one.
  private static func checkSmoothing(_ modifiers: [RecipeModifier], _ context: inout CheckContext) {
    guard !modifiers.contains(where: \.hasWeights) else { return }
    for modifier in modifiers {
      guard case .smoothing(let stage) = modifier.work, case .awq = stage.method else { continue }
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
    var seen: [[String]: RecipeModifier] = [:]
    var collision: (RecipeModifier, RecipeModifier)?
    for modifier in modifiers where collision == nil {
      let place = [modifier.name.value, modifier.groupName.value]
      if let earlier = seen[place] { collision = (earlier, modifier) }
      seen[place] = modifier
    }
    if let (earlier, later) = collision {
      context.report(ModifierDiagnostics.collidingModifiers(later.name, first: earlier.name.span))
    } else {
      context.report(ModifierDiagnostics.severalStages(other.stageName, first: first.stageName))
    }
  }

  /// Two stages that share a target and ignore the same modules certainly claim one module twice, and there is one
  /// cache only.
  private static func checkOverlaps(_ modifiers: [RecipeModifier], _ context: inout CheckContext) {
    var claims: [Set<Target>: [Target: QuantizationStage]] = [:]
    var cache: Spanned<QuantizationArguments>?
    for modifier in modifiers where !context.isFull {
      guard case .quantization(let stage) = modifier.work else { continue }
      let ignored = Set(stage.ignored.map(\.value))
      let targets = stage.groups.flatMap(\.targets)
      // Taken out and put back, because changing it in its place would copy it.
      var claimed = claims.removeValue(forKey: ignored) ?? [:]
      for target in targets {
        guard let earlier = claimed[target.value] else { continue }
        context.report(ModifierDiagnostics.overlappingModifiers(stage.modifier, earlier.modifier, target))
        break
      }
      for target in targets where claimed[target.value] == nil { claimed[target.value] = stage }
      claims[ignored] = claimed
      if let second = stage.keyValueCache {
        if let cache { context.report(ModifierDiagnostics.cacheTwice(second.span, first: cache.span)) }
        cache = cache ?? second
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
