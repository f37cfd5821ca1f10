import CommandLineInterface
import Hub

extension DiagnosticCase {
  /// What can go wrong with a hub; that the hub makes it go wrong is tested where hubs are.
  static let hub = HubName("org/name").map(cases) ?? []

  private static func cases(about model: HubName) -> [DiagnosticCase] {
    [
      failure("checksum-mismatch", exits: 3, .checksum(file: "model.safetensors", expected: "3c9a…", found: "77ab…")),
      failure(
        "hub-access-refused",
        exits: 2,
        .refused(model, status: 403, reason: "access is restricted", hasToken: true)
      ),
      failure(
        "hub-unreachable",
        exits: 3,
        .connection(url: "https://hub.example/api", reason: "Could not resolve host")
      ),
      failure(
        "malformed-hub-answer",
        exits: 3,
        .malformedAnswer(url: "https://hub.example/api", fault: "there is no commit with a list of files")
      ),
      command("model-not-found", exits: 2, "plan recipe.yaml --model org/name@v2") { _ in },
      failure("no-safetensors", .noWeights(model)),
    ]
  }

  private static func failure(_ code: String, exits status: Int32 = 1, _ error: HubError) -> DiagnosticCase {
    failure(code, exits: status) {
      error.failure(HubSettings(endpoint: "https://hub.example", cache: "hub", userAgent: "pare"))
    }
  }
}
