package import JSONDocuments
package import Vocabulary

/// Why a checkpoint cannot be read or written.
///
/// Files are paths where the operating system was asked and base names where a folder's contents disagree.
package enum CheckpointError: Error, Hashable, Sendable {
  /// The operating system refused.
  case system(SystemFailure)
  /// The file system has no room for what is to be written; counts are bytes.
  case diskFull(path: String, needed: Int, available: Int)
  /// A file that a checkpoint needs is not there.
  case missingFile(path: String)
  /// A folder holds no weights in a form that is read, but some in another; `file` is the base name of the first of these.
  case otherWeights(folder: String, file: String)
  /// A folder, a device or a pipe stands where a file is expected.
  case notARegularFile(path: String)
  /// A small text file, such as config.json, has more bytes than any real one.
  case fileTooLarge(path: String, byteCount: Int, limit: Int)
  /// A file changed its size between two looks at it; counts are bytes.
  case fileChanged(path: String, expected: Int, found: Int)

  /// A safetensors file breaks the format.
  case header(file: String, HeaderFault)
  /// A file is not JSON.
  case json(file: String, JSONError)
  /// A JSON file is not an object.
  case notAnObject(file: String)
  /// The shard index contradicts itself or the folder.
  case index(file: String, IndexFault)
  /// A quantization config says what cannot be understood.
  case quantizationConfig(member: String, ConfigFault)

  /// A tensor of this name is in no file.
  case missingTensor(String)
  /// Two tensors have one name; `files` holds the base names of the files, which may be equal.
  case duplicateTensor(String, files: [String])
  /// A tensor's elements have a type that cannot be used here.
  case elementType(tensor: String, found: ElementType, expected: [ElementType])
  /// A tensor has not the shape that its use demands; nil stands for any size.
  case shape(tensor: String, found: [Int], expected: [Int?])
  /// A tensor holds a NaN or an infinity; `position` is the index of the first, one number per dimension.
  case notFinite(tensor: String, position: [Int])
  /// A tensor's contents contradict the module's other tensors.
  case contents(tensor: String)
  /// Columns do not divide into whole groups.
  case unevenGroups(columns: Int, groupSize: Int)
  /// A scheme has no tensors in a format.
  case unsupportedScheme(CheckpointFormat)

  /// Another process writes the checkpoint whose hidden folder this is.
  case inUse(path: String)
  /// Something stands at the place of the finished checkpoint.
  case destinationExists(path: String)
  /// A tensor's bytes are not as many as its layout says.
  case byteCount(tensor: String, found: Int, expected: Int)
  /// A tensor or a file was to be written a second time.
  case writtenTwice(String)
  /// Tensors that were never written, in layout order.
  case unwritten([String])
  /// A file's name is no plain name in the checkpoint's folder, or is reserved for weights.
  case fileName(String)
}

/// How a safetensors file breaks the format.
package enum HeaderFault: Error, Hashable, Sendable {
  /// The file ends before the eight bytes of the header's size.
  case tooShort(byteCount: Int)
  /// The header is larger than any reader accepts; counts are bytes.
  case headerTooLarge(byteCount: UInt64, limit: Int)
  /// The header reaches beyond the end of the file; counts are bytes.
  case headerBeyondFile(byteCount: UInt64, fileByteCount: Int)
  /// The header is not JSON; places count from the start of the header.
  case json(JSONError)
  /// The header is not an object.
  case notAnObject
  /// `__metadata__` is not an object of strings.
  case malformedMetadata
  /// `__metadata__` stands twice.
  case repeatedMetadata
  /// Two entries have one name.
  case repeatedTensor(String)
  /// An entry is not an object.
  case malformedEntry(tensor: String)
  /// `dtype`, `shape` or `data_offsets` stands twice in an entry.
  case repeatedMember(tensor: String, member: String)
  /// `dtype`, `shape` or `data_offsets` is missing or of a wrong kind.
  case malformedMember(tensor: String, member: String)
  /// `dtype` names no element type.
  case unknownElementType(tensor: String, found: String)
  /// A shape has more dimensions than any real tensor.
  case tooManyDimensions(tensor: String, found: Int, limit: Int)
  /// The number of bytes or bits overflows.
  case sizeOverflow(tensor: String)
  /// The elements do not fill whole bytes.
  case partialByte(tensor: String)
  /// `data_offsets` span another number of bytes than type and shape demand.
  case sizeMismatch(tensor: String, found: Int, expected: Int)
  /// A tensor does not begin where the one before it ends: there is a hole or an overlap.
  case misplaced(tensor: String, begin: Int, expected: Int)
  /// The file is longer or shorter than its tensors; counts are bytes of the whole file.
  case fileByteCount(found: Int, expected: Int)
}

/// How a shard index contradicts itself or its folder.
package enum IndexFault: Error, Hashable, Sendable {
  /// There is no `weight_map`, or it is not an object of strings.
  case malformedWeightMap
  /// A tensor is listed twice.
  case repeatedTensor(String)
  /// A tensor's file is not a plain name in the folder.
  case fileName(tensor: String, file: String)
  /// A file that the index names is not there.
  case missingShard(file: String)
  /// A tensor is not in the file that the index names.
  case missingTensor(String, file: String)
  /// A shard holds a tensor that the index does not list there.
  case unlistedTensor(String, file: String)
  /// A file is named like a shard but the index does not know it.
  case unlistedShard(file: String)
  /// The one file of a model without shards stands beside shards, and loaders differ in which they take.
  case fileBesideShards(file: String)
}

/// How a member of a quantization config is wrong.
package enum ConfigFault: Error, Hashable, Sendable {
  /// The member is missing.
  case missing
  /// The member is of a wrong kind or out of range.
  case malformed
  /// The member's text is none of those known.
  case unknown(String)
}
