package import ChatTemplates

/// The chat template of a model, as text: it is read when the first conversation needs it.
package struct ChatSource: Hashable, Sendable {
  /// The template.
  package let template: String
  /// What it sees besides the messages.
  package let surroundings: ChatTemplate.Surroundings

  package init(template: String, surroundings: ChatTemplate.Surroundings) {
    self.template = template
    self.surroundings = surroundings
  }
}
