package import JSONDocuments

/// A chat template: what makes one text of the messages of a conversation, written in Jinja.
///
/// The language is that part of Jinja which such templates use, in the form that transformers sets: blocks take the line
/// break behind them and the indentation before them along. Whatever is not understood is an error with its line.
///
/// - SeeAlso: The template language of Jinja 3.1, and `apply_chat_template` of transformers.
package struct ChatTemplate: Sendable {
  private let statements: [Statement]

  /// What a template sees besides the messages.
  package struct Surroundings: Hashable, Sendable {
    /// Texts of special tokens by their names, such as `bos_token`.
    package var specialTokens: [String: String]
    /// What `strftime_now` takes for now, so that a rendering does not depend on the day.
    package var date: Date

    /// A day.
    package struct Date: Hashable, Sendable {
      package let year: Int
      /// From 1.
      package let month: Int
      /// From 1.
      package let day: Int

      package init(year: Int, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
      }
    }

    package init(specialTokens: [String: String], date: Date) {
      self.specialTokens = specialTokens
      self.date = date
    }
  }

  /// Reads a template.
  ///
  /// - Parameter source: Its text.
  /// - Throws: The first fault, with its line.
  package init(_ source: String) throws(ChatTemplateError) {
    statements = try Parser.statements(of: source)
  }

  /// Renders a conversation that is over: nothing invites a further answer.
  ///
  /// - Parameters:
  ///   - messages: The messages, a list of objects with `role` and `content`.
  ///   - tools: Descriptions of functions that the model may call, or nil.
  ///   - surroundings: What else the template sees.
  /// - Returns: The text, special tokens written out.
  /// - Throws: What the template lacks or says, with its line.
  package func render(
    messages: JSON,
    tools: JSON? = nil,
    surroundings: Surroundings
  ) throws(ChatTemplateError) -> String {
    try render(
      .object([
        .init("messages", messages), .init("tools", tools ?? .null), .init("documents", .null),
        .init("add_generation_prompt", .boolean(false)),
      ]),
      surroundings: surroundings
    )
  }

  /// Renders with any variables.
  ///
  /// - Parameters:
  ///   - variables: An object with their values.
  ///   - surroundings: What else the template sees.
  /// - Returns: The text.
  /// - Throws: What the template lacks or says, with its line.
  package func render(_ variables: JSON, surroundings: Surroundings) throws(ChatTemplateError) -> String {
    let scope = Scope(in: nil)
    // A macro holds the scope that holds it.
    defer { scope.names = [:] }
    for (name, text) in surroundings.specialTokens { scope.names[name] = .string(text) }
    var renderer = Renderer(scope: scope, date: surroundings.date)
    do throws(ChatTemplateError.Fault) {
      for member in variables.object ?? [] { scope.names[member.key] = try Value(member.value) }
      try renderer.run(statements)
      return renderer.output
    } catch {
      throw ChatTemplateError(line: renderer.line, fault: error)
    }
  }
}
