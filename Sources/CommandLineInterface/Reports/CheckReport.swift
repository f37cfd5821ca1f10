internal import ArgumentParser
internal import Diagnostics
internal import JSONDocuments
internal import Planning

/// How `check` shows diagnostics.
enum CheckFormat: String, CaseIterable, ExpressibleByArgument {
  /// With the source line.
  case text
  /// One line each.
  case concise
  /// One JSON object.
  case json
  /// Static Analysis Results Interchange Format 2.1.0, which code scanning services take.
  case sarif
  /// Workflow commands, which GitHub Actions shows beside the lines.
  case github
}

/// All that is said in one run of `check`.
struct CheckReport {
  /// A diagnostic, and the name of the file that it is shown at.
  struct Entry {
    let diagnostic: Diagnostic
    /// The file that it is about or was met with; nil when it is about none.
    let fileName: String?
  }

  /// Everything, in the order in which it was found.
  private(set) var entries: [Entry] = []
  /// Recipes that could be read.
  private(set) var recipeCount = 0
  /// What the targets of each recipe stand for in the model, by the recipe's name.
  private(set) var resolutions: [(name: String, targets: [ResolvedTarget])] = []

  var diagnostics: [Diagnostic] { entries.map(\.diagnostic) }

  /// Adds what is said of a recipe that was read.
  mutating func addRecipe(_ name: String, _ diagnostics: [Diagnostic]) {
    recipeCount += 1
    add(diagnostics, at: name)
  }

  /// Adds what the targets of a recipe stand for in the model.
  mutating func addResolution(_ name: String, _ targets: [ResolvedTarget]) {
    if !targets.isEmpty { resolutions.append((name, targets)) }
  }

  /// The targets of all recipes with their counts, one line each: `GPTQModifier W4A16: 28 modules for Linear`.
  var resolutionText: String {
    resolutions.map { resolution in
      let lines = resolution.targets.map { target in
        "  \(target.modifier) \(target.scheme): \(counted(target.moduleCount, "module")) for \(target.target)\n"
      }
      return "\(resolution.name.visible):\n" + lines.joined()
    }.joined()
  }

  /// Adds what is said of a file that was not checked, or of no file.
  mutating func add(_ diagnostics: [Diagnostic], at name: String? = nil) {
    entries += diagnostics.map { Entry(diagnostic: $0, fileName: $0.file?.name ?? name) }
  }

  /// The report in a form that goes to standard output; nil for text, which goes to standard error.
  func document(_ format: CheckFormat) -> String? {
    switch format {
    case .text: nil
    case .concise: entries.map { $0.diagnostic.concise + "\n" }.joined()
    case .json: json.serialized(.prettyInOrder) + "\n"
    case .sarif: sarif.serialized(.prettyInOrder) + "\n"
    case .github: entries.map { $0.workflowCommand + "\n" }.joined()
    }
  }

  /// One line that counts: `2 recipes checked: 1 error, 0 warnings`.
  func summary(offersFixes: Bool) -> String {
    let errors = diagnostics.count { $0.severity == .error }
    let warnings = diagnostics.count { $0.severity == .warning }
    let found = errors + warnings == 0 ? "no errors" : "\(counted(errors, "error")), \(counted(warnings, "warning"))"
    let fixable = diagnostics.count { $0.fixIts.contains { $0.applicability == .safe } }
    let offer =
      offersFixes && fixable > 0 ? "; --fix repairs \(fixable == diagnostics.count ? "all" : "\(fixable)")" : ""
    return "\(counted(recipeCount, "recipe")) checked: \(found)\(offer)"
  }
}

/// A count with its noun: `1 error`, `9,950 errors`.
func counted(_ count: Int, _ noun: String) -> String {
  "\(grouped(count)) \(noun)\(count == 1 ? "" : "s")"
}

/// A count with a comma after each three digits from the right.
func grouped(_ count: Int) -> String {
  let digits = Array(String(count))
  let groupSize = 3
  return digits.enumerated().map { index, digit in
    index > 0 && (digits.count - index).isMultiple(of: groupSize) ? ",\(digit)" : "\(digit)"
  }.joined()
}
