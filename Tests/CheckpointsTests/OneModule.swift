import Checkpoints
import Tensors
import Vocabulary

/// A checkpoint of one module, `m`, written for one test.
struct OneModule {
  let checkpoint: Checkpoint
  private let folder: TemporaryFolder

  init(_ tensors: [(suffix: String, type: ElementType, shape: [Int], bytes: [UInt8])]) throws {
    folder = try TemporaryFolder()
    let layout = try SafetensorsLayout(
      tensors: tensors.map { TensorDescription(name: "m.\($0.suffix)", elementType: $0.type, shape: $0.shape) }
    )
    let writer = try CheckpointWriter(destination: folder.path("out"), layout: layout)
    for tensor in tensors {
      try tensor.bytes.withUnsafeBytes { try writer.write("m.\(tensor.suffix)", bytes: $0) }
    }
    try writer.writeFile("config.json", bytes: Array("{}".utf8))
    try writer.finish()
    checkpoint = try Checkpoint.open(folder.path("out"))
  }

  func weight(_ arguments: QuantizationArguments) throws(CheckpointError) -> Matrix {
    try checkpoint.decompressedWeight(of: "m", scheme: QuantizationScheme(weights: arguments))
  }
}
