import CPeak
import Glibc
import Kernels
import Vocabulary

/// What this machine does at best.
enum Machine {
  /// Processors that this process may use.
  static var processorCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

  /// Rounds of one run of multiply-adds: a few milliseconds.
  private static let rounds = 200_000

  /// Multiply-adds in the registers of every thread.
  static func multiplyAdds(of type: ProductType, on team: Processor) -> Job {
    let level = team.level.peak
    let peak = type == .bfloat16 ? peak_bfloat16 : peak_float32
    let sinks = Block<Float>(team.threadCount) { _ in 0 }
    let operations = peak(level, 1, sinks.start) * Double(rounds * team.threadCount)
    return Job(amount: operations) {
      team.forEach(team.threadCount) { thread in
        _ = peak(level, rounds, sinks.start + thread)
      }
    }
  }

  /// Whether a level has an instruction for products of bfloat16 numbers.
  static func multipliesBFloat16(at level: InstructionLevel) -> Bool { peak_has_bfloat16(level.peak) != 0 }

  /// A copy that reads and writes as many bytes in all, in as many passes, as a pass over elements does.
  static func copy(_ bytes: Double, passes: Int, on team: Processor) -> Job {
    let count = Int(bytes / 2) / team.threadCount / passes
    let sources = (0..<team.threadCount).map { _ in Block<UInt8>(count) { UInt8(truncatingIfNeeded: $0) } }
    let copies = (0..<team.threadCount).map { _ in Block<UInt8>(count) { _ in 0 } }
    return Job(amount: Double(2 * count * passes * team.threadCount)) {
      team.forEach(team.threadCount) { thread in
        for _ in 0..<passes { copies[thread].start.update(from: sources[thread].start, count: count) }
      }
    }
  }
}

extension InstructionLevel {
  fileprivate var peak: peak_level {
    switch self {
    case .reference: PEAK_REFERENCE
    case .avx2: PEAK_AVX2
    case .avx512: PEAK_AVX512
    case .avx512BFloat16: PEAK_AVX512_BFLOAT16
    }
  }
}
