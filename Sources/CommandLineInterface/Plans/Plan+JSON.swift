internal import Checkpoints
internal import JSONDocuments
internal import Models
internal import Planning
internal import Vocabulary

extension Plan {
  /// The plan as `plan --format json` writes it.
  func json(estimate: TimeEstimate? = nil) -> JSON {
    func number(_ value: Int) -> JSON { .integer(Int64(value)) }
    return .object([
      JSON.Member("schemaVersion", number(1)),
      JSON.Member(
        "calibration",
        calibration.map {
          .object([
            JSON.Member("samples", number($0.samples)), JSON.Member("sequenceLength", number($0.sequenceLength)),
            JSON.Member("propagation", .string($0.propagation.rawValue)),
          ])
        } ?? .null
      ),
      JSON.Member(
        "stages",
        .array(
          stages.map {
            .object([
              JSON.Member("modifier", .string($0.modifier)),
              JSON.Member("kind", .string($0.kind.rawValue)),
              JSON.Member("modules", number($0.moduleCount)),
            ])
          }
        )
      ),
      JSON.Member(
        "groups",
        .array(
          groups.map {
            .object([
              JSON.Member("scheme", $0.preset.map(JSON.string) ?? .null),
              JSON.Member("description", .string(SchemeText.text($0.scheme))),
              JSON.Member("format", .string($0.format.rawValue)),
              JSON.Member("targets", .array($0.targets.map(JSON.string))),
              JSON.Member("modules", number($0.moduleCount)),
            ])
          }
        )
      ),
      JSON.Member(
        "modules",
        .array(
          assignments.map {
            .object([
              JSON.Member("name", .string($0.layer.name)),
              JSON.Member("shape", .array([number($0.layer.rows), number($0.layer.columns)])),
              JSON.Member("group", number($0.group)), JSON.Member("stage", number($0.stage)),
            ])
          }
        )
      ),
      JSON.Member("rotation", RotationText(self)?.json ?? .null),
      JSON.Member(
        "smoothing",
        .array(
          smoothings.map {
            .object([
              JSON.Member("producer", .string($0.site.producer)),
              JSON.Member("readers", .array($0.site.readers.map { .string($0.name) })),
              JSON.Member("stage", number($0.stage)),
            ])
          }
        )
      ),
      JSON.Member(
        "pruning",
        .array(
          prunings.map {
            .object([
              JSON.Member("name", .string($0.layer.name)), JSON.Member("stage", number($0.stage)),
              JSON.Member("sparsity", PruningText.fraction($0).map(JSON.number) ?? .null),
              JSON.Member("structure", .string(PruningText.structure($0.structure))),
            ])
          }
        )
      ),
      JSON.Member(
        "dropped",
        .array(
          dropped.map {
            .object([JSON.Member("name", .string($0.name)), JSON.Member("reason", .string($0.reason))])
          }
        )
      ),
      JSON.Member("unchangedLinears", .array(keptModules.map(JSON.string))),
      JSON.Member(
        "outputs",
        .array(
          outputs.map {
            .object([
              JSON.Member("name", .string($0.description.name)),
              JSON.Member("dtype", .string($0.description.elementType.rawValue)),
              JSON.Member("shape", .array($0.description.shape.map(number))),
              JSON.Member("bytes", number($0.description.byteCount)),
            ])
          }
        )
      ),
      JSON.Member(
        "bytesByClass",
        .object(bytesByClass.map { JSON.Member($0.name, number($0.bytes)) })
      ),
      JSON.Member(
        "parts",
        .array(
          census.map {
            .object([
              JSON.Member("part", .string($0.part.rawValue)), JSON.Member("modules", number($0.moduleCount)),
              JSON.Member("parameters", number($0.parameterCount)), JSON.Member("changed", number($0.changedCount)),
            ])
          }
        )
      ),
      JSON.Member(
        "costs",
        .object([
          JSON.Member("inputBytes", number(costs.inputBytes)),
          JSON.Member("outputBytes", number(costs.outputBytes)),
          JSON.Member("peakMemoryBytes", number(costs.memory.peak)),
          JSON.Member("peakMemoryWithScratchBytes", number(costs.memory.leastPeak)),
          JSON.Member("activationBytes", number(costs.memory.activations)),
          JSON.Member("scratchBytes", number(costs.scratchBytes)),
          JSON.Member("readBytes", number(costs.readBytes)),
          JSON.Member("writtenBytes", number(costs.writtenBytes)),
          JSON.Member("products", number(costs.productCount)),
          JSON.Member("lookAheads", number(costs.lookAheadCount)),
          JSON.Member("forwardOperations", .number(costs.forwardOperations)),
          JSON.Member("momentOperations", .number(costs.momentOperations)),
          JSON.Member("quantizationOperations", .number(costs.quantizationOperations)),
        ])
      ),
      JSON.Member("estimate", estimate?.json ?? .null),
      JSON.Member("tensorParallel", .array(tensorParallel.map { TensorParallelText($0, self).json })),
    ])
  }
}
