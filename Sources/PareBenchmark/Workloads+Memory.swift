import Kernels
import Tensors
import Vocabulary

extension Workload {
  /// Elements of one group of a weight.
  static let groupSize = 128
  /// Elements of one row, of a weight or of activations.
  private static let rowLength = 4096
  /// Rows that a packed weight has side by side.
  private static let panelRows = 48

  /// The kernels that pass over memory once.
  ///
  /// Each thread has a part of its own, as panels of weights are worked on.
  static var memory: [Workload] {
    [PassSize.cache, .memory].flatMap { size in
      [
        pass("widen bfloat16", size, bytes: 6) { count in
          let (x, out) = (bfloat16(count), Block(noise: count))
          return { $0.widen(x.start, of: .bfloat16, count: count, into: out.start) }
        },
        pass("widen float16", size, bytes: 6) { count in
          let (x, out) = (bfloat16(count), Block(noise: count))
          return { $0.widen(x.start, of: .float16, count: count, into: out.start) }
        },
        pass("narrow to bfloat16", size, bytes: 6) { count in
          let (x, out) = (Block(noise: count), bfloat16(count))
          return { $0.narrow(x.start, count: count, into: out.start) }
        },
        pass("pack a weight for products", size, bytes: 6) { count in
          let x = Block(noise: count)
          let columns = min(rowLength, count / panelRows)
          return { _ = PackedWeight(x.start, rowCount: count / columns, columnCount: columns, on: $0) }
        },
        pass("look for what is not finite", size, bytes: 4) { count in
          let x = Block(noise: count)
          return { precondition($0.firstNotFinite(in: x.elements) == nil, "noise is finite") }
        },
        pass("ranges, groups of \(groupSize)", size, bytes: 4 + 8 / Double(groupSize)) { count in
          let (x, runs) = (Block(noise: count), count / groupSize)
          let (minima, maxima) = (Block(noise: runs), Block(noise: runs))
          return { $0.ranges(of: x.elements, width: groupSize, minima: minima.start, maxima: maxima.start) }
        },
        quantize("quantize, int4, groups of \(groupSize)", size, run: groupSize, grid: .integers(bitWidth: 4)),
        quantize("quantize, float8, rows", size, run: rowLength, grid: .float8),
        quantize("quantize, float4, groups of 16", size, run: 16, grid: .float4),
        pass("pack int4", size, bytes: 1.5) { count in
          let codes = Block(count) { Int8(truncatingIfNeeded: Noise.bits($0) % 16) - 8 }
          let words = Block<UInt32>(count / 8) { _ in 0 }
          return { processor in
            for first in stride(from: 0, to: count, by: rowLength) {
              processor.packInt4(codes[first..<first + rowLength], into: words.start + first / 8)
            }
          }
        },
        pass("pack int3", size, bytes: 1 + 3.0 / 8) { count in
          let codes = (0..<count).map { Int8(truncatingIfNeeded: Noise.bits($0) % 8) - 4 }
          return { _ in
            _ = PackedCodes.pack(codes, rowCount: count / rowLength, columnCount: rowLength, bitWidth: 3)
          }
        },
        pass("pack float4", size, bytes: 1.5) { count in
          let codes = (0..<count).map { UInt8(truncatingIfNeeded: Noise.bits($0) % 16) }
          return { _ in _ = PackedNibbles.pack(codes) }
        },
        pass("RMSNorm", size, bytes: 8) { count in
          let (x, weight, out) = (Block(noise: count), Block(noise: rowLength), Block(noise: count))
          return {
            let rows = LayerInput(out.start, columns: rowLength, type: .float32)
            $0.normalize(x.start, weight: weight.elements, rows: count / rowLength, epsilon: 1e-5, into: rows)
          }
        },
        pass("activation product, SiLU", size, bytes: 12) { count in
          // silu(-1) · (1 + e) = -1: the numbers stay what they are.
          let (gate, up) = (Block<Float>(count) { _ in -1 }, Block<Float>(count) { _ in 3.7182818 })
          return {
            let rows = LayerInput(gate.start, columns: rowLength, type: .float32)
            $0.multiply(
              gate.start,
              through: .silu,
              by: up.start,
              stride: rowLength,
              rows: count / rowLength,
              into: rows
            )
          }
        },
        pass("add", size, bytes: 12) { count in
          let (x, y) = (Block(noise: count), Block(noise: count))
          return { $0.add(y.start, times: 1e-6, to: x.start, count: count) }
        },
        pass("round activations, float8, rows", size, bytes: 8) { count in
          let x = Block(noise: count)
          return { $0.fakeQuantizeRows(x.start, rows: count / rowLength, columns: rowLength, grid: .float8) }
        },
      ]
    }
  }

  private static func quantize(_ kernel: String, _ size: PassSize, run: Int, grid: Grid) -> Workload {
    pass(kernel, size, bytes: 5) { count in
      let x = Block(noise: count)
      let codes = Block<UInt8>(count) { _ in 0 }
      let scale = 1 / grid.maximum
      return { processor in
        for first in stride(from: 0, to: count, by: run) {
          processor.quantize(
            x[first..<first + run],
            scale: scale,
            zeroPoint: 0,
            grid: grid,
            into: codes.start + first
          )
        }
      }
    }
  }

  private static func bfloat16(_ count: Int) -> Block<UInt16> {
    Block(count) { UInt16(Noise.float($0).bitPattern >> 16) }
  }

  /// A kernel that passes over elements: `make` takes a thread's memory for so many and gives the pass over it.
  ///
  /// `bytes` is what an element costs, read and written.
  private static func pass(
    _ kernel: String,
    _ size: PassSize,
    bytes: Double,
    make: @escaping (Int) -> (Processor) -> Void
  ) -> Workload {
    Workload(kernel: kernel, size: size.description, limit: .memory(passes: size.passes), products: .float32) { team in
      let single = team.onOneThread
      let parts = (0..<team.threadCount).map { _ in make(size.elements) }
      let amount = bytes * Double(size.elements * size.passes * parts.count)
      return Job(amount: amount) {
        team.forEach(parts.count) { part in
          for _ in 0..<size.passes { parts[part](single) }
        }
      }
    }
  }
}

/// How much one thread passes over, and how often in one run.
enum PassSize: CustomStringConvertible {
  /// What stays in a core's second cache.
  case cache
  /// What does not fit the caches.
  case memory

  /// Elements of one thread.
  var elements: Int {
    switch self {
    case .cache: 64 << 10
    case .memory: 8 << 20
    }
  }

  /// Passes of one run.
  var passes: Int {
    switch self {
    case .cache: 32
    case .memory: 1
    }
  }

  var description: String {
    switch self {
    case .cache: "64 Ki elements a thread"
    case .memory: "8 Mi elements a thread"
    }
  }
}
