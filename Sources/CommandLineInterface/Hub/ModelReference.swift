internal import Hub
internal import Recipes

/// A model as a command line or a recipe names it: by its folder, or by its name on a hub.
struct ModelReference {
  /// The folder that it is if there is one.
  let path: String
  /// What it is called on a hub; nil when the text can only be a path.
  let name: HubName?

  /// Takes what the command line has.
  init(_ text: String) {
    path = text
    name = HubName(text)
  }

  /// Takes what a recipe has, whose paths are relative to its folder.
  init(_ text: String, in recipe: Recipe) {
    path = Loading.path(text, from: recipe)
    name = HubName(text)
  }
}
