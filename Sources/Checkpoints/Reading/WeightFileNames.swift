/// What the names in a folder tell of the form of its weights.
enum WeightFileNames {
  /// Endings of files that hold weights, in any framework's form.
  static let endings = [
    ".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".gguf", ".ggml", ".h5", ".msgpack", ".onnx", ".onnx_data", ".npz",
    ".ot", ".tflite",
  ]

  /// What trainers leave beside weights, in files that end like weights.
  private static let trainersFiles = ["training_args.", "optimizer.", "scheduler.", "scaler.", "rng_state"]

  /// Finds that weights are where they are looked for, unless there are none at all.
  ///
  /// - Parameters:
  ///   - names: All names in the folder.
  ///   - folder: Its path.
  /// - Throws: `otherWeights`.
  static func check(_ names: [String], in folder: String) throws(CheckpointError) {
    guard !names.contains(SafetensorsLayout.singleFileName), !names.contains(ShardIndex.fileName),
      let file = names.first(where: isWeights)
    else { return }
    throw .otherWeights(folder: folder, file: file)
  }

  private static func isWeights(_ name: String) -> Bool {
    endings.contains { name.lowercased().hasSuffix($0) } && !trainersFiles.contains { name.hasPrefix($0) }
  }
}
