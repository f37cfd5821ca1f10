internal import Dispatch
internal import JSONDocuments
internal import Kernels
package import Planning
internal import Vocabulary

/// How fast a machine computes, in floating-point operations a second.
package struct MachineRates: Hashable {
  /// Products of activations and weights.
  package let products: Double
  /// Second moments.
  package let moments: Double
  /// Factorizations, by which the rest of quantization is judged too.
  package let factors: Double
  /// Threads that computed.
  package let threadCount: Int

  package init(products: Double, moments: Double, factors: Double, threadCount: Int) {
    self.products = products
    self.moments = moments
    self.factors = factors
    self.threadCount = threadCount
  }
}

extension MachineRates {
  /// Seconds that each measurement takes, about.
  private static let span = 0.04
  /// Tokens, rows and columns of the products that are measured; a share of what a large model has.
  private static let (tokens, rows, width) = (512, 1024, 1024)
  /// The side of the matrix whose factor is measured.
  private static let factorWidth = 512

  /// Measures a processor for about an eighth of a second.
  static func measure(_ processor: Processor) -> MachineRates {
    let x = filled(tokens * width)
    let weight = filled(rows * width)
    let out = FloatBuffer(count: tokens * rows)
    var moments = SecondMoments(width: width)
    let (products, momentRate) = processor.withInput(x.start, tokenCount: tokens, columns: width) { input in
      let operations = 2 * Double(tokens * rows * width)
      let products: Double
      switch input.type {
      case .float32:
        products = rate(of: operations) {
          processor.multiply(
            input.start,
            tokenCount: tokens,
            byTransposeOf: weight.start,
            rowCount: rows,
            columnCount: width,
            into: out.start
          )
        }
      case .bfloat16:
        let packed = PackedWeight(weight.start, rowCount: rows, columnCount: width, on: processor)
        products = rate(of: operations) {
          processor.multiply(input, tokenCount: tokens, by: packed, into: out.start)
        }
      }
      let momentRate = rate(of: Double(tokens * width * (width + 1))) {
        moments.add(input, tokenCount: tokens, on: processor)
      }
      return (products, momentRate)
    }
    var small = SecondMoments(width: factorWidth)
    small.add(x.start, tokenCount: tokens, on: processor)
    let factorOperations = 2.0 / 3.0 * Double(factorWidth * factorWidth * factorWidth)
    let factorRate = rate(of: factorOperations) {
      _ = try? InverseFactor(of: small, order: .natural, dampeningFraction: 1, on: processor)
    }
    return MachineRates(
      products: products,
      moments: momentRate,
      factors: factorRate,
      threadCount: processor.threadCount
    )
  }

  /// Operations a second of the fastest of several rounds, the first of which warms up.
  private static func rate(of operations: Double, _ work: () -> Void) -> Double {
    work()
    let clock = ContinuousClock()
    let start = clock.now
    var fastest = Duration.seconds(1_000)
    repeat {
      fastest = min(fastest, clock.measure(work))
    } while start.duration(to: clock.now) < .seconds(span)
    return operations / max(fastest / .seconds(1), 1e-9)
  }

  /// Numbers of both signs below one.
  private static func filled(_ count: Int) -> FloatBuffer {
    let buffer = FloatBuffer(count: count)
    for index in 0..<count { buffer.start[index] = Float(index &* 2_654_435_761 & 0xFFFF) / 65_536 - 0.5 }
    return buffer
  }
}

/// How long the arithmetic of a plan takes at given rates.
package struct TimeEstimate {
  package let rates: MachineRates
  /// Seconds of each kind of work.
  package let forward, moments, quantization: Double

  package init(_ costs: PlanCosts, at rates: MachineRates) {
    self.rates = rates
    forward = costs.forwardOperations / rates.products
    moments = costs.momentOperations / rates.moments
    quantization = costs.quantizationOperations / rates.factors
  }

  /// Seconds in all.
  package var seconds: Double { forward + moments + quantization }

  /// The estimate for people, with the rates that it came from.
  package var lines: [String] {
    let gigas = [rates.products, rates.moments, rates.factors].map { Decimal.text($0 / 1e9, places: 0) }
    return [
      "time          about \(Self.text(seconds)): forward \(Self.text(forward)), second moments \(Self.text(moments)), "
        + "quantization \(Self.text(quantization))",
      "              at \(gigas[0]), \(gigas[1]) and \(gigas[2]) GFLOP/s on \(rates.threadCount) threads; "
        + "reading, rounding and writing are not counted",
    ]
  }

  /// As `plan --format json` writes it.
  var json: JSON {
    .object([
      JSON.Member("seconds", .number(seconds)),
      JSON.Member("forwardSeconds", .number(forward)),
      JSON.Member("momentSeconds", .number(moments)),
      JSON.Member("quantizationSeconds", .number(quantization)),
      JSON.Member("productRate", .number(rates.products)),
      JSON.Member("momentRate", .number(rates.moments)),
      JSON.Member("factorRate", .number(rates.factors)),
      JSON.Member("threads", .integer(Int64(rates.threadCount))),
    ])
  }

  /// A span of time in its two largest units: `3 h 20 min`.
  package static func text(_ seconds: Double) -> String {
    guard seconds >= 10 else { return "\(Decimal.text(seconds, places: 1)) s" }
    let units = [("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)]
    let whole = Int(min(seconds, 1e15).rounded())
    guard let first = units.firstIndex(where: { whole >= $0.1 }) else { return "0 s" }
    let head = "\(whole / units[first].1) \(units[first].0)"
    guard first + 1 < units.count else { return head }
    let rest = whole % units[first].1 / units[first + 1].1
    return rest == 0 ? head : "\(head) \(rest) \(units[first + 1].0)"
  }
}
