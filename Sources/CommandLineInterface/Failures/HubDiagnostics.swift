internal import Diagnostics
package import Hub

/// What was looked for when a name was taken for one on a hub, and where.
struct HubSearch {
  /// The name.
  let name: HubName
  /// The folder that it could also have been, which is not there.
  var path: String?
  /// What the cache's snapshot lacks; nil without a snapshot.
  var missing: [String]?
  /// Where the cache and the hub are.
  let settings: HubSettings

  /// Where it was not found, one sentence each.
  fileprivate var notes: [String] {
    let repository = HubCache(settings.cache).repository(name)
    let cache =
      if let missing {
        "the snapshot of \(name.revision) in \(repository) lacks \(missing.first ?? "")"
          + (missing.count > 1 ? " and \(missing.count - 1) more" : "")
      } else {
        "\(repository) has no snapshot of \(name.revision)"
      }
    return (path.map { ["there is no folder \($0)"] } ?? []) + [cache]
  }
}

/// What can go wrong with models and data that come from a hub.
enum HubDiagnostics {
  static func accessRefused(_ name: HubName, status: Int, reason: String, hasToken: Bool) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("hub-access-refused"),
      "the hub refuses \(name.id)" + (reason.isEmpty ? " with status \(status)" : ": \(reason)"),
      help: hasToken
        ? "ask for access on the page of \(name.id), or give the token of somebody who has it in HF_TOKEN"
        : "give a token in HF_TOKEN"
    )
  }

  static func checksumMismatch(_ file: String, expected: String, found: String) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("checksum-mismatch"),
      "\(file) did not come as the hub has it: its hash is \(found), and \(expected) was announced",
      help: "try again; if it stays so, something between here and the hub changes the bytes",
      notes: ["nothing of the file was kept"]
    )
  }

  static func interrupted() -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("interrupted"),
      "interrupted; what was downloaded is kept, and the next attempt continues it"
    )
  }

  static func malformedAnswer(_ url: String, fault: String) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("malformed-hub-answer"),
      "\(url): \(fault)",
      help: "HF_ENDPOINT must name a hub, and proxies must pass its headers on"
    )
  }

  static func notInCache(_ path: String) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("model-not-found"),
      "there is neither a folder \(path) nor enough of such a model in the cache",
      help: "download it first: pare fetch org/name"
    )
  }

  static func noSuchFolder(_ path: String) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("model-not-found"),
      "there is no folder \(path)",
      help: "give a checkpoint's folder, or the name of a model on a hub: org/name"
    )
  }

  static func notAtHand(_ search: HubSearch) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("model-not-found"),
      "\(search.name.text) is not at hand",
      notes: search.notes + ["HF_HUB_OFFLINE is set: the hub is not asked"]
    )
  }

  static func notFound(_ search: HubSearch, subject: HubError.Subject, hasToken: Bool) -> Diagnostic {
    let found =
      switch subject {
      case .repository(let name): "\(search.settings.endpoint) has no \(name.id)"
      case .revision(let name): "\(name.id) has no revision \(name.revision)"
      case .file(let file, let name): "\(name.text) has no file \(file)"
      }
    let isHidden = if case .repository = subject { true } else { false }
    return Diagnostic(
      .error,
      DiagnosticCode("model-not-found"),
      "\(search.name.text) is not to be found",
      help: !isHidden
        ? nil
        : hasToken
          ? "the token in HF_TOKEN may not be one that sees it" : "what is private or gated needs a token in HF_TOKEN",
      notes: search.notes + [found]
    )
  }

  static func noSafetensors(_ name: HubName) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("no-safetensors"),
      "\(name.text) has neither model.safetensors nor its index",
      help: "name a repository that has the weights as safetensors, or save them so with transformers"
    )
  }

  static func unreachable(_ reason: String) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("hub-unreachable"),
      reason,
      help: "try again: files that came whole are kept, and the others are continued"
    )
  }
}

extension HubError {
  /// The error in words, with the status that it ends a command with.
  package func failure(_ settings: HubSettings) -> CommandFailure {
    switch self {
    case .notFound(let subject, let hasToken):
      let name =
        switch subject {
        case .repository(let name), .revision(let name), .file(_, let name): name
        }
      let search = HubSearch(name: name, settings: settings)
      return CommandFailure(
        HubDiagnostics.notFound(search, subject: subject, hasToken: hasToken),
        status: .usage
      )
    case .refused(let name, let status, let reason, let hasToken):
      return CommandFailure(
        HubDiagnostics.accessRefused(name, status: status, reason: reason, hasToken: hasToken),
        status: .usage
      )
    case .tooManyRequests, .status, .connection:
      return CommandFailure(HubDiagnostics.unreachable(reason(settings)), status: .machineFailed)
    case .malformedAnswer(let url, let fault):
      return CommandFailure(HubDiagnostics.malformedAnswer(url, fault: fault), status: .machineFailed)
    case .checksum(let file, let expected, let found):
      return CommandFailure(
        HubDiagnostics.checksumMismatch(file, expected: expected, found: found),
        status: .machineFailed
      )
    case .noWeights(let name): return CommandFailure(HubDiagnostics.noSafetensors(name))
    case .diskFull(let path, let needed, let available):
      return CommandFailure(
        CommandDiagnostics.diskFull(path, needed: needed, available: available),
        status: .machineFailed
      )
    case .system(let operation, let path, let code):
      return CommandFailure(
        CommandDiagnostics.systemRefused(operation, path: path, code: code),
        status: .machineFailed
      )
    case .interrupted: return CommandFailure(HubDiagnostics.interrupted(), status: .machineFailed)
    }
  }

  /// Why a request failed, when it may have better luck later.
  func reason(_ settings: HubSettings) -> String {
    switch self {
    case .tooManyRequests(let url, _): "\(url): the hub asks for fewer requests"
    case .status(let status, let url): "\(url): the hub answers with status \(status)"
    case .connection(let url, let reason): "\(url): \(reason)"
    default: failure(settings).diagnostics[0].message
    }
  }
}
