/// Rates of a kernel and of the machine, each the best of several runs that alternate.
///
/// The best and not the median: what else runs on the machine makes a run slower, never faster.
struct Measurement {
  /// What the kernel does in a second: operations or bytes.
  let rate: Double
  /// What the machine does in a second.
  let peak: Double

  /// How much of the machine the kernel uses.
  var share: Double { rate / peak }

  /// Seconds that one measurement takes, if its runs are short.
  private static let duration = 0.4
  /// Runs that are measured at least, after one to warm up.
  private static let fewestRuns = 3

  /// Runs both jobs in turns.
  init(of kernel: Job, against machine: Job) {
    kernel.run()
    machine.run()
    var (fastest, peak) = (Double.infinity, Double.infinity)
    var (runs, spent) = (0, 0.0)
    while runs < Self.fewestRuns || spent < Self.duration {
      let seconds = (Self.seconds(of: kernel), Self.seconds(of: machine))
      fastest = min(fastest, seconds.0)
      peak = min(peak, seconds.1)
      spent += seconds.0 + seconds.1
      runs += 1
    }
    rate = kernel.amount / fastest
    self.peak = machine.amount / peak
  }

  private static func seconds(of job: Job) -> Double { ContinuousClock().measure(job.run) / .seconds(1) }
}
