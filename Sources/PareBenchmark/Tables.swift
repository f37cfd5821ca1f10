import Glibc
import Kernels
import Vocabulary

/// The tables that a benchmark prints, in Markdown, line by line as it measures.
struct Tables {
  /// How many threads are measured: one, and all.
  let threadCounts: [Int]

  /// The rates of bare multiply-adds at every level of this machine.
  func printPeaks() {
    print("Multiply-adds in registers, GFLOP/s:\n")
    printHead(["level", "type"] + threadCounts.map(Self.threads))
    for level in InstructionLevel.supported {
      for type in ProductType.allCases where type == .float32 || Machine.multipliesBFloat16(at: level) {
        let rates = threadCounts.map { count in
          let job = Machine.multiplyAdds(of: type, on: Processor(threadCount: count, level: level))
          return Self.number(Measurement(of: job, against: job).peak)
        }
        printRow(["\(level)", "\(type)"] + rates)
      }
    }
  }

  /// Kernels, what the machine does in their place, and how much of it they use.
  func printKernels(_ workloads: [Workload], heading: String) {
    guard !workloads.isEmpty else { return }
    print("\n\(heading):\n")
    printHead(["kernel", "size"] + threadCounts.flatMap { [Self.threads($0), "machine", "share"] })
    for workload in workloads {
      let cells = threadCounts.flatMap { count in
        let measurement = workload.measure(threadCount: count)
        return [
          Self.number(measurement.rate), Self.number(measurement.peak), "\(Int((100 * measurement.share).rounded())) %",
        ]
      }
      printRow([workload.kernel, workload.size] + cells)
    }
  }

  private func printHead(_ cells: [String]) {
    printRow(cells)
    printRow(cells.enumerated().map { $0.offset < 2 ? "---" : "---:" })
  }

  private func printRow(_ cells: [String]) {
    print("| \(cells.joined(separator: " | ")) |")
    fflush(nil)
  }

  private static func threads(_ count: Int) -> String { count == 1 ? "1 thread" : "\(count) threads" }

  /// Billions, with three digits.
  private static func number(_ value: Double) -> String {
    let billions = value / 1e9
    guard billions < 100 else { return "\(Int(billions.rounded()))" }
    let digits = billions < 10 ? 100.0 : 10
    return "\((billions * digits).rounded() / digits)"
  }
}

extension Workload {
  /// Measures the kernel on so many threads.
  fileprivate func measure(threadCount: Int) -> Measurement {
    let team = Processor(threadCount: threadCount, products: products)
    let job = makeJob(team)
    switch limit {
    case .arithmetic: return Measurement(of: job, against: Machine.multiplyAdds(of: products, on: team))
    case .memory(let passes): return Measurement(of: job, against: Machine.copy(job.amount, passes: passes, on: team))
    }
  }
}
