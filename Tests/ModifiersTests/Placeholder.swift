enum ModifiersTestsPlaceholder {}
