internal import Vocabulary

/// The names that configs have for element types: those of PyTorch.
enum TorchType {
  private static let names: [(type: ElementType, name: String)] = [
    (.bool, "bool"), (.uint8, "uint8"), (.int8, "int8"), (.int16, "int16"), (.int32, "int32"), (.int64, "int64"),
    (.float8E4M3, "float8_e4m3fn"), (.float8E5M2, "float8_e5m2"), (.float8E8M0, "float8_e8m0fnu"),
    (.float16, "float16"), (.bfloat16, "bfloat16"), (.float32, "float32"), (.float64, "float64"),
  ]
  private static let prefix = "torch."

  /// The name of a type, such as `torch.int8`, or nil for a type that PyTorch has not.
  static func name(of type: ElementType) -> String? {
    names.first { $0.type == type }.map { prefix + $0.name }
  }

  /// The type of a name, with or without `torch.`.
  static func type(named name: String) -> ElementType? {
    let bare = name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name
    return names.first { $0.name == bare }?.type
  }
}
