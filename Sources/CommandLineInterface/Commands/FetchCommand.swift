internal import ArgumentParser
internal import Hub

/// `pare fetch`: downloads a model into the cache.
struct FetchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fetch",
    abstract: "Download a model from a hub, or what it has got since.",
    discussion: """
      The files go to the cache that huggingface_hub and transformers use, and the folder's path to standard output. \
      What was broken off is continued. Other commands that are given a name take what the cache has, and do not ask \
      whether a branch has moved on; this one does.

      Environment: HF_HOME and HF_HUB_CACHE (the cache), HF_ENDPOINT (the hub), HF_TOKEN, HF_HUB_OFFLINE.
      """
  )

  @Argument(help: "The model: org/name, or org/name@revision.")
  var model: String

  func validate() throws {
    if HubName(model) == nil { throw ValidationError("\"\(model)\" is not of the form org/name or org/name@revision") }
  }

  mutating func run() throws {
    guard let name = HubName(model) else { return }
    let console = Console.standard
    console.print(try Loading.fetch(name, console: console))
  }
}
