enum CommandLineInterfacePlaceholder {}
