enum CommandLineInterfaceTestsPlaceholder {}
