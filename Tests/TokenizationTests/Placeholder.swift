enum TokenizationTestsPlaceholder {}
