internal import Checkpoints
internal import Inference
internal import Models
internal import Tensors

/// Weights between passes: read from the model at first, and from the scratch file once a pass has changed them.
extension ModelCompressor {
  /// The weights of a block as the passes so far have left them.
  func weights(of block: BlockOutline) throws(ExecutionError) -> BlockWeights {
    try checked { () throws(CheckpointError) in
      var weights = try reader.block(block)
      guard let scratch else { return weights }
      for step in block.steps {
        for (place, linear) in step.linears.enumerated() {
          try scratch.restore(&weights[step.kind, place], of: linear.name)
        }
      }
      for place in weights.norms.keys {
        if let norm = weights.norms[place] { weights.norms[place] = try scratch.restored(norm) }
      }
      return weights
    }
  }

  /// The head, one layer, and the norm before it, as the passes so far have left them.
  func head(of decoder: DecoderOutline) throws(ExecutionError) -> (layers: [LinearLayer], norm: NormLayer) {
    try checked { () throws(CheckpointError) in
      var layer = try reader.head(of: decoder)
      let norm = try reader.norm(decoder.norm)
      guard let scratch else { return ([layer], norm) }
      try scratch.restore(&layer, of: decoder.headName)
      return ([layer], try scratch.restored(norm))
    }
  }

  /// Keeps a block's weights for the next pass.
  func keep(_ weights: BlockWeights, of block: BlockOutline) throws(ExecutionError) {
    for step in block.steps {
      for (place, linear) in step.linears.enumerated() {
        try keep(weights[step.kind, place], of: linear.name)
      }
    }
    for norm in weights.ownNorms { try keep(norm) }
  }

  /// Keeps one norm for the next pass.
  func keep(_ norm: NormLayer) throws(ExecutionError) {
    try keep(norm.outline.tensor, norm.weight)
    if let tensor = norm.outline.biasTensor, let bias = norm.bias { try keep(tensor, bias) }
  }

  /// Keeps one layer for the next pass.
  func keep(_ layer: LinearLayer, of module: String) throws(ExecutionError) {
    try keep("\(module).weight", layer.weight.elements)
    if let bias = layer.bias { try keep("\(module).bias", bias) }
  }

  /// Keeps one tensor for the next pass.
  func keep(_ name: String, _ values: [Float]) throws(ExecutionError) {
    try checked { () throws(CheckpointError) in try scratch?.keep(name, values) }
  }
}

extension ScratchTensors {
  fileprivate func restored(_ norm: NormLayer) throws(CheckpointError) -> NormLayer {
    var norm = norm
    norm.weight = try values(of: norm.outline.tensor) ?? norm.weight
    if let tensor = norm.outline.biasTensor { norm.bias = try values(of: tensor) ?? norm.bias }
    return norm
  }

  fileprivate func restore(_ layer: inout LinearLayer, of module: String) throws(CheckpointError) {
    if let weight = try values(of: "\(module).weight") {
      layer.weight = Matrix(
        rowCount: layer.weight.rowCount,
        columnCount: layer.weight.columnCount,
        elements: weight
      )
    }
    layer.bias = try values(of: "\(module).bias") ?? layer.bias
  }
}
