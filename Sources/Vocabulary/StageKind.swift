/// The kinds of work a recipe may ask for, in the order they are done.
package enum StageKind: String, CaseIterable, Hashable, Sendable {
  case rotation
  case smoothing
  case pruning
  case quantization
}
