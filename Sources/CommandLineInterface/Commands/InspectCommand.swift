internal import ArgumentParser
internal import Checkpoints
internal import Diagnostics
internal import JSONDocuments
internal import Models

/// `pare inspect`: says what a checkpoint holds.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show what a checkpoint holds: architecture, schemes, tensors and bytes.",
    discussion: """
      Reads config.json and safetensors headers only, never weights; of a model on a hub it downloads no more.
      """
  )

  @Argument(help: "The checkpoint's folder, or its name on a hub: org/name.", completion: .directory)
  var model: String

  @OptionGroup
  var shape: ArchitectureOptions

  @Flag(help: "List every tensor.")
  var tensors = false

  @Option(help: "How to show it: text or json.")
  var format: ResultFormat = .text

  mutating func run() throws {
    let headers = try Loading.headers(ModelReference(model), console: .standard)
    let outline = try Loading.outline(headers, architecture: shape.architecture())
    let inspection = Inspection(
      headers: headers,
      outline: outline,
      compression: try Self.compression(headers),
      listsTensors: tensors
    )
    switch format {
    case .text: Console.standard.print(inspection.text)
    case .json: Console.standard.print(inspection.json.serialized(.prettyInOrder))
    }
  }

  private static func compression(_ headers: CheckpointHeaders) throws(CommandFailure) -> QuantizationConfig? {
    do throws(CheckpointError) {
      return try QuantizationConfig.read(from: headers.config)
    } catch {
      throw error.failure
    }
  }
}
