package import JSONDocuments
internal import Vocabulary

extension QuantizationConfig {
  /// Reads the quantization config of a config.json, as any compressed-tensors from 0.14 to 0.20 writes it.
  ///
  /// Keys that do not say how tensors are stored may be missing, and more may be there.
  ///
  /// - Parameter config: The value of config.json.
  /// - Returns: The quantization config, or nil when the model has none.
  /// - Throws: `quantizationConfig`, naming the member that cannot be understood.
  package static func read(from config: JSON) throws(CheckpointError) -> QuantizationConfig? {
    guard let member = member(of: config) else { return nil }
    return try QuantizationConfig(member)
  }

  /// Whether a config.json speaks of compression and yet leaves weights as they are in any model, as that of a model does which was
  /// pruned and no more.
  static func leavesWeightsPlain(in config: JSON) throws(CheckpointError) -> Bool {
    guard let member = member(of: config), let method = try member.optional("quant_method")?.text(), isOurs(method)
    else {
      return false
    }
    for key in ["config_groups", "kv_cache_scheme", "transform_config"] {
      if let part = try member.optional(key), try !part.members().isEmpty { return false }
    }
    for place in [member, try member.optional("sparsity_config")] {
      if let format = try place?.optional("format")?.text(), format != CheckpointFormat.dense.rawValue { return false }
    }
    return true
  }

  /// What a config.json says of quantization, by any tool; nil where it says nothing.
  package static func value(in config: JSON) -> JSON? { member(of: config)?.value }

  /// Whether a value of `quant_method` means compressed-tensors.
  package static func isOurs(_ method: String) -> Bool { method.map { $0 == "_" ? "-" : $0 } == Array(Self.method) }

  private static let textKey = "text_config"
  private static let formerKey = "compression_config"

  /// What a config.json says of quantization, by any tool.
  static func member(of config: JSON) -> ConfigMember? {
    let places = [config[key], config[textKey]?[key], config[formerKey]]
    guard let value = places.compactMap({ $0 }).first(where: { $0 != .null }) else { return nil }
    return ConfigMember(name: key, path: key, value: value)
  }

  /// A config.json without what it says of quantization.
  static func removed(from config: JSON) -> JSON {
    var config = config
    config[key] = nil
    if config[textKey]?.object != nil { config[textKey]?[key] = nil }
    config[formerKey] = nil
    return config
  }

  private init(_ member: ConfigMember) throws(CheckpointError) {
    let method = try member.required("quant_method").text()
    guard Self.isOurs(method) else {
      throw .quantizationConfig(member: member.path + ".quant_method", .unknown(method))
    }
    let modelFormat = try member.optional("format")?.word(CheckpointFormat.self)
    var groups: [Group] = []
    for group in try member.optional("config_groups")?.members() ?? [] {
      groups.append(try Group(group, modelFormat: modelFormat))
    }
    var ignored: [String] = []
    for name in try member.optional("ignore")?.elements() ?? [] {
      ignored.append(try name.text())
    }
    self.init(
      groups: groups,
      ignored: ignored,
      keyValueCache: try QuantizationArguments(member.optional("kv_cache_scheme")),
      transforms: try TransformConfig(member.optional("transform_config"))
    )
  }
}

extension QuantizationConfig.Group {
  fileprivate init(_ member: ConfigMember, modelFormat: CheckpointFormat?) throws(CheckpointError) {
    var targets: [String] = []
    for target in try member.required("targets").elements() {
      targets.append(try target.text())
    }
    var scheme = QuantizationScheme(
      weights: try QuantizationArguments(member.optional("weights")),
      inputActivations: try QuantizationArguments(member.optional("input_activations")),
      outputActivations: try QuantizationArguments(member.optional("output_activations"))
    )
    scheme.format = try member.optional("format")?.word(CheckpointFormat.self)
    if scheme.format == nil {
      scheme.format = modelFormat == .mixedPrecision ? scheme.resolvedFormat : modelFormat ?? scheme.resolvedFormat
    }
    self.init(name: member.name, targets: targets, scheme: scheme)
  }
}

extension QuantizationArguments {
  /// Reads one mapping of arguments; nil when there is none.
  fileprivate init?(_ optional: ConfigMember?) throws(CheckpointError) {
    guard let member = optional else { return nil }
    self.init()
    if let bits = try member.optional("num_bits") { bitWidth = try bits.count(in: 1...16) }
    if let kind = try member.optional("type") { numberKind = try kind.word(NumberKind.self) }
    if let symmetric = try member.optional("symmetric") { isSymmetric = try symmetric.flag() }
    if let value = try member.optional("dynamic") { dynamic = try value.dynamic() }
    // −1 stands for one group over all columns.
    let size = try member.optional("group_size")?.count(in: -1...Int(Int32.max))
    groupSize = size == -1 ? nil : size
    if let block = try member.optional("block_structure") { blockShape = try block.block() }
    if let given = try member.optional("strategy") {
      strategy = try given.word(Strategy.self)
    } else {
      strategy = size == -1 ? .channel : size != nil ? .group : blockShape != nil ? .block : .tensor
    }
    try member.check(self)
    activationOrder = try member.optional("actorder")?.activationOrder()
    scaleType = try member.optional("scale_dtype")?.elementType()
    // A symmetric grid has no zero points, whatever type their config names.
    zeroPointType = isSymmetric ? nil : try member.optional("zp_dtype")?.elementType()
    observer = try member.optional("observer")?.text()
    for argument in try member.optional("observer_kwargs")?.members() ?? [] {
      observerArguments.append(ObserverArgument(name: argument.name, value: try argument.observerValue()))
    }
  }
}
