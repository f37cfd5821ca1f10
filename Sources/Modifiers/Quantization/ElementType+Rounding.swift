internal import Tensors
package import Vocabulary

extension ElementType {
  /// The number of this type nearest to one, ties to even; types wider than 16 bits leave it as it is.
  package func rounded(_ value: Float) -> Float {
    switch self {
    case .bfloat16: BFloat16.rounded(value)
    case .float16: Binary16.rounded(value)
    default: value
    }
  }

  /// The step above 1, which stands in for a scale of zero.
  var epsilon: Float {
    switch self {
    case .bfloat16: BFloat16.epsilon
    case .float16: Binary16.epsilon
    default: Float.ulpOfOne
    }
  }
}
