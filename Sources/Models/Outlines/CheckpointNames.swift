internal import Checkpoints

/// What is known of the tensors of a checkpoint.
enum KnownTensors {
  /// Types and shapes, by name.
  case described([String: TensorDescription])
  /// Names alone: an index without its shards.
  case named(Set<String>)

  func contains(_ name: String) -> Bool {
    switch self {
    case .described(let tensors): tensors[name] != nil
    case .named(let names): names.contains(name)
    }
  }
}

/// How a document's names become those of a checkpoint: the decoder may stand inside a model that also sees images, and
/// some checkpoints have names of their own.
struct CheckpointNames: Sendable {
  private let modules: Placement
  private let stored: Placement
  private let renamed: [(module: [Substring], stored: [Substring])]

  /// How the decoder stands in what holds it.
  private enum Placement: CaseIterable {
    /// As the document has it.
    case plain
    /// Without the decoder's own name in front: `h.0` for `transformer.h.0`.
    case bare
    /// `model.language_model.layers`, beside `lm_head`.
    case inModel
    /// `language_model.model.layers`, beside `language_model.lm_head`.
    case inside
  }

  /// Finds the way in which a checkpoint has the names.
  init(_ architecture: Architecture, tensors: KnownTensors) {
    let embedding = "\(architecture.decoder.embedding).weight"
    stored =
      Placement.allCases.first { tensors.contains(Self.place(embedding, $0)) }
      ?? Placement.allCases.first {
        tensors.contains(Self.place("\(architecture.decoder.embedding).weight_packed", $0))
      }
      ?? .plain
    modules = stored == .bare ? .plain : stored
    renamed = architecture.storedNames.map { ($0.module.split(separator: "."), $0.stored.split(separator: ".")) }
  }

  /// Whether the decoder stands inside a model that has other parts.
  var isWrapped: Bool { stored == .inModel || stored == .inside }

  /// Whether checkpoints have every module by its own name.
  var areModuleNames: Bool { renamed.isEmpty && stored == modules }

  /// The name of a module that a document names.
  func module(_ name: String) -> String { Self.place(name, modules) }

  /// Whether the checkpoint has the decoder as `language_model.model.layers`, which transformers has as
  /// `model.language_model.layers`.
  var isInside: Bool { stored == .inside }

  /// Names under which a checkpoint may have a module that a document names, most likely first.
  func candidates(_ name: String) -> [String] {
    if renamed.isEmpty { return [Self.place(name, stored)] }
    let parts = DottedName(name).parts
    var names: [String] = []
    for (module, stored) in renamed {
      guard let numbers = Self.numbers(of: parts, in: module) else { continue }
      var rest = numbers[...]
      names.append(stored.map { $0 == "*" ? rest.popFirst() ?? $0 : $0 }.joined(separator: "."))
    }
    return (names + [name]).map { Self.place($0, stored) }
  }

  private static func numbers(of parts: [Substring], in pattern: [Substring]) -> [Substring]? {
    guard parts.count == pattern.count else { return nil }
    var numbers: [Substring] = []
    for (part, expected) in zip(parts, pattern) where part != expected {
      guard expected == "*" else { return nil }
      numbers.append(part)
    }
    return numbers
  }

  private static func place(_ name: String, _ placement: Placement) -> String {
    guard placement != .plain else { return name }
    let parts = name.split(separator: ".", maxSplits: 1)
    switch placement {
    case .plain: return name
    case .bare: return parts.count == 2 ? String(parts[1]) : name
    case .inModel:
      return parts.count == 2
        ? "\(parts[0]).language_model.\(parts[1])" : name == "lm_head" ? name : "\(name).language_model"
    case .inside: return name.isEmpty ? "language_model" : "language_model.\(name)"
    }
  }
}
