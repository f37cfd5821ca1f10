import Glibc

/// Words of the command line: kernels whose name holds one of them are measured, or all.
let words = CommandLine.arguments.dropFirst().map { $0.lowercased() }
guard !words.contains(where: { $0.hasPrefix("-") }) else {
  print("usage: pare-benchmark [WORD…]      measures the kernels whose name holds one of the words, or all")
  exit(words.contains("--help") || words.contains("-h") ? 0 : 2)
}
let tables = Tables(threadCounts: Machine.processorCount > 1 ? [1, Machine.processorCount] : [1])

func chosen(_ workloads: [Workload]) -> [Workload] {
  workloads.filter { workload in
    words.isEmpty || words.contains { workload.kernel.lowercased().contains($0) }
  }
}

let (arithmetic, memory) = (chosen(Workload.arithmetic), chosen(Workload.memory))
guard !arithmetic.isEmpty || !memory.isEmpty else {
  let message = "no kernel has one of these words in its name\n"
  write(STDERR_FILENO, message, message.utf8.count)
  exit(2)
}
tables.printPeaks()
tables.printKernels(arithmetic, heading: "Kernels against multiply-adds in registers of the same type, GFLOP/s")
tables.printKernels(memory, heading: "Kernels against a copy of as many bytes, GB/s read and written")
