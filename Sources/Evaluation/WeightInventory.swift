package import Checkpoints
internal import Inference
internal import JSONDocuments
package import Kernels
package import Models
package import Tensors
package import Vocabulary

/// What of a checkpoint can be compared with another: the weights of its modules, however they are stored, and its
/// other float tensors.
///
/// It is found from config and headers, so it is there for architectures that nobody has described.
package struct WeightInventory: Sendable {
  /// The checkpoint.
  package let checkpoint: Checkpoint
  /// What there is, in the order of the model.
  package let entries: [Entry]
  private let places: [String: Int]
  private let embedding: String?

  /// A weight, or a float tensor besides weights.
  package struct Entry: Hashable, Sendable {
    /// The module's name; for other tensors their own, such as `model.layers.0.self_attn.q_proj.bias`.
    package let name: String
    /// The shape of the values, whatever that of the tensors that stand for them.
    package let shape: [Int]
    /// How the weight is compressed; nil where it is stored as it is.
    package let scheme: QuantizationScheme?
    /// The type of a weight that is stored as it is, or of its codes.
    package let elementType: ElementType
    /// Bytes of all tensors that stand for it; none for a head that is the embedding.
    package let byteCount: Int
    /// Whether it is the model's head and stored as its embedding.
    package let isTied: Bool
    fileprivate let storage: Storage
  }

  fileprivate enum Storage: Hashable, Sendable {
    /// A module's tensors.
    case module(String)
    /// One tensor.
    case tensor(String)
  }

  /// Lists what a checkpoint holds.
  ///
  /// - Parameters:
  ///   - checkpoint: The checkpoint.
  ///   - outline: Its model.
  /// - Throws: `CheckpointError` when its `quantization_config` cannot be understood.
  package init(_ checkpoint: Checkpoint, outline: ModelOutline) throws(CheckpointError) {
    self.checkpoint = checkpoint
    let parts = Part.parts(of: outline.tensors)
    let schemes =
      try QuantizationConfig.read(from: checkpoint.headers.config)?
      .schemes(of: outline.modules + Self.packedModules(parts, besides: outline.modules)) ?? [:]
    var entries: [Entry] = []
    for part in parts {
      if let entry = try Self.entry(part, scheme: schemes[part.module], in: checkpoint) { entries.append(entry) }
    }
    self.entries = entries
    places = Dictionary(entries.enumerated().map { ($1.name, $0) }) { first, _ in first }
    embedding = Self.tiedEmbedding(outline, config: checkpoint.headers)
  }

  /// The folder of the checkpoint, as it was given.
  package var folder: String { checkpoint.headers.folder }

  /// What is there under a name: an entry or, under the name of a head that is the embedding, the embedding.
  package func entry(named name: String) -> Entry? {
    if let place = places[name] { return entries[place] }
    guard let embedding, Architecture.headNames.contains(String(DottedName(name).last)),
      let table = places[embedding].map({ entries[$0] })
    else { return nil }
    return Entry(
      name: name,
      shape: table.shape,
      scheme: table.scheme,
      elementType: table.elementType,
      byteCount: 0,
      isTied: true,
      storage: table.storage
    )
  }

  /// Reads the values of an entry as they are served.
  ///
  /// - Parameters:
  ///   - entry: One of this checkpoint's.
  ///   - processor: Where to run.
  /// - Returns: The values, `[product of all dimensions but the last, the last]`, all finite.
  /// - Throws: `CheckpointError` naming the tensor that is missing, misshapen or not finite.
  package func values(of entry: Entry, on processor: Processor) throws(CheckpointError) -> Matrix {
    if let scheme = entry.scheme, case .module(let module) = entry.storage {
      let matrix = try checkpoint.decompressedWeight(of: module, scheme: scheme)
      guard [matrix.rowCount, matrix.columnCount] == entry.shape else {
        throw .shape(tensor: module, found: [matrix.rowCount, matrix.columnCount], expected: entry.shape)
      }
      return matrix
    }
    let tensor =
      switch entry.storage {
      case .module(let name): try checkpoint.tensor(Part.name(name, CompressedLinear.Suffix.weight))
      case .tensor(let name): try checkpoint.tensor(name)
      }
    let columns = entry.shape.last ?? 1
    let rows = columns == 0 ? 0 : tensor.description.elementCount / columns
    let matrix = try Matrix(rowCount: rows, columnCount: columns) { (buffer) throws(CheckpointError) in
      try Self.read(tensor, into: buffer, on: processor)
    }
    // What was read stands in memory of its own; the file's pages need not stay resident beside it.
    tensor.dontNeed()
    return matrix
  }

  /// Widens floats of 16 bits with the processor's own instructions where they lie aligned.
  private static func read(
    _ tensor: StoredTensor,
    into buffer: UnsafeMutableBufferPointer<Float>,
    on processor: Processor
  ) throws(CheckpointError) {
    guard let type = HalfType(tensor.description.elementType), let out = buffer.baseAddress else {
      return try tensor.read(into: buffer)
    }
    let isRead = tensor.withBytes { bytes in
      guard let start = bytes.baseAddress, Int(bitPattern: start).isMultiple(of: MemoryLayout<UInt16>.alignment) else {
        return false
      }
      processor.widen(start.assumingMemoryBound(to: UInt16.self), of: type, count: buffer.count, into: out)
      return true
    }
    guard isRead else { return try tensor.read(into: buffer) }
    if let offset = processor.firstNotFinite(in: UnsafeBufferPointer(buffer)) {
      throw .notFinite(tensor: tensor.description.name, position: tensor.description.position(of: offset))
    }
  }

  private static func entry(
    _ part: Part,
    scheme: QuantizationScheme?,
    in checkpoint: Checkpoint
  ) throws(CheckpointError) -> Entry? {
    let suffixes = CompressedLinear.Suffix.self
    let packed = part[suffixes.packed]
    guard let weight = packed ?? part[suffixes.weight] else {
      guard let tensor = part.tensors.first, StoredTensor.floatTypes.contains(tensor.elementType) else { return nil }
      return Entry(
        name: tensor.name,
        shape: tensor.shape,
        scheme: nil,
        elementType: tensor.elementType,
        byteCount: tensor.byteCount,
        isTied: false,
        storage: .tensor(tensor.name)
      )
    }
    // A target may reach modules of an unknown model that were never compressed; their tensors tell.
    let isCompressed = packed != nil || part[suffixes.scale] != nil
    return Entry(
      name: part.module.isEmpty ? weight.name : part.module,
      shape: try part.shape(of: weight, in: checkpoint),
      scheme: isCompressed ? scheme : nil,
      elementType: weight.elementType,
      byteCount: part.tensors.map(\.byteCount).reduce(0, +),
      isTied: false,
      storage: .module(part.module)
    )
  }

  /// Modules of an unknown architecture whose weights are packed: only linear layers are.
  private static func packedModules(_ parts: [Part], besides modules: [Module]) -> [Module] {
    let known = Set(modules.map(\.name))
    return parts.filter { $0[CompressedLinear.Suffix.packed] != nil && !known.contains($0.module) }.map { part in
      Module(
        name: part.module,
        className: "Linear",
        kind: .linear(LinearOutline(name: part.module, rows: 0, columns: 0, hasBias: false))
      )
    }
  }

  /// The embedding that is the head as well; nil where the head is a layer of its own, or nobody knows.
  private static func tiedEmbedding(_ outline: ModelOutline, config headers: CheckpointHeaders) -> String? {
    if let decoder = outline.decoder { return decoder.head == nil ? decoder.embedding : nil }
    let key = "tie_word_embeddings"
    guard (headers.config[key] ?? headers.config["text_config"]?[key])?.bool == true else { return nil }
    let tables = outline.modules.filter { $0.role == .embedding }
    return tables.count == 1 ? tables[0].name : nil
  }
}

/// Tensors that stand for one thing: a weight with its scales, or something else alone.
private struct Part {
  let module: String
  var tensors: [TensorDescription]

  /// The tensor with a last part of its name.
  subscript(suffix: String) -> TensorDescription? {
    let name = Self.name(module, suffix)
    return tensors.first { $0.name == name }
  }

  static func name(_ module: String, _ suffix: String) -> String { module.isEmpty ? suffix : "\(module).\(suffix)" }

  /// Parts in the order of their first tensors.
  static func parts(of tensors: [TensorDescription]) -> [Part] {
    let weights = [CompressedLinear.Suffix.weight, CompressedLinear.Suffix.packed]
    let withWeights = Set(
      tensors.filter { weights.contains(String($0.suffix)) }.map { DottedName($0.name).parent }
    )
    var parts: [Part] = []
    var places: [Substring: Int] = [:]
    for tensor in tensors {
      let module = DottedName(tensor.name).parent
      guard withWeights.contains(module), belongsToWeight(tensor.suffix) else {
        parts.append(Part(module: String(module), tensors: [tensor]))
        continue
      }
      if let place = places[module] {
        parts[place].tensors.append(tensor)
      } else {
        places[module] = parts.count
        parts.append(Part(module: String(module), tensors: [tensor]))
      }
    }
    return parts
  }

  /// Whether a tensor says how a weight, or what flows in and out beside it, is quantized.
  private static func belongsToWeight(_ suffix: Substring) -> Bool {
    suffix == CompressedLinear.Suffix.weight
      || ["weight_", "input_", "output_"].contains { suffix.hasPrefix($0) }
  }

  /// The shape of the weight that a tensor stands for.
  func shape(of weight: TensorDescription, in checkpoint: Checkpoint) throws(CheckpointError) -> [Int] {
    guard weight.suffix == CompressedLinear.Suffix.packed else { return weight.shape }
    if let shape = self[CompressedLinear.Suffix.shape], shape.elementType == .int64 {
      return try checkpoint.tensor(shape.name).elements(as: Int64.self).map { Int($0) }
    }
    // Bytes hold two float4 codes each.
    guard weight.elementType == .uint8, let columns = weight.shape.last else { return weight.shape }
    return weight.shape.dropLast() + [2 * columns]
  }
}
