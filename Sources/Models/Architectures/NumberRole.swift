internal import JSONDocuments

/// What a number of config.json is for.
enum NumberRole: String, CaseIterable, Hashable, Sendable {
  // Sizes.
  case hiddenSize = "hidden_size"
  case blockCount = "block_count"
  case queryHeads = "query_heads"
  case keyHeads = "key_heads"
  case headDimension = "head_dimension"
  case feedForwardSize = "feed_forward_size"
  case widening
  case vocabularySize = "vocabulary_size"
  case positionLimit = "position_limit"
  // Norms, activation, ties.
  case normEpsilon = "norm_epsilon"
  case activation
  case tiesEmbeddings = "ties_embeddings"
  // Windows.
  case slidingWindow = "sliding_window"
  case usesSlidingWindow = "uses_sliding_window"
  case firstWindowedBlock = "first_windowed_block"
  case fullAttentionPeriod = "full_attention_period"
  case blockKinds = "block_kinds"
  // Positions.
  case rotaryBase = "rotary_base"
  case localRotaryBase = "local_rotary_base"
  case rotaryShare = "rotary_share"
  case usesDistances = "uses_distances"
  // Factors.
  case embeddingFactor = "embedding_factor"
  case residualFactor = "residual_factor"
  case attentionFactor = "attention_factor"
  case attentionScalar = "attention_scalar"
  case attentionSoftCap = "attention_soft_cap"
  case dividesScoresByBlock = "divides_scores_by_block"
  case logitDivisor = "logit_divisor"
  case logitSoftCap = "logit_soft_cap"
  // The block.
  case isParallel = "is_parallel"
  case hasOneKeyHead = "has_one_key_head"
  case groupsKeyHeads = "groups_key_heads"
  // Multi-head latent attention.
  case queryRank = "query_rank"
  case keyValueRank = "key_value_rank"
  case plainDimension = "plain_dimension"
  case rotaryDimension = "rotary_dimension"
  case valueDimension = "value_dimension"
  case interleavesRotary = "interleaves_rotary"
  // Experts.
  case expertCount = "expert_count"
  case chosenExperts = "chosen_experts"
  case expertSize = "expert_size"
  case sharedExpertSize = "shared_expert_size"
  case sharedExpertCount = "shared_expert_count"
  case normalizesExperts = "normalizes_experts"
  case expertFactor = "expert_factor"
  case expertGroups = "expert_groups"
  case chosenGroups = "chosen_groups"
  case firstExpertBlock = "first_expert_block"
  case expertPeriod = "expert_period"
  case denseBlocks = "dense_blocks"
}

/// Where a number is found.
struct NumberSource: Hashable, Sendable {
  /// The keys of config.json that may hold it, of which the first that is there counts; none for a number that the family
  /// fixes.
  let keys: [String]
  /// The number where the key is absent; nil where it must be there, or its absence means that there is none.
  let standard: JSON?
}
