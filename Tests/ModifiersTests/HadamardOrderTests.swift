import Modifiers
import Testing
import Vocabulary

struct HadamardOrderTests {
  /// Orders up to 256 that no construction here reaches, of those that may exist.
  private static let missing: Set<Int> = [92, 116, 156, 172, 184, 188, 232, 236]

  @Test func ordersAreOneTwoAndMostMultiplesOfFour() {
    let offered = (-4...256).filter { HadamardOrder($0) != nil }
    #expect(offered == [1, 2] + (1...64).map { 4 * $0 }.filter { !Self.missing.contains($0) })
  }

  /// Hidden and feed-forward sizes of models in use, with the factor that is left beside the power of two.
  @Test(arguments: [
    (896, 28), (3072, 12), (3584, 28), (4096, 1), (4864, 76), (5120, 20), (8960, 140), (11008, 344), (13824, 108),
    (14336, 28), (18944, 148), (27648, 108), (29568, 924),
  ])
  func sizesOfModelsHaveSmallCores(size: Int, core: Int) throws {
    let order = try #require(HadamardOrder(size))
    #expect(order.rowCount == size && order.coreOrder == core && order.coreOrder * order.sylvesterOrder == size)
  }

  @Test func coresAreHadamardMatrices() {
    // Every core of an order up to 1024, each once; 344 and 924 are those of a field of a cube and of a large prime.
    let orders = (1...1024).compactMap(HadamardOrder.init).filter { $0.coreOrder == $0.rowCount }
    #expect(orders.count > 90)
    #expect(orders.contains { $0.rowCount == 344 } && orders.contains { $0.rowCount == 924 })
    for order in orders {
      #expect(Self.isHadamard(HadamardCore.entries(of: order), order: order.coreOrder), "order \(order.rowCount)")
    }
  }

  @Test func bothConstructionsAndAllDegreesAreUsed() throws {
    func core(_ order: Int) throws -> HadamardOrder.Core { try #require(HadamardOrder(order)).core }
    func field(_ count: Int) throws -> FieldOrder { try #require(FieldOrder(count)) }
    #expect(try core(12) == .paleyFirst(field(11)))
    #expect(try core(36) == .paleySecond(field(17)))
    #expect(try core(28) == .paleyFirst(field(27)))
    #expect(try core(52) == .paleySecond(field(25)))
    #expect(FieldOrder(27)?.degree == 3 && FieldOrder(81) == nil && FieldOrder(15) == nil && FieldOrder(2) == nil)
  }

  /// `H·Hᵀ = n·I` exactly: rows are kept as bits, and two agree in half of them.
  private static func isHadamard(_ entries: [Int8], order: Int) -> Bool {
    guard entries.count == order * order, entries.allSatisfy({ $0 == 1 || $0 == -1 }) else { return false }
    let rows = (0..<order).map { row in
      stride(from: 0, to: order, by: 64).map { first in
        (first..<min(order, first + 64)).reduce(UInt64(0)) { $0 << 1 | (entries[row * order + $1] > 0 ? 1 : 0) }
      }
    }
    for (index, row) in rows.enumerated() {
      for other in rows[(index + 1)...] {
        let differences = zip(row, other).reduce(0) { $0 + ($1.0 ^ $1.1).nonzeroBitCount }
        guard 2 * differences == order else { return false }
      }
    }
    return true
  }
}
