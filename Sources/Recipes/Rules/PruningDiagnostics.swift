import Diagnostics
import Syntax
import Vocabulary

/// What can be wrong with a modifier that prunes.
enum PruningDiagnostics {
  static func blockCutsPattern(_ span: SourceSpan, block: Int, pattern: Int) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("block-cuts-pattern"),
      "a block of \(block) columns does not hold whole patterns of \(pattern)",
      at: span,
      label: "must be a multiple of \(pattern)",
      notes: ["llm-compressor would lose the pattern's alignment without a word"]
    )
  }

  static func globalThreshold(_ span: SourceSpan) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("global-threshold"),
      "one threshold for all layers is not implemented anywhere",
      at: span,
      label: "only false",
      notes: ["llm-compressor refuses it when the run begins"]
    )
  }

  static func ignoredByPareOnly(_ entry: Spanned<Target>) -> Diagnostic {
    Diagnostic(
      .note,
      DiagnosticCode("ignored-by-pare-only"),
      "Pare leaves \(entry.value) alone; llm-compressor prunes it all the same",
      at: entry.span,
      label: "it compares with \"\(entry.value).\", dot included",
      help: "\"re:.*\(entry.value)\" works in both"
    )
  }

  static func incompleteProfile(_ span: SourceSpan, given: String, missing: [String]) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("incomplete-profile"),
      "\(given) needs \(missing.joined(separator: " and ")) beside it",
      at: span,
      label: "one of three that belong together",
      help: "give sparsity_profile: owl, owl_m and owl_lmbda, such as 5 and 0.08"
    )
  }

  static func missingSparsity(_ modifier: Spanned<String>, at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("missing-sparsity"),
      "\(modifier.value) says neither how many weights become zero nor in which pattern",
      at: span,
      label: "null",
      help: "write a fraction such as 0.5, or mask_structure: \"2:4\""
    )
  }

  static func nothingToPrune(_ modifier: Spanned<String>, at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("nothing-to-prune"),
      "\(modifier.value) would prune nothing",
      at: span,
      label: "no weight becomes zero",
      help: "write a fraction such as 0.5, or remove the modifier",
      notes: ["llm-compressor's SparseGPT prunes one weight of every block even so"]
    )
  }

  static func oneShot(_ modifier: Spanned<String>, meaning: String) -> Diagnostic {
    Diagnostic(
      .note,
      DiagnosticCode("one-shot-pruning"),
      "Pare \(meaning); llm-compressor changes no weight here",
      at: modifier.span,
      label: "made for training",
      notes: ["llm-compressor prunes with it at the steps of an optimizer, which one shot does not have"]
    )
  }

  static func profileWithList(_ span: SourceSpan, profile: SourceSpan) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("profile-with-list"),
      "a profile spreads one fraction over the layers, and here is one for each",
      at: span,
      label: "a list",
      secondary: [LabelledSpan(profile, "would set them")],
      help: "write one fraction, or remove the profile"
    )
  }

  static func profileWithMask(_ profile: SourceSpan, mask: SourceSpan) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("profile-with-mask"),
      "a pattern fixes the sparsity of every layer, so no profile can spread it",
      at: profile,
      label: "has no effect",
      secondary: [LabelledSpan(mask, "fixes it")],
      help: "remove one of them"
    )
  }

  static func reportPath(_ path: Spanned<String>) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("report-path"),
      "report_path \"\(path.value)\" must end in .json",
      at: path.span,
      label: "a JSON file",
      fixIts: [
        FixIt("write \(path.value).json", .unsafe, edits: [TextEdit(path.span, (path.value + ".json").quotedForYAML)])
      ]
    )
  }

  static func searchedPattern(_ text: Spanned<String>) -> Diagnostic {
    let bare = text.value.dropFirst(Target.patternPrefix.count)
    return Diagnostic(
      .error,
      DiagnosticCode("searched-pattern"),
      "this ignore holds patterns without re:, which are searched anywhere in a name",
      at: text.span,
      label: "re: would be part of the pattern",
      fixIts: [FixIt("write \"\(bare)\"", .unsafe, edits: [TextEdit(text.span, String(bare).quotedForYAML)])]
    )
  }

  static func sparsityContradictsMask(
    _ sparsity: Spanned<Double>,
    mask: String,
    implied: Double,
    maskSpan: SourceSpan
  ) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("sparsity-contradicts-mask"),
      "sparsity \(sparsity.value) contradicts mask_structure \(mask), which makes it \(implied)",
      at: sparsity.span,
      label: "would be ignored",
      secondary: [LabelledSpan(maskSpan, "fixes it at \(implied)")],
      fixIts: [FixIt("write \(implied)", .unsafe, edits: [TextEdit(sparsity.span, "\(implied)")])]
    )
  }

  static func targetsAsString(_ text: Spanned<String>) -> Diagnostic {
    Diagnostic(
      .warning,
      DiagnosticCode("targets-as-string"),
      "llm-compressor takes \"\(text.value)\" apart into letters here and prunes nothing",
      at: text.span,
      label: "read as a list of one",
      fixIts: [FixIt("make it a list", .safe, edits: [TextEdit(text.span, "[\(text.value.quotedForYAML)]")])]
    )
  }
}
