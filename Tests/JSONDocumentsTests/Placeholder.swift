enum JSONDocumentsTestsPlaceholder {}
