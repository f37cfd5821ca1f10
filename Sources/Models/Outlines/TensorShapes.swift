internal import Checkpoints

/// The tensors that are there, held against those that should be.
struct TensorShapes {
  let tensors: KnownTensors
  let names: CheckpointNames

  /// The name under which the checkpoint has a module of the document.
  func stored(_ name: String) -> String {
    let candidates = names.candidates(name)
    guard candidates.count > 1 else { return candidates[0] }
    return candidates.first { has("\($0).weight") || has("\($0).weight_packed") } ?? candidates[0]
  }

  /// Whether a module of the document has a weight.
  func hasWeight(_ name: String) -> Bool {
    names.candidates(name).contains { has("\($0).weight") || has("\($0).weight_packed") }
  }

  /// A linear layer of the document, whose weight must be there.
  func linear(_ name: String, rows: Int, columns: Int, isTransposed: Bool) throws(ModelError) -> LinearOutline {
    let stored = stored(name)
    try expectWeight(of: stored, isTransposed ? [columns, rows] : [rows, columns])
    let hasBias = has("\(stored).bias")
    if hasBias { try expect("\(stored).bias", [rows]) }
    return LinearOutline(
      name: names.module(name),
      rows: rows,
      columns: columns,
      hasBias: hasBias,
      isTransposed: isTransposed
    )
  }

  /// A table of rows, stored plainly or as codes; packed codes are held against their shape when they are read.
  func expectTable(_ name: String, rows: Int, columns: Int) throws(ModelError) {
    try expectWeight(of: stored(name), [rows, columns])
  }

  /// The weight of a stored module: plain, or as packed codes.
  private func expectWeight(of stored: String, _ shape: [Int]) throws(ModelError) {
    let plain = "\(stored).weight"
    guard try !holds(plain, shape), !has("\(stored).weight_packed") else { return }
    throw .missingTensor(plain)
  }

  /// A norm of the document, whose weight must be there.
  func norm(
    _ name: String,
    width: Int,
    like norms: Architecture.NormNames,
    epsilon: Double
  ) throws(ModelError) -> NormOutline {
    let stored = stored(name)
    try expect("\(stored).weight", [width])
    let hasBias = has("\(stored).bias")
    if hasBias { try expect("\(stored).bias", [width]) }
    return NormOutline(
      name: names.module(name),
      kind: norms.kind,
      width: width,
      offset: norms.offset,
      epsilon: epsilon,
      hasBias: hasBias
    )
  }

  func has(_ name: String) -> Bool { tensors.contains(name) }

  func expect(_ name: String, _ shape: [Int]) throws(ModelError) {
    guard try holds(name, shape) else { throw .missingTensor(name) }
  }

  /// Whether a tensor is there, which must have a shape.
  private func holds(_ name: String, _ shape: [Int]) throws(ModelError) -> Bool {
    guard case .described(let tensors) = tensors else { return has(name) }
    guard let tensor = tensors[name] else { return false }
    guard tensor.shape == shape else { throw .shape(tensor: name, found: tensor.shape, expected: shape) }
    return true
  }
}
