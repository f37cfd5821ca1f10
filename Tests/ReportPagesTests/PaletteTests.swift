import Foundation
import ReportPages
import Testing

/// Whether everybody can read the page's colors.
@Suite struct PaletteTests {
  @Test(arguments: [true, false])
  func lettersAndMarksStandOutFromTheSurface(isLight: Bool) throws {
    let surface = try #require(Palette.tones.first { $0.use == .surface })
    for tone in Palette.tones {
      let contrast = try isLight ? contrast(tone.light, surface.light) : contrast(tone.dark, surface.dark)
      switch tone.use {
      case .text: #expect(contrast >= 4.5, "\(tone.name) \(contrast)")
      case .mark: #expect(contrast >= 3, "\(tone.name) \(contrast)")
      case .surface, .ornament: break
      }
    }
  }

  @Test func lettersAlsoStandOutFromWhatIsUnderThePointer() throws {
    let wash = try #require(Palette.tones.first { $0.name == "wash" })
    for tone in Palette.tones where tone.use == .text {
      #expect(try contrast(tone.light, wash.light) >= 4.5, "\(tone.name)")
      #expect(try contrast(tone.dark, wash.dark) >= 4.5, "\(tone.name)")
    }
  }

  /// The contrast ratio of WCAG 2.2.
  private func contrast(_ first: String, _ second: String) throws -> Double {
    let (one, other) = (try luminance(first), try luminance(second))
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)
  }

  /// The relative luminance of WCAG 2.2, of `#rrggbb`.
  private func luminance(_ color: String) throws -> Double {
    let number = try #require(color.count == 7 ? Int(color.dropFirst(), radix: 16) : nil)
    let channels = [16, 8, 0].map { shift in
      let value = Double((number >> shift) & 255) / 255
      return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]
  }
}
