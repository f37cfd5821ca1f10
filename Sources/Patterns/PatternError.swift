/// Why a text is not a regular expression.
package struct PatternError: Error, Hashable, Sendable {
  /// What PCRE2 says, such as `missing closing parenthesis`.
  package let message: String
  /// Where the fault is, in UTF-8 bytes from the start of the pattern.
  package let offset: Int

  package init(message: String, offset: Int) {
    self.message = message
    self.offset = offset
  }
}
