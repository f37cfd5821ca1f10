package import Checkpoints
package import Inference
package import Kernels
package import Models

/// What a model makes of windows of text: the residual stream behind its last block, and the head that scores it.
package struct Readout: Sendable {
  /// The residual stream, `[tokens, hidden]`: all windows, one after the other.
  package let hidden: FloatBuffer
  /// The final norm and the head.
  package let head: Head

  /// Takes windows through all blocks of a model, one block in memory at a time.
  ///
  /// Activations are float32; where a scheme quantizes them at run time, they are rounded as a server would.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - windows: Token ids, rows of the model's embedding; each window stands alone.
  ///   - processor: Where to run.
  ///   - progress: Called with the number of blocks done.
  /// - Throws: `CheckpointError` naming the tensor that cannot be read.
  package init(
    of model: RunnableModel,
    over windows: [[Int32]],
    on processor: Processor,
    progress: (Int) -> Void
  ) throws(CheckpointError) {
    let (reader, decoder) = (model.reader, model.decoder)
    hidden = try reader.embed(windows, of: decoder)
    let walk = BlockWalk(decoder, sequences: windows.map(\.count), processor: processor)
    for (index, block) in decoder.blocks.enumerated() {
      walk.advance(hidden, through: try reader.block(block))
      progress(index + 1)
    }
    head = Head(
      norm: try reader.norm(decoder.norm),
      layer: try reader.head(of: decoder),
      configuration: decoder.configuration,
      processor: processor
    )
  }
}

/// A model whose dataflow is known and whose weights can be read.
package struct RunnableModel: Sendable {
  /// Its weights.
  package let reader: WeightReader
  /// Its dataflow.
  package let decoder: DecoderOutline

  package init(reader: WeightReader, decoder: DecoderOutline) {
    self.reader = reader
    self.decoder = decoder
  }
}
