internal import JSONDocuments
internal import Vocabulary

/// Where every byte of a checkpoint's weights will be: files, headers and the place of each tensor.
///
/// Follows from names, types and shapes alone, so that sizes are known before any weight is read.
package struct SafetensorsLayout: Hashable, Sendable {
  /// The weight files, in name order.
  package let files: [WeightFile]
  private let places: [String: Place]

  /// One weight file.
  package struct WeightFile: Hashable, Sendable {
    /// The base name.
    package let name: String
    /// The file's first bytes: the header's size, the header and its padding.
    package let header: [UInt8]
    /// The tensors in the order of their bytes; ranges count from the start of the file.
    package let tensors: [TensorEntry]
    /// The size of the file, in bytes.
    package let byteCount: Int
  }

  /// Where a tensor is: an index into `files` and one into that file's tensors.
  private struct Place: Hashable {
    let file: Int
    let tensor: Int
  }

  /// The most tensor bytes of one file unless asked otherwise: 20 GB, decimal, as llm-compressor has it.
  package static let standardShardByteLimit = 20_000_000_000
  /// The file name when one file holds all.
  package static let singleFileName = "model.safetensors"

  /// Lays tensors out.
  ///
  /// A tensor larger than the limit has a file of its own. The others fill one file after the other in the order given.
  ///
  /// - Parameters:
  ///   - tensors: All tensors, in the order of the model's modules ("state-dict order").
  ///   - shardByteLimit: The most tensor bytes of one file.
  /// - Throws: `duplicateTensor`, or `fileTooLarge` for more bytes than a file can have.
  package init(
    tensors: [TensorDescription],
    shardByteLimit: Int = standardShardByteLimit
  ) throws(CheckpointError) {
    precondition(shardByteLimit > 0, "a shard holds something")
    let shards = Self.shards(of: tensors, limit: shardByteLimit)
    var files: [WeightFile] = []
    for (index, shard) in shards.enumerated() {
      let name = shards.count == 1 ? Self.singleFileName : ShardName.text(number: index + 1, of: shards.count)
      files.append(try WeightFile(name: name, tensors: shard))
    }
    self.files = files
    places = try Self.places(in: files)
  }

  /// The place of a tensor, or nil when there is none of that name.
  ///
  /// - Parameter name: The full name.
  /// - Returns: The index of its file in `files`, and its entry there.
  package func location(of name: String) -> (file: Int, entry: TensorEntry)? {
    guard let place = places[name] else { return nil }
    return (place.file, files[place.file].tensors[place.tensor])
  }

  /// The bytes of all tensors together, without headers.
  package var tensorByteCount: Int {
    files.reduce(0) { $0 + $1.byteCount - $1.header.count }
  }

  /// The bytes of all weight files together, with their headers.
  package var fileByteCount: Int {
    files.reduce(0) { $0 + $1.byteCount }
  }

  /// The elements of all stored tensors together; packed words count as one element each.
  package var parameterCount: Int {
    files.reduce(0) { $0 + $1.tensors.reduce(0) { $0 + $1.description.elementCount } }
  }

  /// The text of `model.safetensors.index.json`, or nil when one file holds all.
  package var index: String? {
    guard files.count > 1 else { return nil }
    let map = files.flatMap { file in
      file.tensors.map { JSON.Member($0.description.name, .string(file.name)) }
    }
    let document = JSON.object([
      JSON.Member(
        "metadata",
        .object([
          JSON.Member("total_parameters", .integer(Int64(parameterCount))),
          JSON.Member("total_size", .integer(Int64(tensorByteCount))),
        ])
      ),
      JSON.Member("weight_map", .object(map)),
    ])
    return document.serialized(.pretty) + "\n"
  }

  private static func shards(of tensors: [TensorDescription], limit: Int) -> [[TensorDescription]] {
    var shards: [[TensorDescription]] = []
    var open: [TensorDescription] = []
    var openByteCount = 0
    for tensor in tensors {
      if tensor.byteCount > limit {
        shards.append([tensor])
        continue
      }
      if tensor.byteCount > limit - openByteCount {
        shards.append(open)
        open = []
        openByteCount = 0
      }
      open.append(tensor)
      openByteCount += tensor.byteCount
    }
    if !open.isEmpty || shards.isEmpty { shards.append(open) }
    return shards
  }

  private static func places(in files: [WeightFile]) throws(CheckpointError) -> [String: Place] {
    var places: [String: Place] = [:]
    for (fileIndex, file) in files.enumerated() {
      for (tensorIndex, tensor) in file.tensors.enumerated() {
        let name = tensor.description.name
        if let first = places.updateValue(Place(file: fileIndex, tensor: tensorIndex), forKey: name) {
          throw .duplicateTensor(name, files: [files[first.file].name, file.name])
        }
      }
    }
    return places
  }
}

extension SafetensorsLayout.WeightFile {
  /// The alignment of the header's end, in bytes.
  private static let headerAlignment = 8

  /// Orders tensors as the format's own writer does, by type descending and then by name, and writes their header.
  fileprivate init(name: String, tensors: [TensorDescription]) throws(CheckpointError) {
    let sorted = tensors.sorted { left, right in
      let (leftRank, rightRank) = (left.elementType.rank, right.elementType.rank)
      return leftRank == rightRank ? left.name.utf8.lexicographicallyPrecedes(right.name.utf8) : leftRank > rightRank
    }
    var text = #"{"__metadata__":{"format":"pt"}"#
    var ranges: [Range<Int>] = []
    var end = 0
    for tensor in sorted {
      let (next, overflow) = end.addingReportingOverflow(tensor.byteCount)
      guard !overflow else { throw .fileTooLarge(path: name, byteCount: .max, limit: .max) }
      let key = JSON.string(tensor.name).serialized(.compact)
      let sizes = tensor.shape.map(String.init).joined(separator: ",")
      text +=
        #",\#(key):{"dtype":"\#(tensor.elementType.rawValue)","shape":[\#(sizes)],"data_offsets":[\#(end),\#(next)]}"#
      ranges.append(end..<next)
      end = next
    }
    text += "}"
    let json = Array(text.utf8)
    let padding = (Self.headerAlignment - json.count % Self.headerAlignment) % Self.headerAlignment
    let header = Self.littleEndian(UInt64(json.count + padding)) + json + Array(repeating: 0x20, count: padding)
    let (byteCount, overflow) = header.count.addingReportingOverflow(end)
    guard !overflow else { throw .fileTooLarge(path: name, byteCount: .max, limit: .max) }
    self.init(
      name: name,
      header: header,
      tensors: zip(sorted, ranges).map { tensor, range in
        TensorEntry(
          description: tensor,
          byteRange: range.lowerBound + header.count..<range.upperBound + header.count
        )
      },
      byteCount: byteCount
    )
  }

  private static func littleEndian(_ value: UInt64) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}

extension ElementType {
  /// The place of each type in the format's own enumeration.
  private static let ranks = Dictionary(uniqueKeysWithValues: zip(allCases, 0...))

  fileprivate var rank: Int {
    Self.ranks[self, default: 0]
  }
}
