internal import Models
internal import RecipeGrammar
internal import Vocabulary

/// What of a model decides how its first recipe reads, from config and headers alone.
struct RecipeTraits {
  /// The value of `model_type`, if there is one.
  let modelType: String?
  /// Decoder blocks; nil where the architecture is unknown, and then nothing can be calibrated.
  let blocks: [String]?
  /// Linear layers that are compressed.
  let layerCount: Int
  /// The largest of the usual group sizes that divides the columns of all of them; nil where none does.
  let groupSize: Int?
  /// Whether whole groups of four columns cover all of them, as the pattern 2:4 needs.
  let fitsTwoOfFour: Bool
  /// Whether zero points of four bits fill whole 32-bit words, row by row, in all of them, as servers want them.
  let packsZeroPoints: Bool
  /// What the class `Linear` reaches and should not, with the reasons.
  let kept: [Kept]
  /// Tokens of a calibration sequence.
  let sequenceLength: Int
  /// Whether the model, and not the language's default, says how long sequences are.
  let isSequenceLimited: Bool
  /// Calibration sequences.
  let sampleCount: Int

  /// An `ignore` entry.
  struct Kept: Hashable {
    /// A module's name, or `re:` and a pattern.
    let target: String
    /// What it stands for.
    let role: ModuleRole
  }

  /// Columns that may share one scale, the fewest scales first; smaller groups than these no runtime has fast kernels for.
  private static let groupSizes = [128, 64, 32, 16]

  /// Columns of one group of the pattern 2:4.
  private static let patternWidth = 4

  /// Zero points of four bits in a 32-bit word.
  private static let zeroPointsOfWord = 8

  /// Finds out; nil when the model has no linear layer that compression is for.
  init?(_ outline: ModelOutline, grammar: Grammar) {
    let linears = outline.modules.filter { $0.linear != nil }
    let layers = linears.filter { $0.role == nil }.compactMap(\.linear)
    guard !layers.isEmpty else { return nil }
    modelType = outline.modelType
    blocks = outline.decoder?.blocks.map(\.name)
    layerCount = layers.count
    groupSize = Self.groupSizes.first { size in layers.allSatisfy { $0.columns.isMultiple(of: size) } }
    fitsTwoOfFour = layers.allSatisfy { $0.columns.isMultiple(of: Self.patternWidth) }
    packsZeroPoints = layers.allSatisfy { $0.rows.isMultiple(of: Self.zeroPointsOfWord) }
    kept = Self.kept(linears)
    let limits = [outline.decoder?.configuration.positionLimit, outline.decoder?.configuration.slidingWindow]
    let standard = Self.standard("sequence_length", grammar)
    sequenceLength = limits.compactMap(\.self).reduce(standard, min)
    isSequenceLimited = sequenceLength < standard
    sampleCount = Self.standard("samples", grammar)
  }

  /// What a field of the section `calibration` is when it is omitted.
  private static func standard(_ field: String, _ grammar: Grammar) -> Int {
    let entry = grammar.section("calibration")?.fields.first { $0.name == field }
    guard let value = entry?.defaultText.flatMap({ Int($0) }) else { preconditionFailure("the table has a default") }
    return value
  }

  /// The head first, then routers, then parts that read images.
  private static func kept(_ linears: [Module]) -> [Kept] {
    var heads = linears.filter { $0.role == .head }.map(\.name)
    // The head of a model that nobody has described may be its embedding, and then no tensor has its name.
    if heads.isEmpty { heads = Architecture.headNames.sorted() }
    var kept = heads.map { Kept(target: $0, role: .head) }
    for module in linears where module.role == .router {
      append(Kept(target: "re:.*\\.\(escaped(module.lastPart))$", role: .router), to: &kept)
    }
    for module in linears where module.role == .vision {
      append(Kept(target: "re:\(escaped(part(of: module, in: linears)))\\.", role: .vision), to: &kept)
    }
    return kept
  }

  private static func append(_ entry: Kept, to kept: inout [Kept]) {
    if !kept.contains(entry) { kept.append(entry) }
  }

  /// The greatest part of the model that a vision layer is in and that has vision layers only.
  private static func part(of module: Module, in linears: [Module]) -> Substring {
    let parts = DottedName(module.name).parts
    for count in 1..<max(parts.count, 2) {
      let part = parts.prefix(count).joined(separator: ".")
      let members = linears.filter { $0.name.hasPrefix(part + ".") }
      if members.allSatisfy({ $0.role == .vision }) { return Substring(part) }
    }
    return Substring(module.name)
  }

  /// A name as a pattern that matches it alone.
  static func escaped(_ name: some StringProtocol) -> String {
    name.split(separator: ".", omittingEmptySubsequences: false).joined(separator: "\\.")
  }
}
