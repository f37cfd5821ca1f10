package import JSONDocuments
internal import Kernels
internal import Modifiers
package import Planning
internal import Vocabulary

extension RunReport {
  /// The name of the report beside the weights.
  package static let fileName = "pare-report.json"

  /// The name of the page about the run beside the weights, where one is made.
  package static let pageName = "pare-report.html"

  /// The report as it stands beside the weights.
  package func document(of plan: Plan, options: RunOptions) -> JSON {
    .object([
      JSON.Member("schemaVersion", .integer(1)),
      JSON.Member("version", .string(options.version)),
      JSON.Member("arithmetic", .string(options.arithmetic.rawValue)),
      JSON.Member("instructions", .string("\(options.processor.level)")),
      JSON.Member("products", .string(options.processor.products.rawValue)),
      JSON.Member("threads", .integer(Int64(options.processor.threadCount))),
      JSON.Member("fingerprint", fingerprint.reportDocument),
      JSON.Member("calibrationTokens", .integer(Int64(calibrationTokens))),
      JSON.Member("inputBytes", .integer(Int64(plan.costs.inputBytes))),
      JSON.Member("outputBytes", .integer(Int64(plan.costs.outputBytes))),
      JSON.Member(
        "phases",
        .object(phases.map { JSON.Member($0.name, .number($0.seconds)) })
      ),
      JSON.Member("filesLeftOut", .array(filesLeftOut.map(JSON.string))),
      JSON.Member("tensors", account.document),
      JSON.Member("rotation", plan.rotation?.document(seed: plan.seed) ?? .null),
      JSON.Member("smoothing", .array(smoothings.map(\.document))),
      JSON.Member("experts", .array(experts.map(\.document))),
      JSON.Member("layers", .array(layers.map { $0.document(of: plan) })),
    ])
  }
}

extension LayerReport {
  fileprivate func document(of plan: Plan) -> JSON {
    let planned = group.map { plan.groups[$0] }
    return .object([
      JSON.Member("name", .string(name)),
      JSON.Member("scheme", planned?.preset.map(JSON.string) ?? .null),
      JSON.Member("format", .string((planned?.format ?? .dense).rawValue)),
      JSON.Member("relativeError", .number(relativeError)),
      JSON.Member("zeroFraction", .number(zeroFraction)),
      JSON.Member("loss", loss.map(JSON.number) ?? .null),
      JSON.Member("tokens", tokenCount.map { .integer(Int64($0)) } ?? .null),
    ])
  }
}

extension RotationPlan {
  /// What is needed to draw the same matrices again.
  fileprivate func document(seed: UInt64) -> JSON {
    .object([
      JSON.Member("seed", .integer(Int64(bitPattern: seed))),
      JSON.Member(
        "matrices",
        .array(
          matrices.map {
            .object([
              JSON.Member("name", .string($0.seedName)), JSON.Member("kind", .string($0.kind.rawValue)),
              JSON.Member("size", .integer(Int64($0.size))),
            ])
          }
        )
      ),
    ])
  }
}

extension SmoothingReport {
  fileprivate var document: JSON {
    .object([
      JSON.Member("producer", .string(producer)),
      JSON.Member("readers", .array(readers.map(JSON.string))),
      JSON.Member("leastFactor", .number(Double(leastFactor))),
      JSON.Member("largestFactor", .number(Double(largestFactor))),
      JSON.Member("loss", loss.map(JSON.number) ?? .null),
      JSON.Member("plainLoss", plainLoss.map(JSON.number) ?? .null),
    ])
  }
}

extension ExpertReport {
  fileprivate var document: JSON {
    .object([
      JSON.Member("name", .string(name)),
      JSON.Member("tokens", .array(tokenCounts.map { .integer(Int64($0)) })),
    ])
  }
}

extension TensorAccount {
  fileprivate var document: JSON {
    .object([
      JSON.Member("read", .integer(Int64(readCount))),
      JSON.Member("copied", .integer(Int64(copiedCount))),
      JSON.Member("rewritten", .integer(Int64(rewrittenCount))),
      JSON.Member("compressed", .integer(Int64(compressedCount))),
      JSON.Member(
        "dropped",
        .array(
          dropped.map {
            .object([JSON.Member("name", .string($0.name)), JSON.Member("reason", .string($0.reason))])
          }
        )
      ),
    ])
  }
}
