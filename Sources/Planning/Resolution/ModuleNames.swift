internal import Diagnostics
internal import Models
internal import Vocabulary

/// What is offered for a target that matches nothing.
struct TargetOffer {
  /// What to write.
  let text: String
  /// Whether nothing else can have been meant.
  let isCertain: Bool
  /// Whether a word of the target is spelt otherwise, rather than right and in the wrong place.
  let isCorrection: Bool
}

/// The names of a model, arranged for finding the one that was meant.
struct ModuleNames: Sendable {
  private let modules: [Module]
  /// Classes, and last parts of names.
  private let short: [String]
  /// Last parts of names.
  private let last: Set<String>

  init(_ modules: [Module]) {
    var short: [String] = []
    var seen: Set<String> = []
    var last: Set<String> = []
    for module in modules {
      let part = String(module.lastPart)
      if !part.isEmpty, Int(part) == nil { last.insert(part) }
      for candidate in [module.className, part]
      where !candidate.isEmpty && Int(candidate) == nil && seen.insert(candidate).inserted {
        short.append(candidate)
      }
    }
    self.modules = modules
    self.short = short
    self.last = last
  }

  /// The target that is nearest to one that matches nothing.
  func offer(for target: Target) -> TargetOffer? {
    switch target {
    case .name(let name):
      // People seldom mistype numbers.
      let numbers = Self.numbers(name)
      let alike = modules.map(\.name).filter { !$0.isEmpty && Self.numbers($0) == numbers }
      let candidates = short + alike
      guard let nearest = nearestName(to: name, among: candidates) else { return nil }
      return TargetOffer(
        text: modules.contains { $0.className == nearest || $0.name == nearest } ? nearest : Self.pattern(of: nearest),
        isCertain: nearest.lowercased() == name.lowercased(),
        isCorrection: true
      )
    case .pattern(let text):
      let words = text.split { !($0.isLetter || $0.isNumber || $0 == "_") }
      guard let word = words.last(where: { $0.count >= Self.shortestWord }),
        let nearest = nearestName(to: String(word), among: short.filter(last.contains))
      else { return nil }
      return TargetOffer(text: Self.pattern(of: nearest), isCertain: false, isCorrection: nearest != word)
    }
  }

  /// Letters of a pattern's word that can be taken for a name, at least.
  private static let shortestWord = 4

  /// The pattern of every module whose name ends so.
  static func pattern(of ending: String) -> String { "\(Target.patternPrefix).*\(ending)$" }

  private static func numbers(_ name: String) -> [Substring] { DottedName(name).parts.filter { Int($0) != nil } }
}
