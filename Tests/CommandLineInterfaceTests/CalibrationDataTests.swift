import Foundation
import JSONDocuments
import TestSupport
import Testing

/// Calibration data in its forms, each compared with the same tokens in another form.
@Suite struct CalibrationDataTests {
  private let workspace: Workspace
  private static let recipe = """
    quant_stage:
      quant_modifiers:
        GPTQModifier: {scheme: W4A16, ignore: [lm_head], targets: ["re:.*layers.0.self_attn.q_proj"]}

    """

  init() throws {
    workspace = try Workspace()
    try workspace.copyBundledModel()
    try workspace.copy(
      Workspace.bundledModel.appending(path: "tokenizer_config.json"),
      to: "model/tokenizer_config.json"
    )
    try workspace.write("recipe.yaml", Self.recipe)
  }

  /// The weights that a run writes with a file of calibration data.
  private func weights(
    _ calibration: String,
    length: Int = 16,
    environment: [String: String] = [:]
  ) throws -> [UInt8] {
    let output = "out-\(UUID().uuidString)"
    let outcome = try workspace.run(
      [
        "run", "recipe.yaml", "--model", "model", "--output", output, "--calibration", calibration, "--samples", "8",
        "--sequence-length", "\(length)",
      ],
      environment: environment
    )
    try #require(outcome.status == 0, "\(outcome.errors)")
    return try workspace.read("\(output)/model.safetensors")
  }

  private static let stories = [
    "Once upon a time, there was a little girl who had a red ball and a dog that was very small.",
    "The dog ran to the park. He saw a big tree and a bird in it, and the bird sang all day long.",
  ]

  @Test func conversationsAreRenderedWithTheModelsTemplate() throws {
    let template = "{% for message in messages %}{{ eos_token }}{{ message.content }}\n{% endfor %}"
    try workspace.write("model/chat_template.jinja", template)
    let conversation = JSON.array(
      Self.stories.map { .object([.init("role", .string("user")), .init("content", .string($0))]) }
    )
    let rendered = Self.stories.map { "<|endoftext|>\($0)\n" }.joined()
    func line(_ key: String, _ value: JSON) -> String {
      (0..<8).map { _ in JSON.object([.init(key, value)]).serialized(.compact) + "\n" }.joined()
    }
    try workspace.write("chat.jsonl", line("messages", conversation))
    try workspace.write("named.jsonl", line("text", conversation))
    try workspace.write("text.jsonl", line("text", .string(rendered)))
    let expected = try weights("text.jsonl")
    #expect(try weights("chat.jsonl") == expected, "special tokens of the template are tokens, and none is added")
    #expect(try weights("named.jsonl") == expected)
    try FileManager.default.removeItem(at: workspace.url("model/chat_template.jinja"))
    for value in [
      JSON.string(template),
      .array([
        .object([.init("name", .string("rag")), .init("template", .string("x"))]),
        .object([.init("name", .string("default")), .init("template", .string(template))]),
      ]),
    ] {
      try workspace.changeJSON("model/tokenizer_config.json") { $0["chat_template"] = value }
      #expect(try weights("chat.jsonl") == expected)
    }
  }

  @Test(arguments: ["I32", "I64"])
  func rowsOfATensorAreWindows(type: String) throws {
    let (count, length) = (8, 24)
    try workspace.writeRows("rows.jsonl", count: count, length: 16)
    let lines = try String(decoding: workspace.read("rows.jsonl"), as: UTF8.self).split(separator: "\n")
    var ids: [UInt8] = []
    var mask: [UInt8] = []
    for line in lines {
      let row = try #require(JSON.parse(Array(line.utf8))["input_ids"]?.array).compactMap(\.int)
      // Padding on the left, of tokens that would be felt.
      for id in Array(repeating: 9, count: length - row.count) + row {
        withUnsafeBytes(of: Int64(id).littleEndian) { ids += $0.prefix(type == "I32" ? 4 : 8) }
      }
      mask += Array(repeating: 0, count: length - row.count) + Array(repeating: 1, count: row.count)
    }
    let header =
      "{\"input_ids\":{\"dtype\":\"\(type)\",\"shape\":[\(count),\(length)],\"data_offsets\":[0,\(ids.count)]},"
      + "\"attention_mask\":{\"dtype\":\"U8\",\"shape\":[\(count),\(length)],"
      + "\"data_offsets\":[\(ids.count),\(ids.count + mask.count)]}}"
    let size = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
    try workspace.write("rows.safetensors", size + Array(header.utf8) + ids + mask)
    #expect(try weights("rows.safetensors") == weights("rows.jsonl"))
    #expect(try weights("rows.safetensors", length: 5) == weights("rows.jsonl", length: 5))
  }

  @Test func aTensorThatHoldsNoRowsIsRefused() throws {
    let header = "{\"input_ids\":{\"dtype\":\"F32\",\"shape\":[1,1],\"data_offsets\":[0,4]}}"
    let size = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
    try workspace.write("rows.safetensors", size + Array(header.utf8) + [0, 0, 0, 0])
    let outcome = try workspace.run([
      "run", "recipe.yaml", "--model", "model", "--output", "out", "--calibration", "rows.safetensors",
    ])
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("input_ids has type F32 where I32 or I64 is needed"), "\(outcome.errors)")
  }

  @Test func aFileOfADataSetComesFromTheHubAndThenFromTheCache() throws {
    let lines = Self.stories.map { JSON.object([.init("text", .string($0))]).serialized(.compact) + "\n" }
    let bytes = Array(String(repeating: lines.joined(), count: 8).utf8)
    try workspace.write("local.jsonl", bytes)
    let hub = LoopbackHub("tests/stories", kind: "datasets", files: ["data/train.jsonl": bytes])
    let expected = try weights("local.jsonl")
    let name = "tests/stories:data/train.jsonl"
    let online = ["HF_ENDPOINT": hub.endpoint, "HF_HUB_OFFLINE": "0"]
    #expect(try weights(name, environment: online) == expected)
    let count = hub.requests.count
    try workspace.write("recipe.yaml", "calibration: {dataset: '\(name)'}\n" + Self.recipe)
    let outcome = try workspace.run(
      ["run", "recipe.yaml", "--model", "model", "--output", "out", "--samples", "8", "--sequence-length", "16"],
      environment: online
    )
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(try workspace.read("out/model.safetensors") == expected)
    #expect(hub.requests.count == count)
    let absent = try workspace.run([
      "run", "recipe.yaml", "--model", "model", "--output", "out2", "--calibration", "tests/absent:x.jsonl",
    ])
    #expect(absent.status == 2)
    #expect(absent.errors.contains("datasets--tests--absent"), "\(absent.errors)")
  }
}
