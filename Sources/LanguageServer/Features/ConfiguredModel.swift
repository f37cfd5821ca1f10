internal import Diagnostics
internal import Models
internal import Vocabulary

/// A model that recipes are checked against, and the list of its modules that an editor can open.
struct ConfiguredModel {
  /// The folder it was read from.
  let folder: String
  let outline: ModelOutline
  let matcher: ModuleMatcher

  init(folder: String, outline: ModelOutline) {
    self.folder = folder
    self.outline = outline
    matcher = ModuleMatcher(modules: outline.modules)
  }

  /// Modules that a target means, in the order of the model.
  func modules(matching target: Target) -> [Int] {
    matcher.matches(target).map(\.module)
  }

  /// The list of all modules, one line each.
  struct Listing {
    /// What its file is called.
    let name: String
    let text: String
    /// The line of each module, from 0.
    let lines: [Int: Int]
  }

  /// Columns between a module's name and what it is.
  private static let gap = 2
  /// Letters of a folder's name that the name of a list has at most: file systems allow 255 bytes in all.
  private static let nameLimit = 50

  /// All modules with their classes and shapes; the first line says whose they are.
  func listing() -> Listing {
    let shown = outline.modules.indices.filter { !outline.modules[$0].name.isEmpty }
    let width = shown.map { outline.modules[$0].name.count }.max() ?? 0
    var lines: [Int: Int] = [:]
    var text = "# Modules of \(folder): name, class, and rows and columns of the weight\n"
    for (line, index) in shown.enumerated() {
      let module = outline.modules[index]
      lines[index] = line + 1
      let padding = String(repeating: " ", count: width - module.name.count + Self.gap)
      text += "\(module.name)\(padding)\(module.className)\(Self.shape(of: module).map { " \($0)" } ?? "")\n"
    }
    let name = folder.split(separator: "/").last ?? "model"
    return Listing(name: "modules-of-\(name.prefix(Self.nameLimit)).txt", text: text, lines: lines)
  }

  private static func shape(of module: Module) -> String? {
    switch module.kind {
    case .linear(let layer): "[\(layer.rows), \(layer.columns)]"
    case .embedding(let rows, let columns): "[\(rows), \(columns)]"
    case .other: nil
    }
  }
}

/// The models that were asked for, each read once until somebody says that it may have changed.
struct ModelShelf {
  private var known: [String: Result<ConfiguredModel, Surroundings.Obstacle>] = [:]

  /// The model in a folder.
  ///
  /// - Throws: Why there is none.
  mutating func model(
    in folder: String,
    _ surroundings: Surroundings
  ) throws(Surroundings.Obstacle) -> ConfiguredModel {
    if let known = known[folder] { return try known.get() }
    do throws(Surroundings.Obstacle) {
      let model = ConfiguredModel(folder: folder, outline: try surroundings.model(folder))
      known[folder] = .success(model)
      return model
    } catch {
      known[folder] = .failure(error)
      throw error
    }
  }

  /// Forgets all models, so that they are read anew.
  mutating func clear() { known = [:] }
}
