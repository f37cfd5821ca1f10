/// A place where one module may divide each of its output channels by a factor, and those that read the channels may
/// multiply, so that the model computes the same.
package struct SmoothingSite: Hashable, Sendable {
  /// The tensor between them.
  package let kind: Kind
  /// The module that writes the channels: a norm or a linear layer.
  package let producer: String
  /// The producer's rows that write them, first to last; nil for all.
  ///
  /// A layer that makes several tensors at once has others beside them.
  package let rows: ChannelRows?
  /// All that read them.
  package let readers: [LinearOutline]
  /// Channels read for each channel written: more than one where several query heads share a value head, whose
  /// channels must then have one factor.
  package let repetition: Int
  /// Channels that are repeated together: those of a value head.
  package let dimension: Int
  /// The block, or nil behind the last one.
  package let block: Int?

  /// The tensors between a producer and its readers that factors pass through.
  package enum Kind: Hashable, Sendable {
    /// From the norm to query, key and value.
    case attentionInput
    /// From the norm of what queries are made from to the layer that makes them.
    case queryLatent
    /// From the norm of what keys and values are made from to the layer that makes them.
    case keyValueLatent
    /// From value to the output projection; attention mixes tokens, never channels.
    case attentionOutput
    /// From the norm to gate and up, of all experts where there are some.
    case feedForwardInput
    /// From up to down, through the product with the activated gate.
    case feedForwardOutput
    /// The same within one expert.
    case expertOutput(Int)
    /// From the final norm to the head.
    case headInput
  }
}

extension SmoothingSite.Kind {
  /// The place in dataflow order.
  package var rank: Int {
    switch self {
    case .attentionInput: 0
    case .queryLatent: 1
    case .keyValueLatent: 2
    case .attentionOutput: 3
    case .feedForwardInput: 4
    case .feedForwardOutput: 5
    case .expertOutput(let expert): 6 + expert
    case .headInput: .max
    }
  }
}

extension BlockOutline {
  /// The step before whose settling factors of a place are found, and whether that takes a look at what the step computes.
  package func step(smoothing kind: SmoothingSite.Kind) -> (step: BlockStep.Kind, looksAhead: Bool)? {
    switch kind {
    case .attentionInput: (.attentionInput, false)
    case .queryLatent: (.queryLatent, false)
    case .keyValueLatent: (.keyValueLatent, false)
    case .attentionOutput:
      (attention.steps.contains { $0.kind == .keyValueLatent } ? .keyValueLatent : .attentionInput, true)
    case .feedForwardInput: (feedForward.experts == nil ? .feedForwardInput : .router, false)
    case .feedForwardOutput: (.feedForwardInput, true)
    case .expertOutput(let expert): (.expertInput(expert), true)
    case .headInput: nil
    }
  }

  /// The norm whose output factors of a place are for; nil where a layer writes it.
  package func norm(smoothing kind: SmoothingSite.Kind) -> BlockNorm? {
    switch kind {
    case .attentionInput: .attention
    case .queryLatent: .queryLatent
    case .keyValueLatent: .keyValueLatent
    case .feedForwardInput: .feedForward
    case .attentionOutput, .feedForwardOutput, .expertOutput, .headInput: nil
    }
  }
}

/// Rows of a layer that makes several tensors at once: runs of equal length, at equal distances.
package struct ChannelRows: Hashable, Sendable {
  /// The first row.
  package let first: Int
  /// Rows of a run.
  package let length: Int
  /// From the beginning of a run to that of the next.
  package let stride: Int
  /// Runs.
  package let count: Int

  /// The row of a channel.
  package func row(of channel: Int) -> Int { first + channel / length * stride + channel % length }

  /// Channels in all.
  package var channelCount: Int { length * count }
}

extension DecoderOutline {
  /// Every place of the model where factors may pass, first block to last.
  package var smoothingSites: [SmoothingSite] {
    var sites = blocks.indices.flatMap { smoothingSites(of: blocks[$0], index: $0) }
    // A tied head is the embedding, which the factor would change too.
    if let head {
      sites.append(
        SmoothingSite(
          kind: .headInput,
          producer: norm.name,
          rows: nil,
          readers: [head],
          repetition: 1,
          dimension: 1,
          block: nil
        )
      )
    }
    return sites
  }

  private func smoothingSites(of block: BlockOutline, index: Int) -> [SmoothingSite] {
    func site(
      _ kind: SmoothingSite.Kind,
      from producer: String?,
      rows: ChannelRows? = nil,
      to readers: [LinearOutline],
      repetition: Int = 1,
      dimension: Int = 1
    ) -> SmoothingSite? {
      guard let producer, !readers.isEmpty else { return nil }
      return SmoothingSite(
        kind: kind,
        producer: producer,
        rows: rows,
        readers: readers,
        repetition: repetition,
        dimension: dimension,
        block: index
      )
    }
    let attention = block.attention
    let steps = Dictionary(uniqueKeysWithValues: block.steps.map { ($0.kind, $0.linears) })
    func name(_ norm: BlockNorm) -> String? { block.norms[norm]?.name }
    var attentionReaders = steps[.attentionInput] ?? []
    var feedForwardReaders = block.feedForward.inputReaders
    // Parts that read one norm's output have one factor.
    let isShared = block.norms[.attention] != nil && block.norms[.attention] == block.norms[.feedForward]
    if isShared {
      attentionReaders += feedForwardReaders
      feedForwardReaders = []
    }
    let value = valueRows(of: attention)
    var sites = [
      site(.attentionInput, from: name(.attention), to: attentionReaders),
      site(.queryLatent, from: name(.queryLatent), to: steps[.queryLatent] ?? []),
      site(.keyValueLatent, from: name(.keyValueLatent), to: steps[.keyValueLatent] ?? []),
      site(
        .attentionOutput,
        from: value.producer,
        rows: value.rows,
        to: [attention.output],
        repetition: configuration.queryHeads / configuration.cachedHeads,
        dimension: configuration.valueDimension
      ),
      site(.feedForwardInput, from: name(.feedForward), to: feedForwardReaders),
    ]
    if let dense = block.feedForward.dense, let up = dense.scaledRows(configuration.activation) {
      sites.append(site(.feedForwardOutput, from: up.producer, rows: up.rows, to: [dense.down]))
    }
    for (expert, layers) in (block.feedForward.experts?.layers ?? []).enumerated() {
      guard let up = layers.scaledRows(configuration.activation) else { continue }
      sites.append(site(.expertOutput(expert), from: up.producer, rows: up.rows, to: [layers.down]))
    }
    return sites.compactMap { $0 }
  }

  /// The layer that writes values, and its rows that do.
  private func valueRows(of attention: AttentionOutline) -> (producer: String, rows: ChannelRows?) {
    let numbers = configuration
    let (dimension, value) = (numbers.headDimension, numbers.valueDimension)
    switch attention.projections {
    case .separate(_, _, let layer): return (layer.name, nil)
    case .fused(let layer, .stacked):
      let (queries, keys) = (numbers.queryHeads * dimension, numbers.keyHeads * dimension)
      return (layer.name, ChannelRows(first: queries + keys, length: keys, stride: keys, count: 1))
    case .fused(let layer, .grouped):
      let group = (numbers.queryHeads / numbers.keyHeads + 2) * dimension
      return (
        layer.name, ChannelRows(first: group - dimension, length: dimension, stride: group, count: numbers.keyHeads)
      )
    case .lowRank(let layers):
      let plain = numbers.latent?.plainDimension ?? 0
      return (
        layers.keyValueUp.name,
        ChannelRows(first: plain, length: value, stride: plain + value, count: numbers.queryHeads)
      )
    }
  }
}

extension FeedForwardOutline {
  /// All layers that read the part's input: those of every expert, the router's too.
  fileprivate var inputReaders: [LinearOutline] {
    steps.filter { step in
      switch step.kind {
      case .router, .feedForwardInput, .expertInput: true
      default: false
      }
    }.flatMap(\.linears)
  }
}

extension FeedForwardOutline.ProductOutline {
  /// The layer whose rows scale the channels of the product, and which rows they are; nil where the activation lets no
  /// factor through.
  fileprivate func scaledRows(_ activation: ActivationFunction) -> (producer: String, rows: ChannelRows?)? {
    switch inputs {
    case .gated(_, let up): (up.name, nil)
    case .fused(let layer): (layer.name, ChannelRows(first: width, length: width, stride: width, count: 1))
    // max(s·x, 0) = s · max(x, 0) for s > 0.
    case .plain(let layer): activation == .relu ? (layer.name, nil) : nil
    }
  }
}

extension BlockOutline {
  /// Layers that read one tensor and that serving runtimes therefore make one layer of.
  package var fusedSets: [[LinearOutline]] {
    steps.filter { $0.kind != .router }.map(\.linears).filter { $0.count > 1 }
  }
}
