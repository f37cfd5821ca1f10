enum RecipesTestsPlaceholder {}
