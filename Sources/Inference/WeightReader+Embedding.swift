package import Checkpoints
package import Kernels
package import Models
package import Tensors
internal import Vocabulary

/// What a model reads first.
extension WeightReader {
  /// What the first block reads of some sequences, `[tokens, hidden]`: rows of the embedding, multiplied by the model's
  /// factor, plus those of learned positions.
  ///
  /// - Parameters:
  ///   - sequences: Token ids; each sequence begins at the first position.
  ///   - decoder: The model.
  /// - Returns: The residual stream before the first block.
  /// - Throws: `CheckpointError` naming the tensor that is missing, misshapen or not finite.
  package func embed(_ sequences: [[Int32]], of decoder: DecoderOutline) throws(CheckpointError) -> FloatBuffer {
    let hidden = try rows(of: sequences.flatMap(\.self), of: decoder)
    try place(hidden.start, sequences.map(\.count), of: decoder)
    return hidden
  }

  /// The same, some sequences at a time, in memory that need not be resident.
  ///
  /// - Parameters:
  ///   - sequences: Token ids; each sequence begins at the first position.
  ///   - decoder: The model.
  ///   - memory: Where the result lies.
  ///   - table: Looks up rows of the embedding, `[ids, hidden]`.
  /// - Returns: The residual stream before the first block.
  /// - Throws: As `embed(_:of:)`, and what `memory` throws.
  package func embed(
    _ sequences: [[Int32]],
    of decoder: DecoderOutline,
    memory: ActivationMemory,
    table: ([Int32]) throws(CheckpointError) -> FloatBuffer
  ) throws(CheckpointError) -> FloatBuffer {
    let width = decoder.configuration.hiddenSize
    let hidden = try memory.buffer(count: sequences.map(\.count).reduce(0, +) * width)
    var next = 0
    for chunk in Chunk.chunks(of: sequences.map(\.count), tokens: BlockWalk.chunkTokens) {
      let rows = try table(sequences[next..<next + chunk.sequences.count].flatMap(\.self))
      next += chunk.sequences.count
      (hidden.start + chunk.first * width).update(from: rows.start, count: rows.count)
      try place(hidden.start + chunk.first * width, chunk.sequences, of: decoder)
      memory.release()
    }
    return hidden
  }

  /// Multiplies rows of the embedding by the model's factor and adds those of learned positions.
  private func place(
    _ hidden: UnsafeMutablePointer<Float>,
    _ sequences: [Int],
    of decoder: DecoderOutline
  ) throws(CheckpointError) {
    let width = decoder.configuration.hiddenSize
    let factor = decoder.configuration.embeddingFactor
    if factor != 1 { for index in 0..<sequences.reduce(0, +) * width { hidden[index] *= factor } }
    guard let positions = decoder.positions else { return }
    let learned = try matrix(outline.storedName(of: "\(positions.name).weight"))
    var first = 0
    for length in sequences {
      precondition(length + positions.first <= learned.rowCount, "a position for each token")
      learned.withElements { rows in
        guard let start = rows.baseAddress else { return }
        processor.add(start + positions.first * width, times: 1, to: hidden + first * width, count: length * width)
      }
      first += length
    }
  }

  /// Looks up the rows of token ids in the embedding: `[ids, hidden]`; only those rows are read.
  ///
  /// - Precondition: Every id is a row of the table.
  package func rows(of ids: [Int32], of decoder: DecoderOutline) throws(CheckpointError) -> FloatBuffer {
    let rows = decoder.configuration.vocabularySize
    let width = decoder.configuration.hiddenSize
    guard schemes[decoder.embedding]?.weights == nil else {
      return Self.rows(ids, of: try weight(of: decoder.embedding, rows: rows, columns: width))
    }
    let tensor = try checkpoint.tensor(outline.storedName(of: "\(decoder.embedding).weight"))
    precondition(ids.allSatisfy { 0..<rows ~= Int($0) }, "token ids are rows of the embedding")
    guard let type = HalfType(tensor.description.elementType) else {
      return Self.rows(ids, of: try tensor.matrix())
    }
    let hidden = FloatBuffer(count: ids.count * width)
    let stored = UnsafeMutablePointer<UInt16>.allocate(capacity: ids.count * width)
    defer { stored.deallocate() }
    tensor.withBytes { bytes in
      guard let start = bytes.baseAddress else { return }
      let rowBytes = width * MemoryLayout<UInt16>.size
      for (place, id) in ids.enumerated() {
        UnsafeMutableRawPointer(stored + place * width)
          .copyMemory(from: start + Int(id) * rowBytes, byteCount: rowBytes)
      }
    }
    tensor.dontNeed()
    processor.widen(stored, of: type, count: ids.count * width, into: hidden.start)
    if let offset = processor.firstNotFinite(in: hidden[0..<hidden.count]) {
      throw .notFinite(
        tensor: tensor.description.name,
        position: [Int(ids[offset / width]), offset % width]
      )
    }
    return hidden
  }

  /// Looks up rows of a table in memory: `[ids, columns]`.
  package static func rows(_ ids: [Int32], of table: Matrix) -> FloatBuffer {
    let width = table.columnCount
    precondition(ids.allSatisfy { 0..<table.rowCount ~= Int($0) }, "token ids are rows of the embedding")
    let hidden = FloatBuffer(count: ids.count * width)
    table.withElements { elements in
      guard let start = elements.baseAddress else { return }
      for (place, id) in ids.enumerated() {
        (hidden.start + place * width).update(from: start + Int(id) * width, count: width)
      }
    }
    return hidden
  }
}
