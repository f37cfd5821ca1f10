import Foundation
import Kernels
import Modifiers
import Tensors
import TestSupport
import Testing
import Vocabulary

struct RangeSearchTests {
  static let search = RangeSearch(candidateCount: 40, patience: 5, stepCount: 50, power: 2.4)
  /// The same with less patience and finer steps; with none, the first step that betters nothing is the last.
  static let searches =
    [search]
    + [0, 1, 2, 3].map { RangeSearch(candidateCount: 160, patience: $0, stepCount: 200, power: 2.4) }
  private static let rows = 7
  private static let columns = 64

  /// Bell-shaped weights with an outlier in some rows, where shrinking pays.
  private static let weight: Matrix = {
    var generator = SeededGenerator(seed: 51)
    var weight = Matrix(rowCount: rows, columnCount: columns) { out in
      for place in out.indices { out[place] = generator.floats(6).reduce(0, +) / 6 }
    }
    weight[2, 9] = 2
    weight[3, 30] = -1.5
    for column in 0..<columns { weight[5, column] = 0 }
    return weight
  }()

  private static func grid(_ scheme: Scheme, _ observer: WeightObserver, threads: Int = 2) -> QuantizationGrid {
    QuantizationGrid(
      of: weight,
      as: GridRequest(arguments: scheme.arguments, observer: observer, storage: .bfloat16),
      on: Processor(threadCount: threads)
    )
  }

  /// `Σ |w - q|^power` of some weights, summed from the first to the last in float32 as the loops do.
  private static func error(
    _ weights: ArraySlice<Float>,
    _ plain: PlainQuantization,
    _ point: (scale: Float, zeroPoint: Float)
  ) -> Float {
    weights.reduce(0) { $0 + pow(abs(plain.number(plain.code($1, point), point) - $1), Float(search.power)) }
  }

  @Test(arguments: Scheme.all, searches)
  func theSearchFindsWhatAPlainOneFinds(scheme: Scheme, search: RangeSearch) {
    let plain = PlainQuantization(arguments: scheme.arguments, storage: .bfloat16)
    let runs = plain.runs(rows: Self.rows, columns: Self.columns).map { Self.weight.elements[$0] }
    var best = runs.map { _ in (error: Float.infinity, point: (scale: Float(0), zeroPoint: Float(0))) }
    var fruitless = 0
    for step in 0..<search.candidateCount {
      let share = Float(1 - Double(step) / Double(search.stepCount))
      var isBetter = false
      for (index, run) in runs.enumerated() {
        let point = plain.scaleAndZeroPoint(low: share * (run.min() ?? 0), high: share * (run.max() ?? 0))
        let error = Self.error(run, plain, point)
        guard error < best[index].error else { continue }
        best[index] = (error, point)
        isBetter = true
      }
      // Steps in a row; one that betters any scale begins the count anew.
      fruitless = isBetter ? 0 : fruitless + 1
      if let patience = search.patience, !isBetter, fruitless >= patience { break }
    }
    for threads in [1, 2, 3, 5] {
      let grid = Self.grid(scheme, .shrunkRange(search), threads: threads)
      #expect(grid.storedScales == .floats(best.map(\.point.scale)))
      #expect(grid.storedZeroPoints == (scheme.arguments.isSymmetric ? nil : best.map { Int8($0.point.zeroPoint) }))
    }
  }

  @Test(arguments: Scheme.all) func theSearchIsNeverWorseThanTheWholeRange(scheme: Scheme) {
    let plain = PlainQuantization(arguments: scheme.arguments, storage: .bfloat16)
    let runs = plain.runs(rows: Self.rows, columns: Self.columns).map { Self.weight.elements[$0] }
    func errors(_ grid: QuantizationGrid) -> [Float] {
      zip(runs.indices, grid.floatScales).map { index, scale in
        Self.error(runs[index], plain, (scale, Float(grid.storedZeroPoints?[index] ?? 0)))
      }
    }
    let whole = errors(Self.grid(scheme, .minMax))
    let searched = errors(Self.grid(scheme, .shrunkRange(Self.search)))
    #expect(zip(searched, whole).allSatisfy { $0 <= $1 })
    // Where a scale spans outliers at four bits, the search must find something.
    if scheme.arguments.bitWidth == 4 { #expect(searched.reduce(0, +) < 0.98 * whole.reduce(0, +)) }
  }

  @Test func aSearchWithoutRoomKeepsTheWholeRange() {
    let none = RangeSearch(candidateCount: 1, patience: 5, stepCount: 100, power: 2.4)
    for scheme in Scheme.all {
      #expect(Self.grid(scheme, .shrunkRange(none)).scales == Self.grid(scheme, .minMax).scales)
    }
  }
}
