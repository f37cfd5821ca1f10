package import JSONDocuments
internal import Vocabulary

extension QuantizationConfig {
  /// The value of `quantization_config` as compressed-tensors 0.19 writes it: of a model that is transformed and not
  /// quantized no more than four members.
  package var json: JSON {
    guard isQuantized || transforms.groups.isEmpty else {
      return .object([
        JSON.Member("quant_method", .string(Self.method)),
        JSON.Member("sparsity_config", .object([])),
        JSON.Member("transform_config", transforms.json),
        JSON.Member("version", .string(Self.version)),
      ])
    }
    return .object([
      JSON.Member("config_groups", .object(groups.map { JSON.Member($0.name, $0.json) })),
      JSON.Member("format", .string(format.rawValue)),
      JSON.Member("global_compression_ratio", .null),
      JSON.Member("ignore", .array(ignored.map(JSON.string))),
      JSON.Member("kv_cache_scheme", keyValueCache.map { $0.json(observer: $0.observer) } ?? .null),
      JSON.Member("quant_method", .string(Self.method)),
      JSON.Member("quantization_status", .string("compressed")),
      JSON.Member("sparsity_config", .object([])),
      JSON.Member("transform_config", transforms.json),
      JSON.Member("version", .string(Self.version)),
    ])
  }

  private var isQuantized: Bool { !groups.isEmpty || keyValueCache != nil }

  /// The text of the config.json of a compressed model: keys sorted, ASCII, no line break at the end.
  ///
  /// - Parameter config: The config.json of the model that was compressed, an object.
  /// - Returns: The same config with this `quantization_config`.
  package func document(extending config: JSON) -> String {
    var config = config
    config[Self.key] = json
    return config.serialized(.pretty)
  }
}

extension QuantizationConfig.Group {
  fileprivate var json: JSON {
    .object([
      JSON.Member("format", .string(scheme.resolvedFormat.rawValue)),
      JSON.Member("input_activations", Self.json(scheme.inputActivations)),
      JSON.Member("output_activations", Self.json(scheme.outputActivations)),
      JSON.Member("targets", .array(targets.map(JSON.string))),
      JSON.Member("weights", scheme.weights.map { $0.json(observer: $0.weightObserver) } ?? .null),
    ])
  }

  private static func json(_ activations: QuantizationArguments?) -> JSON {
    activations.map { $0.json(observer: $0.activationObserver) } ?? .null
  }
}

extension QuantizationArguments {
  /// The observer that weights are written with.
  fileprivate var weightObserver: String {
    observer ?? "memoryless_minmax"
  }

  /// The observer that inputs and outputs are written with; nothing is observed when scales are found at run time.
  fileprivate var activationObserver: String? {
    observer ?? (dynamic == .on ? nil : "minmax")
  }

  /// The arguments with all twelve keys.
  fileprivate func json(observer: String?) -> JSON {
    .object([
      JSON.Member("actorder", .text(activationOrder?.rawValue)),
      JSON.Member("block_structure", blockShape.map { .array([.size($0.rows), .size($0.columns)]) } ?? .null),
      JSON.Member("dynamic", dynamic == .local ? .string("local") : .boolean(dynamic == .on)),
      JSON.Member("group_size", groupSize.map(JSON.size) ?? .null),
      JSON.Member("num_bits", .size(bitWidth)),
      JSON.Member("observer", .text(observer)),
      JSON.Member(
        "observer_kwargs",
        .object(observerArguments.map { JSON.Member($0.name, JSON(observerValue: $0.value)) })
      ),
      JSON.Member("scale_dtype", .text(scaleType.flatMap(TorchType.name))),
      JSON.Member("strategy", .string(strategy.rawValue)),
      JSON.Member("symmetric", .boolean(isSymmetric)),
      JSON.Member("type", .string(numberKind.rawValue)),
      JSON.Member("zp_dtype", isSymmetric ? .null : .text(TorchType.name(of: writtenZeroPointType))),
    ])
  }

  private var writtenZeroPointType: ElementType {
    zeroPointType ?? (numberKind == .integer ? .int8 : .float8E4M3)
  }
}

extension JSON {
  fileprivate static func size(_ value: Int) -> JSON {
    .integer(Int64(value))
  }

  fileprivate static func text(_ value: String?) -> JSON {
    value.map(JSON.string) ?? .null
  }

  fileprivate init(observerValue: ObserverValue) {
    switch observerValue {
    case .boolean(let value): self = .boolean(value)
    case .integer(let value): self = .size(value)
    case .number(let value): self = .number(value)
    case .string(let value): self = .string(value)
    }
  }
}
