internal import Glibc

/// Facts of the machine that this process runs on.
enum Machine {
  /// Processors that this process may use.
  static var processorCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

  /// Memory that the system can give without swapping, in bytes, less where a control group has a limit; nil when it does not say.
  static var availableBytes: Int? {
    func number(_ path: String, after name: String) -> Int? {
      guard let bytes = try? InputFile.read(path) else { return nil }
      let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
      guard let line = lines.first(where: { $0.hasPrefix(name) }) else { return nil }
      return line.dropFirst(name.count).split(separator: " ").first.flatMap { Int($0) }
    }
    guard let available = number("/proc/meminfo", after: "MemAvailable:") else { return nil }
    let limit = number("/sys/fs/cgroup/memory.max", after: "") ?? .max
    return min(available * 1024, limit)
  }

  /// The most memory that this process has had resident so far, in bytes.
  static var peakResidentBytes: Int {
    var usage = rusage()
    guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
    return usage.ru_maxrss * 1024
  }
}
