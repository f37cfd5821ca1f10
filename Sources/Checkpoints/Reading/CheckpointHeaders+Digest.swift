internal import Glibc
internal import JSONDocuments
internal import Vocabulary

extension CheckpointHeaders {
  /// Adds to a digest what is known of the checkpoint without its weights: config, and each file's name, size and tensors.
  package func add(to digest: ContentDigest) {
    digest.add(config.serialized(.compact))
    for file in files {
      digest.add(file.name)
      digest.add(file.header.fileByteCount)
      for tensor in file.header.tensors {
        digest.add(tensor.description.name)
        digest.add(tensor.description.elementType.rawValue)
        for size in tensor.description.shape { digest.add(size) }
        digest.add(tensor.byteRange.lowerBound)
      }
    }
  }

  /// Adds to a digest when each weight file was last written.
  ///
  /// - Throws: The system's refusal.
  package func addModificationTimes(to digest: ContentDigest) throws(CheckpointError) {
    for file in files {
      let path = Folder.path(of: file.name, in: folder)
      var status = stat()
      guard stat(path, &status) == 0 else { throw .system(.examine, path) }
      digest.add(status.st_mtim.tv_sec)
      digest.add(status.st_mtim.tv_nsec)
    }
  }
}
