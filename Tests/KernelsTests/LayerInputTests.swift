import Kernels
import Tensors
import TestSupport
import Testing
import Vocabulary

/// What layers read is what the parts compute in floats, rounded where products take bfloat16.
struct LayerInputTests {
  private static let rows = 67

  private static func rounded(_ x: [Float], _ type: ProductType) -> [Float] {
    type == .bfloat16 ? x.map(BFloat16.rounded) : x
  }

  /// The floats of rows that `fill` writes.
  private static func filled(columns: Int, on processor: Processor, _ fill: (LayerInput) -> Void) -> [Float] {
    let buffer = FloatBuffer(zeros: rows * processor.products.words(ofRow: columns))
    let input = LayerInput(buffer.start, columns: columns, type: processor.products)
    fill(input)
    let floats = processor.floats(of: input, tokenCount: rows)
    return withExtendedLifetime(buffer) { Array(floats[0..<floats.count]) }
  }

  @Test(arguments: ProductType.allCases, Trial.lengths)
  func floatsAreRoundedToTheTypeOfProducts(type: ProductType, columns: Int) {
    var generator = SeededGenerator(seed: 51)
    let x = generator.floats(Self.rows * columns, in: -300...300)
    for level in InstructionLevel.supported {
      let read = Trial.result(level, products: type) { processor in
        Self.filled(columns: columns, on: processor) { processor.write(x, tokenCount: Self.rows, to: $0) }
      }
      #expect(read == Self.rounded(x, type))
    }
  }

  @Test(arguments: ProductType.allCases, [1, 6, 33, 576])
  func partsWriteWhatTheyComputeInFloats(type: ProductType, columns: Int) {
    var generator = SeededGenerator(seed: 52)
    let x = generator.floats(Self.rows * columns, in: -3...5)
    let up = generator.floats(Self.rows * columns)
    let (weight, bias) = (generator.floats(columns, in: 0.5...2), generator.floats(columns))
    for level in InstructionLevel.supported {
      let plain = Processor(threadCount: 1, level: level)
      func same(_ floats: (LayerInput, Processor, UnsafeMutablePointer<Float>) -> Void) -> Bool {
        let expected = Self.filled(columns: columns, on: plain) { out in
          _ = x.changed { floats(out, plain, $0) }
        }
        let found = Trial.result(level, products: type) { processor in
          Self.filled(columns: columns, on: processor) { out in
            _ = x.changed { floats(out, processor, $0) }
          }
        }
        return found == Self.rounded(expected, type)
      }
      #expect(
        same { out, processor, x in
          weight.withUnsafeBufferPointer {
            processor.normalize(x, weight: $0, rows: Self.rows, epsilon: 1e-5, into: out)
          }
        }
      )
      #expect(
        same { out, processor, x in
          weight.withUnsafeBufferPointer { weight in
            bias.withUnsafeBufferPointer {
              processor.normalize(x, weight: weight, bias: $0, rows: Self.rows, epsilon: 1e-5, into: out)
            }
          }
        }
      )
      #expect(
        same { out, processor, x in
          processor.multiply(x, through: .silu, by: up, stride: columns, rows: Self.rows, into: out)
        }
      )
      #expect(same { out, processor, x in processor.apply(.gelu, to: x, rows: Self.rows, into: out) })
    }
  }

  @Test func gateAndUpMayStandInOneRow() {
    var generator = SeededGenerator(seed: 53)
    let columns = 7
    let fused = generator.floats(Self.rows * 2 * columns)
    let processor = Processor(threadCount: 2, products: .bfloat16)
    let found = Self.filled(columns: columns, on: processor) { out in
      _ = fused.changed {
        processor.multiply($0, through: .relu, by: $0 + columns, stride: 2 * columns, rows: Self.rows, into: out)
      }
    }
    let expected = (0..<Self.rows).flatMap { row in
      (0..<columns).map { column in
        let place = row * 2 * columns + column
        return BFloat16.rounded(max(fused[place], 0) * fused[place + columns])
      }
    }
    #expect(found == expected)
  }

  @Test func rowsOfBFloat16DoNotMeetInTheCache() {
    for columns in 1..<5000 {
      let words = ProductType.bfloat16.words(ofRow: columns)
      #expect(2 * words >= columns && words % 16 == 0 && words / 16 % 16 != 0)
      #expect(words <= ProductType.bfloat16.words(ofRow: columns + 1))
    }
    #expect(ProductType.float32.words(ofRow: 37) == 37)
  }

  @Test func rowsAreCopiedWithoutTheirNeighbours() {
    let processor = Processor(threadCount: 1, products: .bfloat16)
    let x: [Float] = (0..<Self.rows * 3).map { Float($0) }
    let copy = Self.filled(columns: 3, on: processor) { out in
      processor.withInput(x, tokenCount: Self.rows, columns: 3) { out.copyRow(4, from: $0, 9) }
    }
    #expect(Array(copy[12..<15]) == [27, 28, 29])
    #expect(copy.indices.allSatisfy { (12..<15).contains($0) || copy[$0] == 0 })
  }
}
