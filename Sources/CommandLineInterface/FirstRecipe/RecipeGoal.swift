internal import ArgumentParser

/// What a model is compressed for.
package enum RecipeGoal: String, CaseIterable, Sendable {
  /// To stay as good as it was at a quarter of its size.
  case accuracy
  /// To answer one request fast: 4-bit weights, which are read in a quarter of the time.
  case speed
  /// To answer many requests at once: 8-bit weights and activations, which integer units multiply.
  case throughput
  /// To be as small as it can be: half of the weights zero, the rest in 4 bits.
  case size
}

extension RecipeGoal: ExpressibleByArgument {}
