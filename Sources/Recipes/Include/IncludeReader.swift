import Diagnostics
import RecipeGrammar
import Syntax

/// Merges what a recipe includes into one tree.
struct IncludeReader {
  /// Recipes inside one another, and recipes in all, at most.
  private static let (depthLimit, countLimit) = (8, 16)

  let loader: RecipeLoader
  /// The key that names other recipes.
  let key: String
  private(set) var sources: RecipeSources
  private(set) var diagnostics: [Diagnostic] = []
  private var count = 0

  init(_ file: SourceFile, loader: RecipeLoader, grammar: Grammar) {
    self.loader = loader
    key = grammar.includeKey
    sources = RecipeSources(file)
  }

  /// The tree with everything included in place; spans point into the combined text of `sources`.
  mutating func merged(_ tree: SyntaxTree) -> SyntaxNode? {
    guard let root = tree.root, let mapping = root.mapping, mapping.entry(key) != nil else { return tree.root }
    return .mapping(merged(mapping, of: tree.file, within: [tree.file]))
  }

  /// The document of a recipe over all that it includes; its spans are those of the combined text already, and the
  /// chain is the recipes that lead to it, itself last.
  private mutating func merged(_ mapping: MappingSyntax, of file: SourceFile, within chain: [SourceFile])
    -> MappingSyntax
  {
    guard let entry = mapping.entry(key) else { return mapping }
    let own = mapping.keeping { $0.key.text != key }
    guard let paths = paths(entry.value) else {
      report(IncludeDiagnostics.includeForm(entry.value))
      return own
    }
    if chain.count == 1 { report(IncludeDiagnostics.includedRecipe(entry.key.spanned)) }
    var base: MappingSyntax?
    for path in paths {
      guard let included = included(path, from: file, chain) else { continue }
      base = base.map { $0.overridden(by: included) } ?? included
    }
    return base.map { $0.overridden(by: own) } ?? own
  }

  private mutating func included(
    _ path: Spanned<String>,
    from file: SourceFile,
    _ chain: [SourceFile]
  ) -> MappingSyntax? {
    count += 1
    guard chain.count <= Self.depthLimit, count <= Self.countLimit else {
      report(IncludeDiagnostics.tooManyIncludes(path, limit: Self.countLimit))
      return nil
    }
    let loaded: SourceFile
    do throws(RecipeLoader.Failure) {
      loaded = try loader.load(path.value, from: file)
    } catch {
      report(IncludeDiagnostics.includeNotFound(path, reason: error.reason))
      return nil
    }
    if chain.contains(where: { $0.name == loaded.name }) {
      report(IncludeDiagnostics.includeCycle(path, chain: chain.map(\.name) + [loaded.name]))
      return nil
    }
    let tree = SyntaxTree.parse(loaded)
    diagnostics += tree.diagnostics
    guard let root = tree.root, !tree.diagnostics.hasErrors else { return nil }
    let start = sources.append(loaded)
    guard let mapping = root.shifted(by: start).mapping else {
      report(StructureDiagnostics.expectedMapping("a recipe", root.shifted(by: start)))
      return nil
    }
    return merged(mapping, of: loaded, within: chain + [loaded])
  }

  private func paths(_ node: SyntaxNode) -> [Spanned<String>]? {
    if let scalar = node.scalar { return scalar.text.isEmpty ? nil : [scalar.spanned] }
    guard let items = node.sequence?.items, !items.isEmpty else { return nil }
    let paths = items.compactMap { $0.scalar?.spanned }.filter { !$0.value.isEmpty }
    return paths.count == items.count ? paths : nil
  }

  private mutating func report(_ diagnostic: Diagnostic) {
    diagnostics.append(sources.localized(diagnostic))
  }
}

extension MappingSyntax {
  /// The mapping with another's entries over its own: mappings are merged, all else is replaced, and null takes a
  /// mapping out.
  fileprivate func overridden(by other: MappingSyntax) -> MappingSyntax {
    var entries: [MappingEntrySyntax] = []
    for entry in self.entries {
      guard let over = other.entry(entry.key.text) else {
        entries.append(entry)
        continue
      }
      guard let base = entry.value.mapping else {
        entries.append(over)
        continue
      }
      if let mapping = over.value.mapping {
        entries.append(MappingEntrySyntax(key: over.key, value: .mapping(base.overridden(by: mapping))))
      } else if !over.value.isNull {
        entries.append(over)
      }
    }
    entries += other.entries.filter { entry($0.key.text) == nil }
    return other.replacing(entries)
  }
}
