import Diagnostics
import Syntax
import Vocabulary

/// The value of one field, read by the type that the grammar gives it.
enum FieldValue: Sendable {
  case null
  case boolean(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case strings([Spanned<String>])
  case block(BlockShape)
  case mask(MaskStructure)
  case sparsity(Sparsity)
  case node(SyntaxNode)
}

extension FieldValue {
  var isNull: Bool {
    if case .null = self { true } else { false }
  }
}
