package import JSONDocuments
internal import Kernels
internal import Modifiers
package import Planning
internal import Vocabulary

extension RunReport {
  /// The name of the report beside the weights.
  package static let fileName = "pare-report.json"

  /// The report as it stands beside the weights.
  package func document(of plan: Plan, options: RunOptions) -> JSON {
    .object([
      JSON.Member("schemaVersion", .integer(1)),
      JSON.Member("version", .string(options.version)),
      JSON.Member("arithmetic", .string(options.arithmetic.rawValue)),
      JSON.Member("instructions", .string("\(options.processor.level)")),
      JSON.Member("threads", .integer(Int64(options.processor.threadCount))),
      JSON.Member("calibrationTokens", .integer(Int64(calibrationTokens))),
      JSON.Member("inputBytes", .integer(Int64(plan.costs.inputBytes))),
      JSON.Member("outputBytes", .integer(Int64(plan.costs.outputBytes))),
      JSON.Member(
        "phases",
        .object(phases.map { JSON.Member($0.name, .number($0.seconds)) })
      ),
      JSON.Member("filesLeftOut", .array(filesLeftOut.map(JSON.string))),
      JSON.Member("layers", .array(layers.map { $0.document(of: plan) })),
    ])
  }
}

extension LayerReport {
  fileprivate func document(of plan: Plan) -> JSON {
    let planned = plan.groups[group]
    return .object([
      JSON.Member("name", .string(name)),
      JSON.Member("scheme", planned.preset.map(JSON.string) ?? .null),
      JSON.Member("format", .string(planned.format.rawValue)),
      JSON.Member("relativeError", .number(relativeError)),
      JSON.Member("zeroFraction", .number(zeroFraction)),
      JSON.Member("loss", loss.map(JSON.number) ?? .null),
      JSON.Member("tokens", tokenCount.map { .integer(Int64($0)) } ?? .null),
    ])
  }
}
