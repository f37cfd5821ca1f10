internal import Checkpoints
internal import Diagnostics
internal import Models
internal import RecipeGrammar
internal import Recipes
internal import Vocabulary

/// Holds schemes, shapes and caches against the rules of the runtime that will serve the model.
struct RuntimeCheck {
  private let runtime: RuntimeEntry
  private let claims: ClaimResolution
  /// Modules in sets that become one layer, and whether another follows in the set.
  private let fused: [Int: Bool]

  /// Checks every group that has modules, and every cache.
  static func check(_ claims: ClaimResolution, _ context: inout PlanningContext) {
    guard let runtime = context.request.runtime else { return }
    let sets = FusedSetCheck.sets(context)
    let check = RuntimeCheck(
      runtime: runtime,
      claims: claims,
      fused: Dictionary(
        sets.flatMap { set in set.enumerated().map { ($1, $0 + 1 < set.count) } },
        uniquingKeysWith: { first, _ in first }
      )
    )
    for (stageIndex, stage) in context.graph.quantization.enumerated() {
      for (groupIndex, group) in stage.groups.enumerated() {
        let place = ClaimResolution.GroupPlace(stage: stageIndex, group: groupIndex)
        guard let modules = claims.members[place] else { continue }
        check.check(group, modules, &context)
      }
      if let cache = stage.keyValueCache, runtime.cache?.accepts(cache.value) != true {
        context.report(RuntimeDiagnostics.refusesCache(cache, runtime: runtime))
      }
    }
  }

  private func check(_ group: QuantizationGroup, _ modules: [Int], _ context: inout PlanningContext) {
    let scheme = group.scheme.value
    let format = scheme.resolvedFormat
    // A group that says nothing of weights or inputs leaves its modules as they are, for any runtime.
    if scheme.served == QuantizationScheme() { return }
    guard let kernel = runtime.kernel(for: scheme, in: format) else {
      context.report(
        RuntimeDiagnostics.refusesScheme(
          group.scheme,
          in: format,
          formats: CheckpointFormat.allCases.filter { runtime.kernel(for: scheme, in: $0) != nil },
          kernels: runtime.kernels.filter { kernel in scheme.weights.map(kernel.weights.accepts) ?? false },
          hasPlace: group.preset == nil,
          runtime: runtime
        )
      )
      return
    }
    if !kernel.servesEmbeddings, let embedding = modules.first(where: { context.modules[$0].linear == nil }),
      let claim = claims.claims[embedding]
    {
      context.report(
        RuntimeDiagnostics.refusesEmbedding(claim.target, name: context.modules[embedding].name, runtime: runtime)
      )
    }
    let layers = modules.filter { context.modules[$0].linear != nil }
    for (rule, keeps) in rules(kernel, scheme) {
      let unfit = layers.filter { !keeps($0, context.modules[$0]) }.map { context.modules[$0] }
      guard !unfit.isEmpty else { continue }
      context.report(RuntimeDiagnostics.refusesShape(unfit, rule: rule, runtime: runtime, at: group.scheme.span))
    }
    if let lack = lack(of: kernel, scheme, layers.map { context.modules[$0] }) {
      context.report(RuntimeDiagnostics.lacksProcessorKernel(lack, runtime: runtime, at: group.scheme.span))
    }
  }

  private typealias ShapeRule = (text: String, holds: (Int, Module) -> Bool)

  /// What a kernel, and the joining of layers, ask of shapes.
  private func rules(_ kernel: RuntimeKernel, _ scheme: QuantizationScheme) -> [ShapeRule] {
    var rules: [ShapeRule] = []
    if kernel.columnMultiple > 1 {
      rules.append(
        ("columns in multiples of \(kernel.columnMultiple)", { $1.columnCount % kernel.columnMultiple == 0 })
      )
    }
    if kernel.rowMultiple > 1 {
      rules.append(("rows in multiples of \(kernel.rowMultiple)", { $1.rowCount % kernel.rowMultiple == 0 }))
    }
    guard let weights = scheme.weights else { return rules }
    let fused = fused
    if let block = weights.blockShape {
      rules.append(
        (
          "rows in multiples of \(block.rows) for all but the last layer of a set that becomes one",
          { fused[$0] != true || $1.rowCount % block.rows == 0 }
        )
      )
    }
    if scheme.resolvedFormat == .packQuantized, !weights.isSymmetric {
      // Zero points are packed down the rows, and layers are joined word by word.
      rules.append(
        (
          "zero points of each layer of a set that becomes one in whole 32-bit words",
          { fused[$0] == nil || $1.rowCount * weights.bitWidth % Self.wordBits == 0 }
        )
      )
    }
    return rules
  }

  /// Bits of the words that codes are packed into.
  private static let wordBits = 32

  /// What keeps a processor without accelerator from serving a group; nil when nothing does.
  private func lack(of kernel: RuntimeKernel, _ scheme: QuantizationScheme, _ layers: [Module]) -> String? {
    guard let rule = kernel.processor else { return "no processor kernel for \(kernel.summary)" }
    if let bits = scheme.weights?.bitWidth, !rule.bitWidths.isEmpty, !rule.bitWidths.contains(bits) {
      return "processor kernels take \(rule.bitWidths.map(String.init).joined(separator: " or ")) bits, not \(bits)"
    }
    if rule.needsInputs, scheme.inputActivations == nil { return "processor kernels want quantized inputs" }
    if let layer = layers.first(where: { $0.columnCount % rule.columnMultiple != 0 }) {
      return "processor kernels want columns in multiples of \(rule.columnMultiple), unlike \(layer.name)"
    }
    if let layer = layers.first(where: { $0.rowCount % rule.rowMultiple != 0 }) {
      return "processor kernels want rows in multiples of \(rule.rowMultiple), unlike \(layer.name)"
    }
    return nil
  }
}
