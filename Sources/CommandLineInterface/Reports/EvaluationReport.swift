internal import Evaluation
internal import JSONDocuments

/// What `eval` found.
enum EvaluationReport {
  /// One model's perplexity.
  case alone(Perplexity)
  /// Two models' perplexities, and how far their predictions are apart.
  case against(Divergence)

  /// Lines for people.
  var text: String {
    switch self {
    case .alone(let perplexity):
      """
      perplexity    \(Decimal.text(perplexity.value, places: 4))
      loss          \(Decimal.text(perplexity.negativeLogLikelihood, places: 6)) nats per token
      tokens        \(perplexity.tokenCount) in \(perplexity.windowCount) windows
      """
    case .against(let divergence):
      """
      perplexity    \(Decimal.text(divergence.model.value, places: 4)) against \
      \(Decimal.text(divergence.reference.value, places: 4)), \
      \(Decimal.text(divergence.perplexityRatio, places: 4)) times as high
      loss          \(Decimal.text(divergence.model.negativeLogLikelihood, places: 6)) against \
      \(Decimal.text(divergence.reference.negativeLogLikelihood, places: 6)) nats per token
      divergence    \(Decimal.text(divergence.mean, places: 6)) nats per token; \
      median \(Decimal.text(divergence.median, places: 6)), \
      99 % at most \(Decimal.text(divergence.percentile99, places: 6)), \
      maximum \(Decimal.text(divergence.maximum, places: 6))
      agreement     \(Percentage.text(divergence.agreementFraction)) on the most likely token, \
      \(Percentage.text(divergence.overlapFraction)) of the \(TokenDivergence.topCount) most likely
      tokens        \(divergence.model.tokenCount) in \(divergence.model.windowCount) windows
      """
    }
  }

  /// The numbers for programs.
  var json: JSON {
    switch self {
    case .alone(let perplexity):
      return .object(Self.start(perplexity) + Self.counts(perplexity))
    case .against(let divergence):
      return .object(
        Self.start(divergence.model) + [
          JSON.Member(
            "against",
            .object([
              JSON.Member("perplexity", .finite(divergence.reference.value)),
              JSON.Member("negativeLogLikelihood", .finite(divergence.reference.negativeLogLikelihood)),
            ])
          ),
          JSON.Member("perplexityRatio", .finite(divergence.perplexityRatio)),
          JSON.Member(
            "divergence",
            .object([
              JSON.Member("mean", .finite(divergence.mean)),
              JSON.Member("median", .finite(divergence.median)),
              JSON.Member("percentile99", .finite(divergence.percentile99)),
              JSON.Member("maximum", .finite(divergence.maximum)),
            ])
          ),
          JSON.Member("topTokenAgreement", .finite(divergence.agreementFraction)),
          JSON.Member("topFiveOverlap", .finite(divergence.overlapFraction)),
        ] + Self.counts(divergence.model)
      )
    }
  }

  private static func start(_ perplexity: Perplexity) -> [JSON.Member] {
    [
      JSON.Member("schemaVersion", .integer(1)),
      JSON.Member("perplexity", .finite(perplexity.value)),
      JSON.Member("negativeLogLikelihood", .finite(perplexity.negativeLogLikelihood)),
    ]
  }

  private static func counts(_ perplexity: Perplexity) -> [JSON.Member] {
    [
      JSON.Member("tokens", .integer(Int64(perplexity.tokenCount))),
      JSON.Member("windows", .integer(Int64(perplexity.windowCount))),
    ]
  }
}

/// Shares in words that people read.
enum Percentage {
  /// A fraction of one, such as `12.50 %`.
  static func text(_ fraction: Double) -> String { "\(Decimal.text(100 * fraction, places: 2)) %" }
}
