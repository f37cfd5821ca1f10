/// The precision in which scales and codes are computed.
package enum Arithmetic: String, Hashable, Sendable {
  /// Scales in float32, rounded once to the type they are stored in; codes against the stored scale, in float32.
  case float32
  /// Every step rounded to the weight's own type, as llm-compressor does on a CPU; for conformance tests.
  case reference
}
