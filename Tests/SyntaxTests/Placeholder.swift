enum SyntaxTestsPlaceholder {}
