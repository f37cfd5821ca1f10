internal import ChatTemplates
internal import Checkpoints
internal import Diagnostics
internal import JSONDocuments
internal import Tokenization

/// Texts and conversations, for calibration and evaluation.
extension Loading {
  /// The day that templates take for today: what a run computes must not depend on when it runs.
  ///
  /// It is the day that templates of Llama 3 show where they are told none.
  private static let templateDate = ChatTemplate.Surroundings.Date(year: 2024, month: 7, day: 26)

  /// Reads token windows: JSON Lines where the name ends in `.jsonl` or `.json`, rows of ids where it ends in
  /// `.safetensors`, plain text otherwise.
  static func windows(
    _ path: String,
    textColumn: String,
    tokenizerFolder: String,
    request: TokenWindows.Request
  ) throws(CommandFailure) -> TokenWindows {
    if path.hasSuffix(".parquet") { throw CommandFailure(DataDiagnostics.parquetData(path)) }
    if path.hasSuffix(".safetensors") { return try rows(path, request: request) }
    let bytes = try InputFile.read(path)
    let tokenizer = try tokenizer(in: tokenizerFolder)
    let isLines = path.hasSuffix(".jsonl") || path.hasSuffix(".json")
    guard isLines || tokenizer != nil else {
      throw CommandFailure(CommandDiagnostics.missingTokenizer(tokenizerPath(in: tokenizerFolder)))
    }
    let chat = isLines ? try chatSource(in: tokenizerFolder) : nil
    do throws(CalibrationError) {
      if let tokenizer, !isLines {
        return try TokenWindows.readingText(bytes, tokenizer: tokenizer, request: request)
      }
      return try TokenWindows.readingJSONLines(
        bytes,
        textMember: textColumn,
        tokenizer: tokenizer,
        chat: chat,
        request: request
      )
    } catch {
      throw error.failure(path: path)
    }
  }

  private static func rows(_ path: String, request: TokenWindows.Request) throws(CommandFailure) -> TokenWindows {
    let rows: TokenRows
    do throws(CheckpointError) {
      rows = try TokenRows.open(path)
    } catch {
      throw error.failure
    }
    do throws(CalibrationError) {
      return try TokenWindows.readingRows(count: rows.count, request: request, row: rows.row)
    } catch {
      throw error.failure(path: path)
    }
  }

  /// The model's chat template, with the special tokens that it sees; nil when there is none.
  private static func chatSource(in folder: String) throws(CommandFailure) -> ChatSource? {
    let config = try object("\(folder)/tokenizer_config.json")
    let path = "\(folder)/chat_template.jinja"
    let template =
      FileSystem.exists(path) ? String(decoding: try InputFile.read(path), as: UTF8.self) : Self.template(in: config)
    guard let template else { return nil }
    let others = try object("\(folder)/special_tokens_map.json")
    let tokens = specialTokens(in: others).merging(specialTokens(in: config)) { $1 }
    return ChatSource(
      template: template,
      surroundings: ChatTemplate.Surroundings(specialTokens: tokens, date: templateDate)
    )
  }

  /// The template of a tokenizer_config.json: one text, or that of several which is called `default`.
  private static func template(in config: JSON?) -> String? {
    let found = config?["chat_template"]
    return found?.string ?? found?.array?.first { $0["name"]?.string == "default" }?["template"]?.string
  }

  private static func specialTokens(in document: JSON?) -> [String: String] {
    var tokens: [String: String] = [:]
    for member in document?.object ?? [] where member.key.hasSuffix("_token") {
      if let text = member.value.string ?? member.value["content"]?.string { tokens[member.key] = text }
    }
    return tokens
  }

  private static func object(_ path: String) throws(CommandFailure) -> JSON? {
    guard FileSystem.exists(path) else { return nil }
    let bytes = try InputFile.read(path)
    do throws(JSONError) {
      return try JSON.parse(bytes)
    } catch {
      throw CommandFailure(CommandDiagnostics.malformedTokenizer(path, fault: "\(error)"))
    }
  }
}
