enum RecipeGrammarPlaceholder {}
