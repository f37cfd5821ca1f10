import Foundation
import Inference
import Models
import Tensors

/// A decoder block as its formulas stand on paper, in float64: the inputs of each step, and the outputs.
struct PlainBlock {
  /// The inputs of each step, `[tokens][channels]`.
  private(set) var inputs: [BlockStep.Kind: [[Double]]] = [:]
  /// The residual stream behind the block.
  private(set) var output: [[Double]]

  /// Computes one sequence, from position 0.
  init(_ hidden: [[Double]], weights: BlockWeights, configuration: ModelConfiguration) {
    output = hidden
    func layer(_ kind: BlockStep.Kind, _ index: Int, _ x: [[Double]]) -> [[Double]] {
      let layer = weights.layers[kind]?[index]
      return x.map { x in
        (0..<(layer?.weight.rowCount ?? 0)).map { row in
          zip(x, layer?.weight[row: row] ?? []).reduce(Double(layer?.bias?[row] ?? 0)) { $0 + $1.0 * Double($1.1) }
        }
      }
    }
    func normed(_ x: [[Double]], _ norm: BlockNorm) -> [[Double]] {
      let weight = weights.norms[norm]?.weight ?? []
      return x.map { x in
        let mean = x.reduce(0) { $0 + $1 * $1 } / Double(x.count)
        return zip(x, weight).map { $0 / (mean + configuration.normEpsilon).squareRoot() * Double($1) }
      }
    }
    func add(_ x: [[Double]]) { output = zip(output, x).map { zip($0, $1).map { $0 + $1 } } }

    let attentionInput = normed(output, .attention)
    inputs[.attentionInput] = attentionInput
    let gathered = Self.attention(
      query: Self.rotated(layer(.attentionInput, 0, attentionInput), configuration),
      key: Self.rotated(layer(.attentionInput, 1, attentionInput), configuration),
      value: layer(.attentionInput, 2, attentionInput),
      configuration
    )
    inputs[.attentionOutput] = gathered
    add(layer(.attentionOutput, 0, gathered))
    let feedForwardInput = normed(output, .feedForward)
    inputs[.feedForwardInput] = feedForwardInput
    let gates = layer(.feedForwardInput, 0, feedForwardInput)
    let gated = zip(gates, layer(.feedForwardInput, 1, feedForwardInput)).map { gate, up in
      zip(gate, up).map { $0 / (1 + exp(-$0)) * $1 }
    }
    inputs[.feedForwardOutput] = gated
    add(layer(.feedForwardOutput, 0, gated))
  }

  private static func rotated(_ x: [[Double]], _ configuration: ModelConfiguration) -> [[Double]] {
    let dimension = configuration.headDimension
    let half = dimension / 2
    return x.enumerated().map { position, x in
      x.indices.map { channel in
        let inHead = channel % dimension
        let frequency = pow(
          (configuration.rotaries.first?.theta ?? 0),
          -Double(2 * (inHead % half)) / Double(dimension)
        )
        let angle = Double(position) * frequency
        let partner = inHead < half ? -x[channel + half] : x[channel - half]
        return x[channel] * cos(angle) + partner * sin(angle)
      }
    }
  }

  private static func attention(
    query: [[Double]],
    key: [[Double]],
    value: [[Double]],
    _ configuration: ModelConfiguration
  ) -> [[Double]] {
    let dimension = configuration.headDimension
    return query.indices.map { token in
      (0..<configuration.queryHeads).flatMap { head in
        let channels = head * dimension..<(head + 1) * dimension
        let first = head * configuration.keyHeads / configuration.queryHeads * dimension
        let weights = (0...token).map { other in
          exp(
            zip(query[token][channels], key[other][first..<first + dimension]).reduce(0) { $0 + $1.0 * $1.1 }
              / Double(dimension).squareRoot()
          )
        }
        let total = weights.reduce(0, +)
        return (0..<dimension).map { channel in
          (0...token).reduce(0) { $0 + weights[$1] / total * value[$1][first + channel] }
        }
      }
    }
  }
}
