import Diagnostics
import Foundation
import Recipes
import TestSupport

extension RecipeLoader {
  /// The recipes under `Fixtures/included`.
  static let fixtures = RecipeLoader { (path, _) throws(Failure) in
    let url = Places.fixtures(of: "Recipes").appending(path: "included").appending(path: path)
    guard let data = try? Data(contentsOf: url) else { throw Failure("there is no such file") }
    return SourceFile(name: path, bytes: Array(data))
  }

  /// Recipes by name.
  static func texts(_ texts: [String: String]) -> RecipeLoader {
    RecipeLoader { (path, _) throws(Failure) in
      guard let text = texts[path] else { throw Failure("there is no such file") }
      return SourceFile(name: path, text: text)
    }
  }
}
