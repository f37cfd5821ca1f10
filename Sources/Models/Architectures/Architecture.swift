internal import JSONDocuments

/// What one model family looks like: an architecture document, read.
///
/// A document names the modules that transformers builds, the keys of config.json that hold each number, and the dataflow
/// of a block. Shared inputs, smoothing places, fused sets and the forward pass all follow from that.
package struct Architecture: Hashable, Sendable {
  /// The family's name, that of the document.
  package let family: String
  /// Values of `model_type` in config.json that belong to the family.
  package let modelTypes: [String]
  /// The modules, in the order of transformers' `named_modules`.
  let modules: ModulePattern
  /// Classes that are others under a name of their own: `FalconLinear` is a `Linear`.
  let bases: [String: String]
  /// Names that checkpoints give to modules, where they are not the modules' own.
  let storedNames: [StoredName]
  /// Where each number is found.
  let numbers: [NumberRole: NumberSource]
  /// Members of config.json that must have one value where they are there: the family's other shapes are not described.
  let requirements: [Requirement]
  /// How all norms compute.
  let norms: NormNames
  /// Names outside the block.
  let decoder: DecoderNames
  /// The attention part of a block.
  let attention: AttentionNames
  /// The feed-forward part of the blocks without experts; nil where all have some.
  let feedForward: FeedForwardNames?
  /// The part with experts; nil in families without.
  let experts: ExpertNames?

  /// The family that a config.json's `model_type` names, if it is known.
  package static func named(byModelType type: String) -> Architecture? {
    standard.first { $0.modelTypes.contains(type) }
  }

  /// Names of weights and biases of every module that the document names, `*` standing for each of some numbers.
  package func tensorNames(numbers: [Int]) -> [String] {
    var names = modules.names
    while names.contains(where: { $0.split(separator: ".").contains("*") }) {
      names = names.flatMap { name in
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard let place = parts.firstIndex(of: "*") else { return [name] }
        return numbers.map { number in
          (parts[..<place] + ["\(number)"] + parts[(place + 1)...]).joined(separator: ".")
        }
      }
    }
    return names.flatMap { ["\($0).weight", "\($0).bias"] }
  }

  /// What the families call their heads.
  package static let headNames = Set(standard.flatMap(\.decoder.heads))
}

extension Architecture {
  /// The class of layers whose weights are stored as `[columns, rows]`.
  static let transposedClass = "Conv1D"
  /// Classes of modules that hold a table.
  static let tableClasses = ["Linear", transposedClass, "Embedding"]

  /// What a class is, other than under its own name.
  func base(of className: String) -> String { bases[className] ?? className }
}

extension Architecture {
  /// How all norms of a model compute.
  struct NormNames: Hashable, Sendable {
    let kind: NormKind
    /// Added to each stored weight.
    let offset: Float
  }

  /// Names of the modules outside the block.
  struct DecoderNames: Hashable, Sendable {
    let embedding: String
    /// The table of learned positions; nil in families that have none.
    let positions: String?
    /// The row of that table for the first position.
    let firstPosition: Int
    /// Whether embeddings are multiplied by the root of their width.
    let scalesEmbedding: Bool
    let blocks: String
    let finalNorm: String
    /// Names that checkpoints give the head; the first is transformers' own.
    let heads: [String]
    /// Which blocks see the tokens of a window only, where config.json does not list them.
    let windows: WindowedBlocks
  }

  /// Names of an attention part's modules, relative to the block.
  struct AttentionNames: Hashable, Sendable {
    let name: String
    /// Names of the norm before it: the first that the checkpoint has counts; empty where the part reads the residual
    /// stream itself.
    let norms: [String]
    /// The norm behind it.
    let outputNorm: String?
    let query, key, value: String?
    let fused: FusedNames?
    let lowRank: LowRankNames?
    let queryNorm, keyNorm: String?
    /// Whether those norms span all heads.
    let normsSpanHeads: Bool
    let output: String
    let rotaryLayout: RotaryLayout
  }

  /// One layer for query, key and value.
  struct FusedNames: Hashable, Sendable {
    let name: String
    let order: FusedOrder
  }

  /// Layers of a multi-head latent attention (arXiv:2405.04434, section 2.1).
  struct LowRankNames: Hashable, Sendable {
    let queryDown, queryNorm, queryUp: String
    let keyValueDown, keyValueNorm, keyValueUp: String
  }

  /// Names of a feed-forward part's modules, relative to the block.
  struct FeedForwardNames: Hashable, Sendable {
    let name: String
    let norms: [String]
    let outputNorm: String?
    let layers: ProductNames
  }

  /// Layers between a part's input and its output.
  struct ProductNames: Hashable, Sendable {
    let gate, up: String?
    /// One layer for gate and up, the gate's rows first.
    let fused: String?
    let down: String
  }

  /// Names of a part with experts, relative to the block; `*` stands for an expert's number.
  struct ExpertNames: Hashable, Sendable {
    let name: String
    let norms: [String]
    let outputNorm: String?
    let router: String
    /// The tensor that is added to scores for the choice alone.
    let correction: String?
    let scoring: ExpertRouting.Scoring
    let layers: ProductNames
    let shared: SharedNames?
  }

  /// An expert that sees every token.
  struct SharedNames: Hashable, Sendable {
    let layers: ProductNames
    /// The layer whose sigmoid weighs what it computes; nil where it counts in full.
    let gate: String?
  }

  /// A member of config.json that must have one value.
  struct Requirement: Hashable, Sendable {
    let key: String
    let value: JSON
  }

  /// A name that checkpoints give to a module, with `*` for each number.
  struct StoredName: Hashable, Sendable {
    let module: String
    let stored: String
  }

  /// Which blocks have a window.
  enum WindowedBlocks: String, CaseIterable, Hashable, Sendable {
    case all
    /// The first, third, … block.
    case even
    /// All from a number of config.json on.
    case fromFirst = "from_first"
    /// Even ones before a number of config.json.
    case evenBeforeFirst = "even_before_first"
    /// All but every n-th.
    case butPeriod = "but_period"
  }
}

/// How a norm computes.
package enum NormKind: String, CaseIterable, Hashable, Sendable {
  /// `x / sqrt(mean(x²) + ε) · w` (arXiv:1910.07467).
  case rootMeanSquare = "rms"
  /// `(x - mean(x)) / sqrt(var(x) + ε) · w + b` (arXiv:1607.06450).
  case layer
}

/// Which channels of a head a rotary embedding turns against each other.
package enum RotaryLayout: String, CaseIterable, Hashable, Sendable {
  /// Channel `i` against channel `i + n / 2`.
  case halves
  /// Channel `2i` against channel `2i + 1`.
  case pairs
}

/// How rows of a layer for query, key and value are ordered.
package enum FusedOrder: String, CaseIterable, Hashable, Sendable {
  /// All queries, all keys, all values.
  case stacked
  /// For each key head: its query heads, the key, the value.
  case grouped
}
