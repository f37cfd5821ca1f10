internal import CKernels
package import Vocabulary

/// Activations of some tokens as linear layers read them: rows of the numbers that products take.
package struct LayerInput {
  /// The first row.
  package let start: UnsafeMutablePointer<Float>
  /// Channels of a row.
  package let columns: Int
  /// What the numbers are.
  package let type: ProductType

  /// Makes rows in memory that begins at `start` and outlives them.
  ///
  /// - Parameters:
  ///   - start: Room for `type.words(ofRow: columns)` words of 32 bits for each token.
  ///   - columns: Channels of a row.
  ///   - type: What the numbers are.
  package init(_ start: UnsafeMutablePointer<Float>, columns: Int, type: ProductType) {
    (self.start, self.columns, self.type) = (start, columns, type)
  }

  /// Words of 32 bits from a row to the next.
  package var stride: Int { type.words(ofRow: columns) }

  /// The rows from a token on.
  package func from(token: Int) -> LayerInput {
    LayerInput(start + token * stride, columns: columns, type: type)
  }

  /// Copies one row.
  ///
  /// - Parameters:
  ///   - token: The row that is written.
  ///   - other: Rows of the same type and width.
  ///   - otherToken: The row that is read.
  package func copyRow(_ token: Int, from other: LayerInput, _ otherToken: Int) {
    (start + token * stride).update(from: other.start + otherToken * stride, count: stride)
  }

  /// The rows as bfloat16 numbers, `2 · stride` a row.
  var halves: UnsafeMutablePointer<UInt16> {
    precondition(type == .bfloat16, "rows of floats have no halves")
    return UnsafeMutableRawPointer(start).assumingMemoryBound(to: UInt16.self)
  }

  /// The rows as words of two bfloat16 numbers, `stride` a row.
  var pairs: UnsafeMutablePointer<UInt32> {
    precondition(type == .bfloat16, "rows of floats have no pairs")
    return UnsafeMutableRawPointer(start).assumingMemoryBound(to: UInt32.self)
  }
}

extension Processor {
  /// Rows that one thread converts at a time.
  private static let convertedRows = 32

  /// Writes rows of floats, `[tokenCount, columns]`, as layers read them, rounded to nearest even.
  package func write(_ x: UnsafePointer<Float>, tokenCount: Int, to out: LayerInput) {
    forEachRange(of: tokenCount, length: Self.convertedRows) { rows in
      write(x + rows.lowerBound * out.columns, rows: rows, to: out)
    }
  }

  /// Writes some rows of floats on this thread; `x` begins with the first of them.
  func write(_ x: UnsafePointer<Float>, rows: Range<Int>, to out: LayerInput) {
    for (index, row) in rows.enumerated() {
      write(x + index * out.columns, columns: 0..<out.columns, ofRow: row, to: out)
    }
  }

  /// Writes some columns of one row on this thread; `x` begins with the first of them.
  ///
  /// Behind the last column of all stands a zero where the number of columns is odd.
  func write(_ x: UnsafePointer<Float>, columns: Range<Int>, ofRow row: Int, to out: LayerInput) {
    let place = row * out.stride
    switch out.type {
    case .float32:
      let line = out.start + place + columns.lowerBound
      if line != x { line.update(from: x, count: columns.count) }
    case .bfloat16:
      let halves = out.halves + 2 * place
      pare_narrow_bfloat16(level.raw, x, halves + columns.lowerBound, columns.count)
      if columns.upperBound == out.columns, out.columns % 2 == 1 { halves[out.columns] = 0 }
    }
  }

  /// Rows as floats, `[tokenCount, columns]`: a copy.
  package func floats(of input: LayerInput, tokenCount: Int) -> FloatBuffer {
    let copy = FloatBuffer(count: tokenCount * input.columns)
    forEachRange(of: tokenCount, length: Self.convertedRows) { rows in
      for row in rows {
        let out = copy.start + row * input.columns
        switch input.type {
        case .float32: out.update(from: input.start + row * input.stride, count: input.columns)
        case .bfloat16: pare_widen_bfloat16(level.raw, input.halves + 2 * row * input.stride, out, input.columns)
        }
      }
    }
    return copy
  }

  /// Calls `body` with rows of floats, `[tokenCount, columns]`, as layers read them: as they are, or a copy that is valid inside
  /// the call.
  package func withInput<Value>(
    _ x: UnsafePointer<Float>,
    tokenCount: Int,
    columns: Int,
    _ body: (LayerInput) -> Value
  ) -> Value {
    guard products != .float32 else {
      // Nobody writes to what layers read.
      return body(LayerInput(UnsafeMutablePointer(mutating: x), columns: columns, type: .float32))
    }
    let copy = FloatBuffer(count: tokenCount * products.words(ofRow: columns))
    let input = LayerInput(copy.start, columns: columns, type: products)
    write(x, tokenCount: tokenCount, to: input)
    return withExtendedLifetime(copy) { body(input) }
  }
}
