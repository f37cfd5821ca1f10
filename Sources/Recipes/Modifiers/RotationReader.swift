import Diagnostics
import RecipeGrammar
import Syntax
import Vocabulary

/// Reads a modifier that rotates.
struct RotationReader {
  let modifier: RecipeDocument.Modifier
  let values: FieldValues

  /// The stage, or nil after a report of what is wrong with it.
  func read(_ context: inout CheckContext) -> RotationStage? {
    let before = context.diagnostics.count
    if values.boolean("learnable") == true {
      context.report(TransformDiagnostics.learnableRotation(values.place("learnable")))
    }
    if let node = values.node("transform_config") { TransformConfigReader().read(node, &context) }
    let words = rotations()
    if words.isEmpty, !values.hasFailed {
      context.report(TransformDiagnostics.noRotation(modifier.name, at: values.place("rotations")))
    }
    let isQuIP = modifier.entry.method == .quip
    let targets = isQuIP ? layers("targets", isIgnored: false, &context) : []
    let ignored = isQuIP ? layers("ignore", isIgnored: true, &context) : []
    if values.hasFailed || context.hasErrors(since: before) { return nil }
    guard let matrix = values.string("transform_type").flatMap(RotationMatrix.init) else { return nil }
    let blockSize = values.isGiven("transform_block_size") ? values.integer("transform_block_size") : nil
    return RotationStage(
      modifier: modifier.name,
      method: isQuIP
        ? .quip(words.compactMap(QuIPRotation.init)) : .spinQuant(words.compactMap(SpinQuantRotation.init)),
      matrix: matrix,
      blockSize: blockSize.map { Spanned($0, at: values.place("transform_block_size")) },
      targets: targets,
      ignored: ignored,
      precision: values.string("precision").flatMap { Grammar.elementType(named: $0) } ?? .float64,
      randomization: values.boolean("randomize") == true ? values.place("randomize") : nil,
      transformConfig: values.node("transform_config")?.span
    )
  }

  private func layers(_ name: String, isIgnored: Bool, _ context: inout CheckContext) -> [Spanned<Target>] {
    TargetReader().read(values.names(name, at: modifier.name.span), isIgnored: isIgnored, &context)
  }

  private func rotations() -> [String] {
    if let given = values.strings("rotations") { return given.map(\.value) }
    return values.string("rotations")?.split(separator: ",").map(String.init) ?? []
  }
}
