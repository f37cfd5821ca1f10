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
    var plain: Double?
    for candidate in Self.candidates(parameters) {
      let factors = candidate.factors(activations: activations, weights: weights)
      let loss = loss(of: factors, quantized, energies)
      losses.append(loss)
      if factors.allSatisfy({ $0 == 1 }) { plain = loss }
      if loss.isFinite, loss < best?.loss ?? .infinity { best = (factors, loss) }
    }
    let plainLoss = plain ?? loss(of: activations.map { _ in 1 }, quantized, energies)
    return best.map { Result(factors: $0.factors, loss: $0.loss, plainLoss: plainLoss, losses: losses) }
  }

  /// Squared errors of the layers' outputs, each over its output's energy, summed.
  private func loss(of factors: [Float], _ layers: [Layer], _ energies: [Double]) -> Double {
    let wide = factors.spread(repetition: repetition, dimension: headDimension)
    let scaling = Scaling(factors: wide, inverse: wide.map { 1 / $0 }, fusedMaximum: fusedMaximum(of: layers, wide))
    var sum = 0.0
    for (layer, energy) in zip(layers, energies) {
      guard let request = layer.request else { continue }
      sum += error(of: layer.weight, as: request, scaling) / energy
    }
    return sum
  }

  /// What a candidate does to weights.
  private struct Scaling {
    /// What each column is multiplied by before it is rounded, and after it.
    let factors, inverse: [Float]
    /// The largest magnitude of all scaled layers, where they share a global scale.
    let fusedMaximum: Float?
  }

  private func fusedMaximum(of layers: [Layer], _ factors: [Float]) -> Float? {
    guard layers.contains(where: { $0.request?.fusedMaximum != nil }) else { return nil }
    return layers.map { layer in
      var weight = layer.weight
      weight.multiplyColumns(by: factors, on: processor)
      return weight.magnitude
    }.max()
  }

  /// The squared error of a layer's output; rows that share no scale with others some at a time, near the core.
  private func error(of weight: Matrix, as request: GridRequest, _ scaling: Scaling) -> Double {
    guard request.roundsRowsApart else { return error(of: weight, as: request, scaling, on: processor) }
    let single = processor.onOneThread
    let columns = weight.columnCount
    var sums = [Double](repeating: 0, count: (weight.rowCount + Self.rowsTogether - 1) / Self.rowsTogether)
    sums.withUnsafeMutableBufferPointer { sums in
      processor.forEachRange(of: weight.rowCount, length: Self.rowsTogether) { rows in
        let elements = weight.elements[rows.lowerBound * columns..<rows.upperBound * columns]
        let panel = Matrix(rowCount: rows.count, columnCount: columns, elements: Array(elements))
        sums[rows.lowerBound / Self.rowsTogether] = error(of: panel, as: request, scaling, on: single)
      }
    }
    return sums.reduce(0, +)
  }

  private func error(
    of weight: Matrix,
    as request: GridRequest,
    _ scaling: Scaling,
    on processor: Processor
  ) -> Double {
    var request = request
    request.observer = .minMax
    if request.fusedMaximum != nil { request.fusedMaximum = scaling.fusedMaximum }
    var rounded = weight
    rounded.multiplyColumns(by: scaling.factors, on: processor)
    RoundToNearest.quantize(rounded, as: request, arithmetic: .float32, on: processor)
      .dequantize(into: &rounded, on: processor)
    rounded.multiplyColumns(by: scaling.inverse, on: processor)
    return processor.outputError(of: weight, and: rounded, moments: moments)
  }

  /// Rows whose error one thread finds at a time.
  private static let rowsTogether = 64

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
        sums.withUnsafeMutableBufferPointer { sums in
          processor.forEachRange(of: columns, length: Self.columnsTogether) { range in
            for row in 0..<weight.rowCount {
              let first = row / shape.rowsPerScale * shape.groupCount
              for column in range {
                let index = first + column / shape.groupSize
                let largest = max(-ranges.minima[index], ranges.maxima[index])
                sums[column] += Double(elements[row * columns + column].magnitude / (largest + Self.tiny))
              }
            }
          }
        }
      }
      rows += weight.rowCount
    }
    return sums.map { Float($0 / Double(max(rows, 1))) }
  }

  /// Columns that one thread sums at a time.
  private static let columnsTogether = 64

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
