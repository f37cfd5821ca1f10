enum ModifiersPlaceholder {}
