internal import JSONDocuments

/// The members of config.json, asked for by what they are for.
struct ConfigurationValues {
  let config: JSON
  let architecture: Architecture

  /// The key that holds a number, for messages.
  func key(_ role: NumberRole) -> String { architecture.numbers[role]?.keys.first ?? role.rawValue }

  /// The value of a role: that of its key, or what the family takes where the key is absent.
  ///
  /// An explicit null means that there is none.
  subscript(role: NumberRole) -> JSON? {
    guard let source = architecture.numbers[role] else { return nil }
    let found = source.keys.lazy.compactMap { config[$0] }.first
    guard let value = found ?? source.standard, value != .null else { return nil }
    return value
  }

  /// Holds config.json against what the document takes for granted.
  func checkRequirements() throws(ModelError) {
    for requirement in architecture.requirements {
      guard let found = config[requirement.key], found != .null, found != requirement.value else { continue }
      throw .unsupported(
        key: requirement.key,
        value: found.serialized(.compact),
        known: [requirement.value.serialized(.compact)]
      )
    }
  }

  func optionalCount(_ role: NumberRole) throws(ModelError) -> Int? {
    guard let value = self[role] else { return nil }
    guard let count = value.int, 1...Self.largestCount ~= count else {
      throw .malformedValue(key: key(role), expected: "a positive integer")
    }
    return count
  }

  func count(_ role: NumberRole) throws(ModelError) -> Int {
    guard let count = try optionalCount(role) else {
      throw .missingKey(key(role), family: architecture.family)
    }
    return count
  }

  /// A number that may be zero, such as the first block of a kind.
  func index(_ role: NumberRole) throws(ModelError) -> Int? {
    guard let value = self[role] else { return nil }
    guard let count = value.int, 0...Self.largestCount ~= count else {
      throw .malformedValue(key: key(role), expected: "an integer from 0 on")
    }
    return count
  }

  func optionalNumber(_ role: NumberRole) throws(ModelError) -> Double? {
    self[role] == nil ? nil : try positive(role)
  }

  func positive(_ role: NumberRole) throws(ModelError) -> Double {
    guard let value = self[role] else { throw .missingKey(key(role), family: architecture.family) }
    guard let number = value.double, number > 0, number.isFinite else {
      throw .malformedValue(key: key(role), expected: "a positive number")
    }
    return number
  }

  func activation() throws(ModelError) -> ActivationFunction {
    guard let name = self[.activation]?.string else { return .silu }
    guard let function = ActivationFunction(named: name) else {
      throw .unsupported(
        key: key(.activation),
        value: name,
        known: ActivationFunction.allCases.map(\.rawValue) + ActivationFunction.aliases.keys.sorted()
      )
    }
    return function
  }

  /// Channels inside a feed-forward part: as config.json says, or so many for each of the residual stream.
  func feedForwardSize(of hiddenSize: Int) throws(ModelError) -> Int {
    if let size = try optionalCount(.feedForwardSize) { return size }
    guard let widening = try optionalCount(.widening) else {
      throw .missingKey(key(.feedForwardSize), family: architecture.family)
    }
    return widening * hiddenSize
  }

  /// Key heads: as config.json says, or one for all queries, or as many as there are queries.
  func keyHeads(of queryHeads: Int) throws(ModelError) -> Int {
    let hasOne = self[.hasOneKeyHead]?.bool ?? false
    let isGrouped = self[.groupsKeyHeads]?.bool ?? false
    if hasOne, !isGrouped { return 1 }
    return try optionalCount(.keyHeads) ?? queryHeads
  }

  /// The window and the blocks that have one.
  func windows(
    _ rule: Architecture.WindowedBlocks,
    blockCount: Int
  ) throws(ModelError) -> (size: Int?, blocks: Set<Int>) {
    let uses = self[.usesSlidingWindow]?.bool ?? true
    guard uses, let size = try optionalCount(.slidingWindow) else { return (nil, []) }
    let blocks: Set<Int>
    if let kinds = self[.blockKinds]?.array {
      blocks = Set(kinds.indices.filter { $0 < blockCount && kinds[$0].string == "sliding_attention" })
    } else {
      let first = try index(.firstWindowedBlock) ?? 0
      let period = try optionalCount(.fullAttentionPeriod) ?? blockCount + 1
      blocks = Set(
        (0..<blockCount).filter { block in
          switch rule {
          case .all: true
          case .even: block.isMultiple(of: 2)
          case .fromFirst: block >= first
          case .evenBeforeFirst: block.isMultiple(of: 2) && block < first
          case .butPeriod: !(block + 1).isMultiple(of: period)
          }
        }
      )
    }
    return blocks.isEmpty ? (nil, []) : (size, blocks)
  }

  func latentNumbers(_ architecture: Architecture) throws(ModelError) -> ModelConfiguration.LatentNumbers? {
    guard architecture.attention.lowRank != nil else { return nil }
    return ModelConfiguration.LatentNumbers(
      queryRank: try optionalCount(.queryRank),
      keyValueRank: try count(.keyValueRank),
      plainDimension: try count(.plainDimension),
      rotaryDimension: try count(.rotaryDimension)
    )
  }

  func expertNumbers(
    _ architecture: Architecture,
    blockCount: Int
  ) throws(ModelError) -> ModelConfiguration.ExpertNumbers? {
    guard let names = architecture.experts else { return nil }
    let count = try count(.expertCount)
    let chosen = try self.count(.chosenExperts)
    let groups = try optionalCount(.expertGroups) ?? 1
    let chosenGroups = try optionalCount(.chosenGroups) ?? groups
    guard chosen <= count else {
      throw .malformedValue(key: key(.chosenExperts), expected: "at most \(key(.expertCount))")
    }
    guard count % groups == 0, chosenGroups <= groups else {
      throw .malformedValue(key: key(.expertGroups), expected: "a divisor of \(key(.expertCount))")
    }
    guard chosenGroups * (count / groups) >= chosen, groups == 1 || count / groups > 1 else {
      throw .malformedValue(key: key(.chosenGroups), expected: "enough groups for \(key(.chosenExperts))")
    }
    let ownSize = try optionalCount(.expertSize)
    let size = if let ownSize { ownSize } else { try self.count(.feedForwardSize) }
    var sharedSize = try optionalCount(.sharedExpertSize)
    if sharedSize == nil { sharedSize = (try optionalCount(.sharedExpertCount) ?? 1) * size }
    let first = try index(.firstExpertBlock) ?? 0
    let period = try optionalCount(.expertPeriod) ?? 1
    let dense = Set((self[.denseBlocks]?.array ?? []).compactMap(\.int))
    return ModelConfiguration.ExpertNumbers(
      count: count,
      size: size,
      sharedSize: names.shared == nil ? nil : sharedSize,
      routing: ExpertRouting(
        chosen: chosen,
        scoring: names.scoring,
        normalizes: self[.normalizesExperts]?.bool ?? false,
        factor: Float(try optionalNumber(.expertFactor) ?? 1),
        groups: groups,
        chosenGroups: chosenGroups
      ),
      blocks: Set(
        (0..<blockCount).filter { $0 >= first && ($0 + 1).isMultiple(of: period) && !dense.contains($0) }
      )
    )
  }

  /// The rotary embeddings: that of all blocks, or of those without a window, and then that of those with one.
  func rotaries(width: Int, positionLimit: Int?) throws(ModelError) -> [RotaryEmbedding] {
    let parameters = config["rope_parameters"] ?? .null
    let share = self[.rotaryShare]?.double
    func embedding(_ parameters: JSON, base: Double?) throws(ModelError) -> RotaryEmbedding {
      try RotaryEmbedding(
        parameters,
        base: base,
        share: share,
        width: width,
        positionLimit: positionLimit,
        originalPositions: config["original_max_position_embeddings"]?.int
      )
    }
    let base = try optionalNumber(.rotaryBase)
    if let full = parameters["full_attention"] {
      let local = parameters["sliding_attention"] ?? .null
      return [
        try embedding(full, base: base), try embedding(local, base: try optionalNumber(.localRotaryBase)),
      ]
    }
    let scaling = parameters == .null ? config["rope_scaling"] ?? .null : parameters
    let all = try embedding(scaling, base: base)
    guard let local = try optionalNumber(.localRotaryBase) else { return [all] }
    return [all, try embedding(.null, base: local)]
  }

  /// Far above any model's sizes, and far below where products of two overflow.
  private static let largestCount = 1 << 28
}
