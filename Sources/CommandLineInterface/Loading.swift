internal import Checkpoints
internal import Diagnostics
internal import JSONDocuments
internal import Models
internal import Recipes
internal import Tokenization

/// What several commands read before they begin.
enum Loading {
  /// Reads a recipe's text; `-` is standard input.
  static func recipeFile(_ path: String) throws(CommandFailure) -> SourceFile {
    let name = path == "-" ? "<stdin>" : path
    return SourceFile(name: name, bytes: try InputFile.read(path == "-" ? "/dev/stdin" : path))
  }

  /// Reads and checks a recipe; `-` is standard input.
  static func recipe(_ path: String) throws(CommandFailure) -> Checked<Recipe> {
    Recipe.check(try recipeFile(path), including: .files)
  }

  /// Reads a recipe that must hold, telling what is to be said of it.
  static func validRecipe(_ path: String, console: Console) throws(CommandFailure) -> Recipe {
    let checked = try recipe(path)
    guard let recipe = checked.value, !checked.hasErrors else { throw CommandFailure(checked.diagnostics) }
    console.tell(checked.diagnostics)
    return recipe
  }

  /// Reads a checkpoint's config and headers, and nothing else.
  static func headers(_ folder: String) throws(CommandFailure) -> CheckpointHeaders {
    do throws(CheckpointError) {
      return try CheckpointHeaders.read(folder)
    } catch {
      throw error.failure
    }
  }

  /// Opens a checkpoint's weights.
  static func checkpoint(_ headers: CheckpointHeaders) throws(CommandFailure) -> Checkpoint {
    do throws(CheckpointError) {
      return try Checkpoint.open(headers)
    } catch {
      throw error.failure
    }
  }

  /// Describes the model of a checkpoint, plain or in a form of compressed-tensors.
  static func outline(
    _ headers: CheckpointHeaders,
    architecture: Architecture? = nil
  ) throws(CommandFailure) -> ModelOutline {
    if let compression = compression(headers.config, in: headers.folder),
      !QuantizationConfig.isOurs(WeightFormDiagnostics.method(compression))
    {
      throw CommandFailure(WeightFormDiagnostics.unsupportedCompression(compression))
    }
    do throws(ModelError) {
      return try ModelOutline(config: headers.config, tensors: headers.tensors, architecture: architecture)
    } catch {
      throw error.failure
    }
  }

  /// Describes the model of a checkpoint whose weights must be plain.
  static func plainOutline(
    _ headers: CheckpointHeaders,
    architecture: Architecture? = nil
  ) throws(CommandFailure) -> ModelOutline {
    try refuseCompressed(headers.config, in: headers.folder)
    return try outline(headers, architecture: architecture)
  }

  /// Finds that a config, and what stands beside it, speak of plain weights.
  static func refuseCompressed(_ config: JSON, in folder: String) throws(CommandFailure) {
    if let compression = compression(config, in: folder) {
      throw CommandFailure(WeightFormDiagnostics.alreadyCompressed(compression))
    }
  }

  /// What is said of how weights are quantized; nil where they are plain.
  private static func compression(_ config: JSON, in folder: String) -> JSON? {
    if let compression = QuantizationConfig.value(in: config) { return compression }
    guard FileSystem.exists("\(folder)/\(modelOptimizerConfigName)") else { return nil }
    return .object([.init("quant_method", .string("modelopt"))])
  }

  /// Where TensorRT Model Optimizer says how it quantized a model, if not in config.json.
  private static let modelOptimizerConfigName = "hf_quant_config.json"

  /// Reads the tokenizer beside the weights; nil when there is none.
  static func tokenizer(in folder: String) throws(CommandFailure) -> Tokenizer? {
    let path = tokenizerPath(in: folder)
    guard FileSystem.exists(path) else { return nil }
    let bytes = try InputFile.read(path)
    let document: JSON
    do throws(JSONError) {
      document = try JSON.parse(bytes)
    } catch {
      throw CommandFailure(CommandDiagnostics.malformedTokenizer(path, fault: "\(error)"))
    }
    do throws(TokenizerError) {
      return try Tokenizer(json: document)
    } catch {
      throw error.failure(path: path)
    }
  }

  /// Where a checkpoint's tokenizer is.
  static func tokenizerPath(in folder: String) -> String { "\(folder)/tokenizer.json" }
}
