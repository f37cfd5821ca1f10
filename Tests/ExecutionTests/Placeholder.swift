enum ExecutionTestsPlaceholder {}
