/// The colors of the page, for paper and screens that are light and for those that are dark.
///
/// Blue and orange stay apart for every kind of color blindness, and nothing is said by color alone.
package enum Palette {
  /// A color with a name in the style sheet.
  package struct Tone: Hashable, Sendable {
    /// The custom property without its dashes.
    package let name: String
    /// In light mode and in print, `#rrggbb`.
    package let light: String
    /// In dark mode, `#rrggbb`.
    package let dark: String
    /// What it is for, and with it the contrast that it needs.
    package let use: Use

    fileprivate init(_ name: String, _ light: String, _ dark: String, _ use: Use) {
      self.name = name
      self.light = light
      self.dark = dark
      self.use = use
    }
  }

  /// What a color is for.
  package enum Use: Sendable {
    /// What everything stands on.
    case surface
    /// Letters: 4.5 to 1 against the surface (WCAG 2.2, 1.4.3).
    case text
    /// Marks that carry a number: 3 to 1 (WCAG 2.2, 1.4.11).
    case mark
    /// Lines and areas that repeat what is said elsewhere.
    case ornament
  }

  /// All colors; the first is the surface.
  package static let tones = [
    Tone("surface", "#fdfdfc", "#14171a", .surface),
    Tone("text", "#1b2024", "#e7eaec", .text),
    Tone("muted", "#59636b", "#9ba6ae", .text),
    Tone("accent", "#0a5ca8", "#6cb2f7", .text),
    Tone("warning", "#8f4a00", "#f0a95a", .text),
    Tone("block", "#0a5ca8", "#6cb2f7", .mark),
    Tone("outside", "#b45f06", "#e0964a", .mark),
    Tone("rest", "#6b757d", "#929ca4", .mark),
    Tone("block-pale", "#b8d2ea", "#2b4a67", .ornament),
    Tone("outside-pale", "#f0d3b2", "#5c4226", .ornament),
    Tone("rest-pale", "#d5dadd", "#3b4349", .ornament),
    Tone("rule", "#e2e5e7", "#2b3136", .ornament),
    Tone("axis", "#8d979e", "#6d7880", .ornament),
    Tone("wash", "#eef4fa", "#1d2a37", .ornament),
  ]

  /// Custom properties with one of the two values.
  static func properties(_ mode: KeyPath<Tone, String>) -> String {
    tones.map { "--\($0.name):\($0[keyPath: mode])" }.joined(separator: ";")
  }
}
