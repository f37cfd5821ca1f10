enum CheckpointsTestsPlaceholder {}
