internal import JSONDocuments
internal import Vocabulary

extension SafetensorsHeader {
  /// Checks a header's JSON against the format and the size of its file.
  init(json bytes: [UInt8], fileByteCount: Int) throws(HeaderFault) {
    let members = try Self.members(bytes)
    var metadata: [MetadataEntry]?
    var entries: [HeaderEntry] = []
    entries.reserveCapacity(members.count)
    var names: Set<String> = []
    names.reserveCapacity(members.count)
    for member in members {
      if member.key == Self.metadataKey {
        guard metadata == nil else { throw .repeatedMetadata }
        metadata = try Self.metadata(member.value)
      } else {
        guard names.insert(member.key).inserted else { throw .repeatedTensor(member.key) }
        entries.append(try HeaderEntry(member))
      }
    }
    let dataStart = Self.prefixByteCount + bytes.count
    self.init(
      tensors: try Self.placed(entries, dataStart: dataStart, fileByteCount: fileByteCount),
      metadata: metadata ?? [],
      dataStart: dataStart,
      fileByteCount: fileByteCount
    )
  }

  private static func members(_ bytes: [UInt8]) throws(HeaderFault) -> [JSON.Member] {
    let document: JSON
    do {
      document = try JSON.parse(bytes)
    } catch {
      throw .json(error)
    }
    // JSON may begin with white space, a header must begin with its brace.
    guard bytes.first == UInt8(ascii: "{"), let members = document.object else { throw .notAnObject }
    return members
  }

  private static func metadata(_ value: JSON) throws(HeaderFault) -> [MetadataEntry] {
    // The reference reader takes null for no metadata.
    if case .null = value { return [] }
    guard let members = value.object else { throw .malformedMetadata }
    var entries: [MetadataEntry] = []
    for member in members {
      guard let text = member.value.string else { throw .malformedMetadata }
      entries.append(MetadataEntry(key: member.key, value: text))
    }
    return entries
  }

  /// Orders tensors by their bytes and finds that they fill the file without holes and overlaps.
  private static func placed(
    _ entries: [HeaderEntry],
    dataStart: Int,
    fileByteCount: Int
  ) throws(HeaderFault) -> [TensorEntry] {
    var end = 0
    var tensors: [TensorEntry] = []
    tensors.reserveCapacity(entries.count)
    for entry in entries.sorted(by: { ($0.begin, $0.end) < ($1.begin, $1.end) }) {
      let description = entry.description
      guard entry.begin == end else { throw .misplaced(tensor: description.name, begin: entry.begin, expected: end) }
      end = entry.end
      // Offsets stay within the file, so that adding the start of the data cannot overflow.
      guard end <= fileByteCount - dataStart else {
        throw .fileByteCount(found: fileByteCount, expected: dataStart.addingReportingOverflow(end).partialValue)
      }
      tensors.append(TensorEntry(description: description, byteRange: dataStart + entry.begin..<dataStart + end))
    }
    guard dataStart + end == fileByteCount else {
      throw .fileByteCount(found: fileByteCount, expected: dataStart + end)
    }
    return tensors
  }
}

/// One tensor as its header entry has it; offsets count from the start of the data.
private struct HeaderEntry {
  let description: TensorDescription
  let begin: Int
  let end: Int

  init(_ member: JSON.Member) throws(HeaderFault) {
    let name = member.key
    guard let members = member.value.object else { throw .malformedEntry(tensor: name) }
    let elementType = try Self.elementType(Self.value("dtype", of: name, in: members), tensor: name)
    let shape = try Self.sizes("shape", of: name, in: members)
    let offsets = try Self.sizes("data_offsets", of: name, in: members)
    guard offsets.count == 2, offsets[0] <= offsets[1] else {
      throw .malformedMember(tensor: name, member: "data_offsets")
    }
    let limit = SafetensorsHeader.dimensionLimit
    guard shape.count <= limit else { throw .tooManyDimensions(tensor: name, found: shape.count, limit: limit) }
    (begin, end) = (offsets[0], offsets[1])
    let expected = try Self.byteCount(of: shape, elementType: elementType, tensor: name)
    guard end - begin == expected else { throw .sizeMismatch(tensor: name, found: end - begin, expected: expected) }
    description = TensorDescription(name: name, elementType: elementType, shape: shape)
  }

  /// The value of a member that stands exactly once; other members are free.
  private static func value(
    _ key: String,
    of tensor: String,
    in members: [JSON.Member]
  ) throws(HeaderFault) -> JSON {
    var value: JSON?
    for member in members where member.key == key {
      guard value == nil else { throw .repeatedMember(tensor: tensor, member: key) }
      value = member.value
    }
    guard let value else { throw .malformedMember(tensor: tensor, member: key) }
    return value
  }

  private static func elementType(_ value: JSON, tensor: String) throws(HeaderFault) -> ElementType {
    guard let text = value.string else { throw .malformedMember(tensor: tensor, member: "dtype") }
    guard let type = ElementType(rawValue: text) else { throw .unknownElementType(tensor: tensor, found: text) }
    return type
  }

  private static func sizes(
    _ key: String,
    of tensor: String,
    in members: [JSON.Member]
  ) throws(HeaderFault) -> [Int] {
    guard let values = try value(key, of: tensor, in: members).array else {
      throw .malformedMember(tensor: tensor, member: key)
    }
    var sizes: [Int] = []
    sizes.reserveCapacity(values.count)
    for value in values {
      guard let size = value.int, size >= 0 else { throw .malformedMember(tensor: tensor, member: key) }
      sizes.append(size)
    }
    return sizes
  }

  private static func byteCount(
    of shape: [Int],
    elementType: ElementType,
    tensor: String
  ) throws(HeaderFault) -> Int {
    guard let byteCount = TensorDescription.byteCount(of: shape, elementType: elementType) else {
      let count = TensorDescription.elementCount(of: shape)
      let overflows = count?.multipliedReportingOverflow(by: elementType.bitWidth).overflow ?? true
      throw overflows ? .sizeOverflow(tensor: tensor) : .partialByte(tensor: tensor)
    }
    return byteCount
  }
}
