internal import Glibc
package import Kernels
package import Tensors
package import Vocabulary

/// Searches the factors by which channels are scaled so that quantization harms the layers that read them least.
///
/// A candidate's loss is the squared error of the layers' outputs over all calibration tokens, from the second moments of
/// their input: `Σ_layers ‖X·(W - Q(W·s)/s)ᵀ‖²`. This is exactly the loss of AWQ where one layer reads the channels (the
/// output projection, down); where several do, AWQ measures the output of the part that they stand in, and this is the
/// sum of their own errors, each relative to the energy of its layer's output.
///
/// - SeeAlso: Lin et al., "AWQ", arXiv:2306.00978, equations 4 and 5.
package struct AWQSearch {
  /// A layer that reads the channels.
  package struct Layer {
    /// `W`, `[rows, channels]`.
    package let weight: Matrix
    /// How it will be quantized; nil for a layer that keeps its weights, which costs nothing.
    package let request: GridRequest?

    package init(weight: Matrix, request: GridRequest?) {
      self.weight = weight
      self.request = request
    }
  }

  /// What the search found.
  package struct Result {
    /// The best factors, one for each written channel.
    package let factors: [Float]
    /// Their loss, relative to the outputs' energy.
    package let loss: Double
    /// The loss without scaling.
    package let plainLoss: Double
    /// The loss of each candidate, in the order they are tried.
    package let losses: [Double]
  }

  /// The layers that read the channels.
  package let layers: [Layer]
  /// `Σ |x|` over tokens and their number give the mean magnitude of each channel.
  package let channels: ChannelStatistics
  /// `S` of the input with both triangles, `[channels, channels]`.
  package let moments: FloatBuffer
  /// Query heads that read one value head; 1 elsewhere.
  package let repetition: Int
  /// Channels of a head.
  package let headDimension: Int
  /// Where to run.
  package let processor: Processor

  package init(
    layers: [Layer],
    channels: ChannelStatistics,
    moments: FloatBuffer,
    repetition: Int,
    headDimension: Int,
    processor: Processor
  ) {
    self.layers = layers
    self.channels = channels
    self.moments = moments
    self.repetition = repetition
    self.headDimension = headDimension
    self.processor = processor
  }

  /// Tries every candidate of the grid.
  ///
  /// - Returns: The first of the best candidates, or nil where no layer is quantized or nothing reached them.
  package func best(_ parameters: AWQParameters) -> Result? {
    let quantized = layers.filter { $0.request != nil }
    guard !quantized.isEmpty, channels.tokenCount > 0 else { return nil }
    let zero = quantized.map { Matrix(rowCount: $0.weight.rowCount, columnCount: $0.weight.columnCount) }
    let energies = zip(quantized, zero).map { layer, zero in
      processor.outputError(of: layer.weight, and: zero, moments: moments)
    }
    guard energies.allSatisfy({ $0 > 0 && $0.isFinite }) else { return nil }
    let activations = channels.magnitudes.map { Float($0 / Double(channels.tokenCount)) }
      .merged(repetition: repetition, dimension: headDimension, +)
      .map { $0 / Float(repetition) }
    let weights = meanWeights(of: quantized)
      .merged(repetition: repetition, dimension: headDimension, +)
      .map { $0 / Float(repetition) }
    var losses: [Double] = []
    var best: (factors: [Float], loss: Double)?
    for candidate in Self.candidates(parameters) {
      let factors = candidate.factors(activations: activations, weights: weights)
      let loss = loss(of: factors, quantized, energies)
      losses.append(loss)
      if loss.isFinite, loss < best?.loss ?? .infinity { best = (factors, loss) }
    }
    let plain = loss(of: activations.map { _ in 1 }, quantized, energies)
    return best.map { Result(factors: $0.factors, loss: $0.loss, plainLoss: plain, losses: losses) }
  }

  /// Squared errors of the layers' outputs, each over its output's energy, summed.
  private func loss(of factors: [Float], _ layers: [Layer], _ energies: [Double]) -> Double {
    let wide = factors.spread(repetition: repetition, dimension: headDimension)
    let scaled = layers.map { layer in
      var weight = layer.weight
      weight.multiplyColumns(by: wide, on: processor)
      return weight
    }
    let isFused = layers.contains { $0.request?.fusedMaximum != nil }
    let fused = isFused ? scaled.map(\.magnitude).max() : nil
    let inverse = wide.map { 1 / $0 }
    var sum = 0.0
    for ((layer, weight), energy) in zip(zip(layers, scaled), energies) {
      guard var request = layer.request else { continue }
      request.observer = .minMax
      if request.fusedMaximum != nil { request.fusedMaximum = fused }
      var rounded = weight
      RoundToNearest.quantize(weight, as: request, arithmetic: .float32, on: processor)
        .dequantize(into: &rounded, on: processor)
      rounded.multiplyColumns(by: inverse, on: processor)
      sum += processor.outputError(of: layer.weight, and: rounded, moments: moments) / energy
    }
    return sum
  }

  /// The mean over rows of each column's magnitude, relative to the largest of all that share a scale.
  private func meanWeights(of layers: [Layer]) -> [Float] {
    let columns = layers[0].weight.columnCount
    var sums = [Double](repeating: 0, count: columns)
    var rows = 0
    for layer in layers {
      guard let request = layer.request else { continue }
      let weight = layer.weight
      let ranges = WeightRanges(of: weight, arguments: request.arguments, on: processor)
      let shape = ranges.shape
      weight.withElements { elements in
        for row in 0..<weight.rowCount {
          for group in 0..<shape.groupCount {
            let index = row / shape.rowsPerScale * shape.groupCount + group
            let divisor = max(-ranges.minima[index], ranges.maxima[index]) + Self.tiny
            for column in group * shape.groupSize..<min((group + 1) * shape.groupSize, columns) {
              sums[column] += Double(elements[row * columns + column].magnitude / divisor)
            }
          }
        }
      }
      rows += weight.rowCount
    }
    return sums.map { Float($0 / Double(max(rows, 1))) }
  }

  /// Keeps quotients of zeros finite.
  private static let tiny: Float = 1e-6

  /// One point of the grid.
  private struct Candidate {
    let exponent: Double
    let isDuo: Bool

    /// `s = x^r / (w^(1-r) + ε)`, or `x^r`, then divided by `√(max s · min s)`.
    func factors(activations: [Float], weights: [Float]) -> [Float] {
      let raw = zip(activations, weights).map { activation, weight -> Float in
        let power = pow(Double(activation), exponent)
        let factor = isDuo ? power / (pow(Double(weight), 1 - exponent) + Self.offset) : power
        return max(Float(factor), Self.least)
      }
      let middle = ((raw.max() ?? 1) * (raw.min() ?? 1)).squareRoot()
      return raw.map { factor in
        let scaled = factor / middle
        return scaled.isFinite && scaled > 0 ? scaled : 1
      }
    }

    private static let offset = 1e-4
    private static let least: Float = 1e-4
  }

  /// The grid: exponents from 0 to 1, with weights, without them, or both.
  ///
  /// With weights, plain scaling by nothing comes first.
  private static func candidates(_ parameters: AWQParameters) -> [Candidate] {
    func grid(_ count: Int, isDuo: Bool) -> [Candidate] {
      (0..<count).map { Candidate(exponent: Double($0) / Double(max(count - 1, 1)), isDuo: isDuo) }
    }
    switch parameters.duoScaling {
    case .off: return grid(parameters.gridSize, isDuo: false)
    case .on: return [Candidate(exponent: 0, isDuo: false)] + grid(parameters.gridSize - 1, isDuo: true)
    case .both: return grid(parameters.gridSize / 2, isDuo: false) + grid(parameters.gridSize / 2, isDuo: true)
    }
  }
}
