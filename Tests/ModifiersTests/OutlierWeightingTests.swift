import Modifiers
import Tensors
import Testing
import Vocabulary

struct OutlierWeightingTests {
  private static let weighting = OutlierWeighting(mean: 0.5, threshold: 5, spread: 0.08)

  @Test func weightsThatExceedTheMeanScoreManyTimesStandOut() {
    // Scores: 19 ones and one of 20 · √4 = 40; their mean is 2.95, five times that 14.75.
    var weight = Matrix(rowCount: 2, columnCount: 10, elements: Array(repeating: 1, count: 20))
    weight[1, 3] = 20
    let energies = (0..<10).map { $0 == 3 ? 4.0 : 1.0 }
    #expect(Self.weighting.outlierShare(of: [(weight, energies)]) == 1.0 / 20)
    // Beside another module of plain weights the same one stands out of 40.
    let plain = Matrix(rowCount: 2, columnCount: 10, elements: Array(repeating: 1, count: 20))
    let ones = Array(repeating: 1.0, count: 10)
    #expect(Self.weighting.outlierShare(of: [(weight, energies), (plain, ones)]) == 1.0 / 40)
    #expect(Self.weighting.outlierShare(of: [(plain, ones)]) == 0)
    #expect(Self.weighting.outlierShare(of: []) == 0)
  }

  @Test func layersWithMoreOutliersKeepMoreAndTheMeanStays() {
    let shares = [0.01, 0.05, 0.02, 0.03, 0.05]
    let sparsities = Self.weighting.sparsities(ofOutlierShares: shares)
    #expect(sparsities.count == 5)
    #expect(abs(sparsities.reduce(0, +) / 5 - 0.5) < 1e-12)
    for (one, other) in zip(sparsities.indices, sparsities.indices.dropFirst()) {
      #expect((shares[one] < shares[other]) == (sparsities[one] > sparsities[other]))
    }
    #expect(sparsities[1] == sparsities[4])
    // From the least share to the largest it is twice the spread.
    #expect(abs(sparsities[0] - sparsities[1] - 0.16) < 1e-12)
    #expect(sparsities.max() == sparsities[0] && sparsities.min() == sparsities[1])
  }

  @Test func layersThatAreAlikeGetTheMean() {
    #expect(Self.weighting.sparsities(ofOutlierShares: [0.2, 0.2, 0.2]) == [0.5, 0.5, 0.5])
    #expect(Self.weighting.sparsities(ofOutlierShares: []).isEmpty)
  }

  @Test func aFractionStaysAFraction() {
    let steep = OutlierWeighting(mean: 0.95, threshold: 5, spread: 0.3)
    let sparsities = steep.sparsities(ofOutlierShares: [0, 0.1, 1])
    #expect(sparsities.allSatisfy { 0..<1 ~= $0 })
  }
}
