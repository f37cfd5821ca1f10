/// Which tokens an expert's statistics are gathered from.
package enum ExpertCalibration: String, CaseIterable, Hashable, Sendable {
  /// All tokens, wherever the router sends them.
  case all
  /// Those that the router gives it; all tokens for an expert that gets too few.
  case routed
}
