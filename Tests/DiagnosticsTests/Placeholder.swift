enum DiagnosticsTestsPlaceholder {}
