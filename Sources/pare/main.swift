import CommandLineInterface
import Glibc

exit(Root.status(of: Array(CommandLine.arguments.dropFirst())))
