internal import Diagnostics
internal import Recipes

extension RecipeLoader {
  /// Recipes from the file system, by paths relative to the folder of the recipe that names them.
  static let files = RecipeLoader { (path, source) throws(Failure) in
    let name = Self.path(path, from: source)
    do throws(CommandFailure) {
      return SourceFile(name: name, bytes: try InputFile.read(name))
    } catch {
      throw Failure(error.diagnostics.first?.message ?? "it cannot be read")
    }
  }

  /// A path that a recipe names: relative to the recipe's folder, unless it begins at the root.
  static func path(_ path: String, from recipe: SourceFile) -> String {
    path.hasPrefix("/") ? path : joined(folder(of: recipe.name), path)
  }

  /// The folder that a recipe's paths are relative to: empty for the working directory, as for standard input.
  private static func folder(of name: String) -> Substring {
    name.lastIndex(of: "/").map { name[...$0] } ?? ""
  }

  /// A path with its `.` and `..` resolved, so that one file has one name.
  private static func joined(_ folder: Substring, _ path: String) -> String {
    var parts: [Substring] = []
    for part in (folder + path).split(separator: "/") where part != "." {
      if part == "..", let last = parts.last, last != ".." { parts.removeLast() } else { parts.append(part) }
    }
    return (folder.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
  }
}
