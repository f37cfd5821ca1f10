import Models
import Testing
import Vocabulary

@Suite struct ModuleMatcherTests {
  private let matcher: ModuleMatcher

  init() throws {
    matcher = ModuleMatcher(modules: try RecordedModel("llama").with(blocks: 20).outline().modules)
  }

  private func names(_ target: String) -> [String] {
    matcher.matches(Target(target)).map { matcher.modules[$0.module].name }
  }

  @Test func aNameMatchesOneModuleWhole() {
    #expect(names("model.layers.1.mlp.up_proj") == ["model.layers.1.mlp.up_proj"])
    #expect(names("model.layers.1") == ["model.layers.1"])
    #expect(names("up_proj").isEmpty)
    #expect(matcher.matches(Target("lm_head")).map(\.kind) == [.name])
  }

  @Test func aClassMatchesAllItsModules() {
    #expect(names("Linear").count == 20 * 7 + 1)
    #expect(names("LlamaRMSNorm").count == 20 * 2 + 1)
    #expect(names("Embedding") == ["model.embed_tokens"])
    #expect(names("linear").isEmpty)
    #expect(matcher.matches(Target("Linear")).allSatisfy { $0.kind == .className })
  }

  @Test func aliasesStandForClasses() {
    #expect(names("LinearBase") == names("Linear"))
    #expect(names("Module").count == matcher.modules.count)
  }

  @Test func aPatternMatchesFromTheStartAndNeedNotReachTheEnd() {
    let blocks = Set(names("re:model.layers.1").compactMap { $0.split(separator: ".").dropFirst(2).first })
    #expect(blocks == Set((["1"] + (10...19).map(String.init)).map { Substring($0) }))
    #expect(names("re:model\\.layers\\.1\\.mlp\\.up_proj$") == ["model.layers.1.mlp.up_proj"])
    #expect(names("re:layers").isEmpty)
    #expect(names("re:.*down_proj$").count == 20)
    #expect(names("re:mlp|lm_head") == ["lm_head"])
    #expect(matcher.matches(Target("re:lm_head")).map(\.kind) == [.pattern])
  }

  @Test func theRootHasAnEmptyNameThatPatternsSeeAndNamesDoNot() {
    #expect(names("re:.*").count == matcher.modules.count)
    #expect(names("").isEmpty)
  }

  @Test func parametersBelongToTheModulesThatHaveWeights() {
    func owners(_ target: String) -> [String] {
      matcher.matchesOfParameters(Target(target)).map { matcher.modules[$0].name }
    }
    #expect(owners("model.layers.0.mlp.up_proj.weight") == ["model.layers.0.mlp.up_proj"])
    #expect(owners("model.layers.0.mlp.up_proj").isEmpty)
    #expect(owners("re:.*down_proj.weight$").count == 20)
    #expect(Set(owners("re:.*weight")) == Set(names("Linear") + names("Embedding")))
    #expect(owners("re:(").isEmpty)
  }

  @Test func aModuleHoldsTheLayersBelowIt() throws {
    func layers(_ name: String) throws -> [String] {
      matcher.layers(in: try #require(matcher.index(of: name))).map { matcher.modules[$0].name }
    }
    #expect(try layers("model.layers.1.mlp.up_proj") == ["model.layers.1.mlp.up_proj"])
    #expect(try layers("model.layers.1").allSatisfy { $0.hasPrefix("model.layers.1.") })
    #expect(try layers("model.layers.1").count == 7)
    #expect(try layers("") == names("Linear"))
    #expect(try layers("model").count == 20 * 7)
    #expect(try layers("model.norm").isEmpty)
  }

  @Test func aPatternThatDoesNotCompileMatchesNothing() {
    #expect(names("re:(").isEmpty)
  }
}
