internal import Models

/// What the work of a plan costs.
package struct PlanCosts: Hashable, Sendable {
  /// Floating-point operations of the forward passes over the calibration tokens; a multiply-add counts as two.
  package var forwardOperations = 0.0
  /// Floating-point operations of gathering second moments.
  package var momentOperations = 0.0
  /// Floating-point operations of factorizations and of GPTQ's updates.
  package var quantizationOperations = 0.0
  /// Linear layers run over the calibration tokens; one product each.
  package var productCount = 0
  /// Peak of the memory that Pare allocates, in bytes; mapped weights are the system's to keep or drop.
  package var peakMemory = 0
  /// Bytes of all weights as they are.
  package var inputBytes = 0
  /// Bytes of all tensors that will be written.
  package var outputBytes = 0

  /// Floating-point operations in all.
  package var operations: Double { forwardOperations + momentOperations + quantizationOperations }
}

extension PlanCosts {
  private static let floatBytes = MemoryLayout<Float>.size

  /// Adds the work of a calibration pass and of the quantization of each layer.
  ///
  /// - Parameters:
  ///   - decoder: The model's dataflow.
  ///   - calibration: The data.
  ///   - gathered: For each block, the steps whose moments are gathered.
  ///   - headIsGathered: Whether moments of the head's input are gathered too.
  ///   - chunkTokens: Tokens that are taken through a step together.
  mutating func addCalibration(
    _ decoder: DecoderOutline,
    calibration: CalibrationPlan,
    gathered: [[BlockStep]],
    headIsGathered: Bool,
    chunkTokens: Int
  ) {
    let numbers = decoder.configuration
    let tokens = Double(calibration.tokens)
    let heads = numbers.queryHeads * numbers.headDimension
    for (block, steps) in zip(decoder.blocks, gathered) {
      for linear in block.linears {
        forwardOperations += 2 * tokens * Double(linear.rows * linear.columns)
        productCount += 1
      }
      // Scores and gathered values, of which the causal mask leaves half.
      forwardOperations += 2 * tokens * Double(calibration.sequenceLength * heads)
      for step in steps { addMoments(width: step.width, tokens: tokens) }
    }
    if headIsGathered { addMoments(width: numbers.hiddenSize, tokens: tokens) }

    let chunk = min(calibration.tokens, max(chunkTokens, calibration.sequenceLength))
    let wide = max(heads, numbers.feedForwardSize)
    let activations = calibration.tokens * (numbers.hiddenSize + wide)
    let temporaries =
      chunk * (numbers.hiddenSize + heads + 2 * numbers.keyHeads * numbers.headDimension + numbers.feedForwardSize)
    let weights = decoder.blocks.map { $0.linears.map { $0.rows * $0.columns }.reduce(0, +) }.max() ?? 0
    let widest = gathered.flatMap { $0 }.map(\.width).max() ?? 0
    // Moments and their factor, then a layer's permuted copy, its codes twice and their packed form.
    let layer = decoder.blocks.first?.linears.map { $0.rows * $0.columns }.max() ?? 0
    let quantization = 2 * widest * widest + 2 * layer
    peakMemory = max(peakMemory, (activations + temporaries + weights + quantization) * Self.floatBytes)
  }

  private mutating func addMoments(width: Int, tokens: Double) {
    momentOperations += tokens * Double(width * (width + 1))
    // One Cholesky factorization and one triangular inverse.
    quantizationOperations += 2.0 / 3.0 * Double(width) * Double(width) * Double(width)
  }

  /// Adds the work of quantizing one layer.
  mutating func addLayer(_ layer: LinearOutline, usesMoments: Bool) {
    let elements = layer.rows * layer.columns
    if usesMoments { quantizationOperations += Double(elements) * Double(layer.columns) }
    // The layer in float32, a copy of it with its rounding error, codes and their packed form.
    peakMemory = max(peakMemory, elements * (2 * Self.floatBytes + 2))
  }
}
