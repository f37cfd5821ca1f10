internal import ArgumentParser
internal import Glibc
internal import Planning

/// How much memory a command may have resident.
struct MemoryBudget: ExpressibleByArgument, Hashable {
  /// Bytes.
  let byteCount: Int

  /// Reads a number of bytes, with a unit or without: `1500000000`, `1.5GB`, `1.5 GB`, `2GiB`.
  init?(argument: String) {
    let text = argument.lowercased()
    let digits = text.prefix { "0123456789.".contains($0) }
    let unit = text.dropFirst(digits.count).drop { $0 == " " }
    guard let number = Double(digits), let factor = Self.units[String(unit)] else { return nil }
    let bytes = (number * factor).rounded()
    guard bytes >= 1, bytes < Double(Int.max) else { return nil }
    byteCount = Int(bytes)
  }

  private static let units: [String: Double] = [
    "": 1, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "kib": 0x1p10, "mib": 0x1p20, "gib": 0x1p30,
    "tib": 0x1p40,
  ]
}

/// What `plan` and `run` share of a limit on memory.
struct MemoryOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The most memory to have resident, such as 2GB; activations that exceed it lie in files beside the output.",
      valueName: "bytes"
    )
  )
  var memory: MemoryBudget?

  /// Finds that a plan keeps to the limit, with activations in files where it must.
  ///
  /// Without a limit, activations may take half of the memory that the system has available.
  ///
  /// - Returns: Whether activations lie in files.
  func keepsActivationsInFiles(_ plan: Plan) throws(CommandFailure) -> Bool {
    let need = plan.costs.memory
    guard let memory else {
      return need.activations > 0 && Machine.availableBytes.map { need.activations > $0 / 2 } ?? false
    }
    if need.peak <= memory.byteCount { return false }
    guard need.leastPeak <= memory.byteCount else {
      throw CommandFailure(MemoryDiagnostics.memoryTooSmall(memory.byteCount, need), status: .usage)
    }
    return true
  }
}
