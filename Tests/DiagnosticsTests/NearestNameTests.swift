import Diagnostics
import Testing

@Suite struct NearestNameTests {
  private let schemes = ["W8A8", "W4A16", "W8A16", "FP8_DYNAMIC"]

  @Test(arguments: [
    ("W4A17", "W4A16"), ("w4a16", "W4A16"), ("W4A61", "W4A16"), ("FP8_DINAMIC", "FP8_DYNAMIC"),
    ("fp8_dynamic", "FP8_DYNAMIC"),
    ("W8A16", "W8A16"),
  ])
  func aTypoFindsTheName(typo: String, name: String) {
    #expect(nearestName(to: typo, among: schemes) == name)
  }

  @Test(arguments: ["AWQ", "", "NVFP4", String(repeating: "W4A16", count: 400)])
  func whatIsFarFromAllNamesFindsNone(typo: String) {
    #expect(nearestName(to: typo, among: schemes) == nil)
  }

  @Test func amongEqualsTheFirstWins() {
    #expect(nearestName(to: "ac", among: ["ab", "ad"]) == "ab")
    #expect(nearestName(to: "AB", among: ["ac", "ab"]) == "ab")
  }
}
