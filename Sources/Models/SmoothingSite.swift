/// A place where one module may divide each of its output channels by a factor, and those that read the channels may
/// multiply, so that the model computes the same.
package struct SmoothingSite: Hashable, Sendable {
  /// The tensor between them.
  package let kind: Kind
  /// The module that writes the channels: a norm or a linear layer.
  package let producer: String
  /// All that read them.
  package let readers: [LinearOutline]
  /// Channels read for each channel written: more than one where several query heads share a value head, whose
  /// channels must then have one factor.
  package let repetition: Int
  /// The block, or nil behind the last one.
  package let block: Int?

  /// The tensors between a producer and its readers that factors pass through.
  package enum Kind: String, CaseIterable, Hashable, Sendable {
    /// From the norm to query, key and value.
    case attentionInput = "attention input"
    /// From value to the output projection; attention mixes tokens, never channels.
    case attentionOutput = "attention output"
    /// From the norm to gate and up.
    case feedForwardInput = "feed-forward input"
    /// From up to down, through the product with the activated gate.
    case feedForwardOutput = "feed-forward output"
    /// From the final norm to the head.
    case headInput = "head input"
  }
}

extension DecoderOutline {
  /// Every place of the model where factors may pass, first block to last.
  package var smoothingSites: [SmoothingSite] {
    let repetition = configuration.queryHeads / configuration.keyHeads
    var sites = blocks.enumerated().flatMap { $1.smoothingSites(index: $0, repetition: repetition) }
    // A tied head is the embedding, which the factor would change too.
    if let head {
      sites.append(
        SmoothingSite(
          kind: .headInput,
          producer: BlockOutline.moduleName(ofNorm: finalNorm),
          readers: [head],
          repetition: 1,
          block: nil
        )
      )
    }
    return sites
  }
}

extension BlockOutline {
  /// Layers that read one tensor and that serving runtimes therefore make one layer of.
  package var fusedSets: [[LinearOutline]] { steps.map(\.linears).filter { $0.count > 1 } }

  fileprivate func smoothingSites(index: Int, repetition: Int) -> [SmoothingSite] {
    [
      SmoothingSite(
        kind: .attentionInput,
        producer: Self.moduleName(ofNorm: attention.norm),
        readers: [attention.query, attention.key, attention.value],
        repetition: 1,
        block: index
      ),
      SmoothingSite(
        kind: .attentionOutput,
        producer: attention.value.name,
        readers: [attention.output],
        repetition: repetition,
        block: index
      ),
      SmoothingSite(
        kind: .feedForwardInput,
        producer: Self.moduleName(ofNorm: feedForward.norm),
        readers: [feedForward.gate, feedForward.up],
        repetition: 1,
        block: index
      ),
      SmoothingSite(
        kind: .feedForwardOutput,
        producer: feedForward.up.name,
        readers: [feedForward.down],
        repetition: 1,
        block: index
      ),
    ]
  }

  /// The module that owns a norm's weight.
  fileprivate static func moduleName(ofNorm tensor: String) -> String { String(tensor.dropLast(".weight".count)) }
}
