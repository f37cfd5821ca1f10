import Foundation
import TestSupport
import Testing

/// Commands that are given the name of a model on a hub.
@Suite struct HubCommandTests {
  private let workspace: Workspace
  private let hub: LoopbackHub
  private static let work =
    "quant_stage: {quant_modifiers: {QuantizationModifier: {scheme: W8A16, ignore: [lm_head]}}}\n"

  init() throws {
    workspace = try Workspace()
    try workspace.linkMaterial()
    try workspace.write("recipe.yaml", Self.work)
    hub = try Self.hub()
  }

  private static func hub(_ behaviour: LoopbackHub.Behaviour = .init()) throws -> LoopbackHub {
    let names = ["config.json", "generation_config.json", "model.safetensors", "tokenizer.json", "LICENSE"]
    var files: [String: [UInt8]] = [:]
    for name in names {
      let file = Workspace.bundledModel.appending(path: name)
      if let data = try? Data(contentsOf: file) { files[name] = Array(data) }
    }
    return LoopbackHub(files: files, large: ["model.safetensors"], behaviour: behaviour)
  }

  private func run(_ line: String, offline: Bool = false) throws -> Workspace.Outcome {
    try workspace.run(line.split(separator: " ").map(String.init), environment: environment(offline: offline))
  }

  private func environment(offline: Bool = false, hub: LoopbackHub? = nil) -> [String: String] {
    ["HF_ENDPOINT": (hub ?? self.hub).endpoint, "HF_HUB_OFFLINE": offline ? "1" : "0"]
  }

  @Test func aPlanAsksForConfigAndHeaderOnly() throws {
    let named = try run("plan recipe.yaml --model tests/tiny")
    #expect(named.status == 0, "\(named.errors)")
    #expect(named.output == (try run("plan recipe.yaml --model tiny-stories")).output)
    #expect(hub.storageRequests.map { $0.headers["range"] } == ["bytes=0-65535"])
    let inspected = try run("inspect tests/tiny")
    #expect(inspected.output == (try run("inspect tiny-stories")).output)
    for command in ["check recipe.yaml --model tests/tiny", "init --model tests/tiny"] {
      let outcome = try run(command)
      #expect(outcome.status == 0, "\(outcome.errors)")
    }
    #expect(!FileManager.default.fileExists(atPath: weights))
  }

  private var weights: String {
    workspace.url("hub/models--tests--tiny/snapshots/\(LoopbackHub.commit)/model.safetensors").path
  }

  @Test func aRunDownloadsTheModelAndThenDoesWithoutTheHub() throws {
    let outcome = try run("run recipe.yaml --model tests/tiny --output out")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("model.safetensors"), "it says how far the download is")
    #expect(FileManager.default.fileExists(atPath: weights))
    let local = try run("run recipe.yaml --model tiny-stories --output local")
    #expect(local.status == 0)
    #expect(try workspace.read("out/model.safetensors") == workspace.read("local/model.safetensors"))
    #expect(try workspace.read("out/tokenizer.json") == workspace.read("local/tokenizer.json"))
    let count = hub.requests.count
    try workspace.write("named.yaml", "model: {path: tests/tiny}\n" + Self.work)
    for line in [
      "plan recipe.yaml --model tests/tiny", "inspect tests/tiny", "plan named.yaml", "compare tests/tiny out",
    ] {
      for offline in [false, true] { #expect(try run(line, offline: offline).status == 0) }
    }
    #expect(hub.requests.count == count)
  }

  @Test func aFetchBringsTheModelAndSaysWhere() throws {
    let outcome = try run("fetch tests/tiny@v1.0")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output == "hub/models--tests--tiny/snapshots/\(LoopbackHub.commit)\n")
    #expect(FileManager.default.fileExists(atPath: weights))
    #expect(try run("inspect tests/tiny@v1.0", offline: true).status == 0)
    #expect(try run("inspect tests/tiny", offline: true).status == 2, "another revision")
    let refused = try run("fetch tiny-stories")
    #expect(refused.status == 2)
    #expect(refused.errors.contains("org/name"))
  }

  @Test func aFolderComesBeforeAName() throws {
    try workspace.makeFolder("tests")
    try workspace.link("tests/tiny", to: Workspace.bundledModel)
    #expect(try run("plan recipe.yaml --model tests/tiny").status == 0)
    #expect(hub.requests.isEmpty)
  }

  @Test func theModelOfARecipeIsNotDownloadedToCheckIt() throws {
    try workspace.write("named.yaml", "model: {path: tests/tiny}\n" + Self.work.replacing("lm_head", with: "lm_haed"))
    let outcome = try run("check named.yaml")
    #expect(outcome.status == 0)
    #expect(!outcome.errors.contains("[ignore-matches-nothing]"))
    #expect(hub.requests.isEmpty)
    #expect(try run("fetch tests/tiny").status == 0)
    #expect(try run("check named.yaml", offline: true).errors.contains("[ignore-matches-nothing]"))
  }

  @Test func whatIsNotFoundWasLookedForEverywhere() throws {
    let outcome = try run("plan recipe.yaml --model tests/absent")
    #expect(outcome.status == 2)
    for place in [
      "no folder tests/absent", "hub/models--tests--absent", "\(hub.endpoint) has no tests/absent", "HF_TOKEN",
    ] {
      #expect(outcome.errors.contains(place), "\(outcome.errors)")
    }
    let file = try run("run recipe.yaml --model tests/tiny@v9 --output out")
    #expect(file.errors.contains("tests/tiny has no revision v9"), "\(file.errors)")
  }

  @Test func theEnvironmentNamesCacheAndToken() throws {
    var behaviour = LoopbackHub.Behaviour()
    behaviour.token = "hf_secret"
    let hub = try Self.hub(behaviour)
    let variants: [([String: String], String)] = [
      (["HF_TOKEN": "hf_secret", "HF_HUB_CACHE": "one"], "one"),
      (["HF_TOKEN": "hf_secret", "HF_HUB_CACHE": "", "HF_HOME": "two"], "two/hub"),
      (["HF_TOKEN_PATH": "token", "HF_HUB_CACHE": "", "XDG_CACHE_HOME": "three"], "three/huggingface/hub"),
      (["HF_TOKEN_PATH": "token", "HF_HUB_CACHE": "", "HOME": "four"], "four/.cache/huggingface/hub"),
      (["HF_TOKEN_PATH": "token", "HF_HUB_CACHE": "~/five", "HOME": "four"], "four/five"),
    ]
    try workspace.write("token", "hf_secret\n")
    for (variables, folder) in variants {
      let variables = environment(hub: hub).merging(variables) { $1 }
      let outcome = try workspace.run(["fetch", "tests/tiny"], environment: variables)
      #expect(outcome.output.hasPrefix("\(folder)/models--tests--tiny/snapshots/"), "\(outcome.errors)")
    }
    let without = try workspace.run(["fetch", "tests/tiny"], environment: environment(hub: hub))
    #expect(without.status == 2)
    #expect(without.errors.contains("[model-not-found]"))
  }

  @Test(.timeLimit(.minutes(1)), arguments: [SIGINT, SIGTERM])
  func aSignalEndsTheWaitForAHub(signal: Int32) async throws {
    var behaviour = LoopbackHub.Behaviour()
    behaviour.throttles = .max
    let hub = try Self.hub(behaviour)
    let running = try workspace.start(["fetch", "tests/tiny"], environment: environment(hub: hub))
    while running.process.isRunning, hub.requests.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
    kill(running.process.processIdentifier, signal)
    let outcome = try running.wait()
    #expect(outcome.status == 3)
    #expect(outcome.errors.contains("[interrupted]"), "\(outcome.errors)")
  }
}
