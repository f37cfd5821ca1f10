internal import Inference
internal import Kernels
internal import Models
internal import Modifiers
internal import Planning
internal import Tensors
internal import Vocabulary

/// Finds the factors of smoothing places and applies them to weights in memory, which leaves what the model computes as
/// it is.
struct Smoother {
  private let smoothings: [PlannedSmoothing]
  private let compressor: ModelCompressor

  init(_ smoothings: [PlannedSmoothing], compressor: ModelCompressor) {
    self.smoothings = smoothings
    self.compressor = compressor
  }

  /// Smooths from the norm to the layers of a step, whose statistics then are those of the smoothed input.
  func smooth(_ step: BlockStep.Kind, _ statistics: inout StepStatistics, _ weights: inout BlockWeights) {
    for smoothing in smoothings {
      let kind = smoothing.site.kind
      guard let place = weights.block.step(smoothing: kind), place.step == step, !place.looksAhead,
        let normPlace = weights.block.norm(smoothing: kind), var norm = weights.norms[normPlace]
      else { continue }
      let readers = weights.layers(smoothing.site.readers)
      guard let factors = smooth(smoothing, &statistics, norm: &norm, readers) else { continue }
      // One norm may stand before both parts.
      for (other, known) in weights.norms where known.outline == norm.outline { weights.norms[other] = norm }
      weights.update(smoothing.site.readers) {
        $0.weight.multiplyColumns(by: factors, on: compressor.options.processor)
      }
    }
  }

  /// Smooths from a layer of a step to the layer of the next one.
  ///
  /// - Parameters:
  ///   - step: The step whose layer writes the channels: value, or up.
  ///   - statistics: Those of the next step's input, as the weights are now.
  ///   - weights: The block's weights.
  func smoothAhead(of step: BlockStep.Kind, _ statistics: StepStatistics, _ weights: inout BlockWeights) {
    for smoothing in smoothings {
      let site = smoothing.site
      guard let place = weights.block.step(smoothing: site.kind), place.step == step, place.looksAhead,
        let producer = weights.block.linears.first(where: { $0.name == site.producer }),
        let factors = factors(of: smoothing, statistics, weights.layers(site.readers))
      else { continue }
      let wide = factors.spread(repetition: site.repetition, dimension: site.dimension)
      var divisors = [Float](repeating: 1, count: producer.rows)
      for (channel, factor) in factors.enumerated() { divisors[site.rows?.row(of: channel) ?? channel] = factor }
      weights.update([producer]) { layer in
        layer.weight.divideRows(by: divisors)
        layer.bias = layer.bias.map { zip($0, divisors).map { $0 / $1 } }
      }
      weights.update(site.readers) { $0.weight.multiplyColumns(by: wide, on: compressor.options.processor) }
    }
  }

  /// Smooths a norm for all layers that read it.
  ///
  /// - Parameters:
  ///   - smoothing: The place.
  ///   - statistics: Those of the norm's output; become those of the smoothed one.
  ///   - norm: The norm; its weights change.
  ///   - readers: All that read it, as they are.
  /// - Returns: What the readers' columns are to be multiplied by; nil where there is nothing to smooth for.
  func smooth(
    _ smoothing: PlannedSmoothing,
    _ statistics: inout StepStatistics,
    norm: inout NormLayer,
    _ readers: [LinearLayer]
  ) -> [Float]? {
    guard let asked = factors(of: smoothing, statistics, readers) else { return nil }
    let type = compressor.outline.elementType
    let offset = norm.outline.offset
    let smoothed = zip(norm.weight, asked).map { type.rounded($0 / $1 - offset) + offset }
    // The norm is stored in few bits; what rounding changes of it, the layers take up.
    let factors = zip(norm.weight, smoothed).map { old, new in
      let factor = old / new
      return factor.isFinite && factor > 0 ? factor : 1
    }
    norm.weight = zip(zip(norm.weight, smoothed), factors).map { pair, factor in factor == 1 ? pair.0 : pair.1 }
    norm.bias = norm.bias.map { zip($0, factors).map { $0 / $1 } }
    statistics = statistics.dividing(by: factors)
    return factors
  }

  /// The factors of a place, one for each channel that is written; nil where there is nothing to smooth for.
  private func factors(
    of smoothing: PlannedSmoothing,
    _ statistics: StepStatistics,
    _ readers: [LinearLayer]
  ) -> [Float]? {
    guard let channels = statistics.channels else { preconditionFailure("ranges were asked for") }
    let (repetition, dimension) = (smoothing.site.repetition, smoothing.site.dimension)
    let factors: [Float]
    var losses: (best: Double, plain: Double)?
    switch smoothing.method {
    case .smoothQuant(let strength):
      let ranges = channels.ranges.merged(repetition: repetition, dimension: dimension, max)
      let weights = readers.map { $0.weight.mergingColumns(repetition: repetition, dimension: dimension) }
      factors = SmoothingFactors.smoothQuant(ranges: ranges, weights: weights, strength: strength)
    case .logarithmicEqualization:
      let ranges = channels.ranges.merged(repetition: repetition, dimension: dimension, max)
      factors = SmoothingFactors.logarithmicEqualization(ranges: ranges)
    case .awq(let parameters):
      guard let moments = statistics.moments else { preconditionFailure("moments were asked for") }
      let search = AWQSearch(
        layers: zip(smoothing.site.readers, readers).map { outline, layer in
          AWQSearch.Layer(weight: layer.weight, request: request(of: outline.name))
        },
        channels: channels,
        moments: moments.symmetric(on: compressor.options.processor),
        repetition: repetition,
        headDimension: dimension,
        processor: compressor.options.processor
      )
      guard let result = search.best(parameters) else { return nil }
      factors = result.factors
      losses = (result.loss, result.plainLoss)
    }
    compressor.keep(SmoothingReport(smoothing, factors: factors, losses: losses))
    return factors
  }

  private func request(of layer: String) -> GridRequest? {
    compressor.assignment(of: layer).map { assignment in
      GridRequest(
        arguments: assignment.arguments,
        observer: assignment.observer,
        storage: compressor.outline.elementType,
        fusedMaximum: assignment.scaleSet == nil ? nil : 0
      )
    }
  }
}

extension SmoothingReport {
  fileprivate init(_ smoothing: PlannedSmoothing, factors: [Float], losses: (best: Double, plain: Double)?) {
    self.init(
      producer: smoothing.site.producer,
      readers: smoothing.site.readers.map(\.name),
      leastFactor: factors.min() ?? 1,
      largestFactor: factors.max() ?? 1,
      loss: losses?.best,
      plainLoss: losses?.plain
    )
  }
}
