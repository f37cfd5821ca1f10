package import ChatTemplates
package import JSONDocuments

/// Why a text file yields no token windows.
///
/// Lines, and rows of tensors, count from 1.
package enum CalibrationError: Error, Hashable, Sendable {
  /// The file holds nothing but white space.
  case empty
  /// All texts together have fewer tokens than one window.
  case noFullWindow(tokenCount: Int, sequenceLength: Int)
  /// A line is not a JSON object.
  case invalidLine(line: Int, reason: LineFault)
  /// A line has neither the text member nor `messages` nor `input_ids`; `keys` are those it has.
  case noText(line: Int, textMember: String, keys: [String])
  /// A line has text, but the model has no tokenizer that could read it.
  case noTokenizer(line: Int)
  /// A line holds a conversation, but the model has no chat template.
  case noTemplate(line: Int)
  /// The chat template has no rendering of the conversation in a line.
  case template(line: Int, ChatTemplateError)
  /// A line's `input_ids` is an empty list, or a mask leaves nothing of it.
  case noIDs(line: Int)
  /// An id outside `0..<vocabularySize`, or an element of `input_ids` that is no integer (then `id` is nil); `line` is
  /// nil for plain text, `index` counts from 0 in the line or text.
  case invalidID(line: Int?, index: Int, id: Int?, vocabularySize: Int)
  /// The bytes are not UTF-8 from `offset` on, which counts from the start of the file.
  case invalidUTF8(offset: Int)

  /// What is wrong with a line.
  package enum LineFault: Hashable, Sendable {
    /// It is not JSON; offsets count from the start of the line.
    case json(JSONError)
    /// It is JSON, but no object.
    case notAnObject
    /// A member is not of the kind it should be: the text a string, `messages` and `input_ids` lists.
    case wrongKind(member: String)
  }
}
