import Kernels
import Vocabulary

extension Workload {
  /// Tokens that products and moments take at once: what a walk through a block hands them.
  private static let tokenCount = 1024
  /// Rows and columns of weights: SmolLM2 135M's, and the largest of Llama 2 7B.
  private static let layers = [(576, 576), (1536, 576), (576, 1536), (11008, 4096)]
  /// Widths of second moments and their factors.
  private static let widths = [576, 1536, 4096]
  /// Rows and columns of weights that sweeps go through.
  private static let weights = [(576, 576), (1536, 576), (4096, 4096)]
  /// The attention of SmolLM2 135M and of Llama 2 7B.
  private static let heads = [
    AttentionShape(queryHeads: 9, keyHeads: 3, dimension: 64),
    AttentionShape(queryHeads: 32, keyHeads: 32, dimension: 128),
  ]
  /// Columns that are quantized before their errors move on.
  private static let blockSize = 128

  /// The kernels that multiply and add.
  static var arithmetic: [Workload] {
    var all = layers.map(floatProduct) + layers.map(bfloat16Product)
    for type in ProductType.allCases { all += widths.map { moments($0, of: type) } }
    all += widths.map(inverseFactor)
    all += weights.map(sweep) + weights.map(pruning)
    for type in ProductType.allCases { all += heads.map { attention($0, of: type) } }
    return all
  }

  private init(
    _ kernel: String,
    _ size: String,
    of products: ProductType = .float32,
    makeJob: @escaping (Processor) -> Job
  ) {
    self.init(kernel: kernel, size: size, limit: .arithmetic, products: products, makeJob: makeJob)
  }

  private static func floatProduct(rows: Int, columns: Int) -> Workload {
    Workload("product, float32", "\(tokenCount) × \(columns) → \(rows)") { processor in
      let x = Block(noise: tokenCount * columns)
      let weight = Block(noise: rows * columns)
      let out = Block(noise: tokenCount * rows)
      return Job(amount: 2 * Double(tokenCount) * Double(rows) * Double(columns)) {
        processor.multiply(
          x.start,
          tokenCount: tokenCount,
          byTransposeOf: weight.start,
          rowCount: rows,
          columnCount: columns,
          into: out.start
        )
      }
    }
  }

  private static func bfloat16Product(rows: Int, columns: Int) -> Workload {
    Workload("product, bfloat16", "\(tokenCount) × \(columns) → \(rows)", of: .bfloat16) { processor in
      let x = LayerRows(noise: tokenCount, columns, .bfloat16, on: processor)
      let weight = packed(Block(noise: rows * columns), rowCount: rows, columnCount: columns, on: processor)
      let out = Block(noise: tokenCount * rows)
      return Job(amount: 2 * Double(tokenCount) * Double(rows) * Double(columns)) {
        processor.multiply(x.input, tokenCount: tokenCount, by: weight, into: out.start)
      }
    }
  }

  private static func packed(
    _ weight: Block<Float>,
    rowCount: Int,
    columnCount: Int,
    on processor: Processor
  ) -> PackedWeight {
    withExtendedLifetime(weight) {
      PackedWeight(weight.start, rowCount: rowCount, columnCount: columnCount, on: processor)
    }
  }

  /// One triangle of the sums is computed, and counted.
  private static func moments(_ width: Int, of products: ProductType) -> Workload {
    Workload("second moments, \(products)", "\(tokenCount) × \(width)", of: products) { processor in
      let x = LayerRows(noise: tokenCount, width, products, on: processor)
      var moments = SecondMoments(width: width)
      return Job(amount: Double(tokenCount) * Double(width) * Double(width + 1)) {
        moments.add(x.input, tokenCount: tokenCount, on: processor)
      }
    }
  }

  /// `⅓ · width³` operations for the Cholesky factor and as many for its inverse.
  private static func inverseFactor(_ width: Int) -> Workload {
    Workload("Cholesky factor and its inverse", "\(width)") { processor in
      let moments = someMoments(width, on: processor)
      return Job(amount: 2 / 3 * Double(width) * Double(width) * Double(width)) {
        _ = factor(of: moments, on: processor)
      }
    }
  }

  /// An error moves into each column behind it: `rows · columns² / 2` multiply-adds.
  private static func sweep(rows: Int, columns: Int) -> Workload {
    Workload("GPTQ sweep, int4, groups of \(groupSize)", "\(rows) × \(columns)") { processor in
      let factor = factor(of: someMoments(columns, on: processor), on: processor)
      let weight = Block(noise: rows * columns)
      let codes = Block<UInt8>(rows * columns) { _ in 0 }
      let groups = (columns + groupSize - 1) / groupSize
      let scales = [Float](repeating: 1 / 8, count: rows * groups)
      let groupOfColumn = (0..<columns).map { Int32($0 / groupSize) }
      return Job(amount: Double(rows) * Double(columns) * Double(columns)) {
        _ = processor.sweep(
          weight.start,
          rowCount: rows,
          factor: factor,
          scales: scales,
          zeroPoints: nil,
          groupCount: groups,
          groupOfColumn: groupOfColumn,
          blockSize: blockSize,
          grid: .integers(bitWidth: 4),
          kept: nil,
          codes: codes.start
        )
      }
    }
  }

  private static func pruning(rows: Int, columns: Int) -> Workload {
    Workload("SparseGPT sweep, 2:4", "\(rows) × \(columns)") { processor in
      let factor = factor(of: someMoments(columns, on: processor), on: processor)
      let weight = Block(noise: rows * columns)
      let kept = Block<UInt8>(rows * columns) { _ in 1 }
      return Job(amount: Double(rows) * Double(columns) * Double(columns)) {
        _ = processor.prune(
          weight.start,
          rowCount: rows,
          factor: factor,
          choice: .pattern(zeros: 2, size: 4),
          blockSize: blockSize,
          kept: kept.start
        )
      }
    }
  }

  /// A query meets the keys up to its own; softmax is not counted.
  private static func attention(_ shape: AttentionShape, of products: ProductType) -> Workload {
    let sequences = [tokenCount / 2, tokenCount / 2]
    let size =
      "\(sequences.count) × \(sequences[0]) tokens, \(shape.queryHeads) heads (\(shape.keyHeads)) of \(shape.dimension)"
    return Workload("attention, \(products)", size, of: products) { processor in
      let query = Block(noise: tokenCount * shape.queryHeads * shape.dimension)
      let key = Block(noise: tokenCount * shape.keyHeads * shape.dimension)
      let value = Block(noise: tokenCount * shape.keyHeads * shape.valueDimension)
      let out = LayerRows(noise: tokenCount, shape.queryHeads * shape.valueDimension, products, on: processor)
      let pairs = sequences.reduce(0.0) { $0 + Double($1) * Double($1 + 1) / 2 }
      let width = Double(shape.queryHeads * (shape.dimension + shape.valueDimension))
      return Job(amount: 2 * pairs * width) {
        processor.attend(
          query: query.start,
          key: key.start,
          value: value.start,
          sequences: sequences,
          shape: shape,
          scores: AttentionScores(factor: 0.125),
          into: out.input
        )
      }
    }
  }

  private static func someMoments(_ width: Int, on processor: Processor) -> SecondMoments {
    var moments = SecondMoments(width: width)
    let x = Block(noise: tokenCount * width)
    withExtendedLifetime(x) { moments.add(x.start, tokenCount: tokenCount, on: processor) }
    return moments
  }

  private static func factor(of moments: SecondMoments, on processor: Processor) -> InverseFactor {
    do {
      return try InverseFactor(of: moments, order: .natural, dampeningFraction: 0.01, on: processor)
    } catch {
      preconditionFailure("dampened moments of noise have a factor: \(error)")
    }
  }
}
