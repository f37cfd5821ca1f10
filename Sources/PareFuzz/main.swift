import Glibc

/// libFuzzer's loop, for programs with a main function of their own.
@_silgen_name("LLVMFuzzerRunDriver")
func runFuzzer(
  _ argumentCount: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ readOneInput: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// The reader that `PARE_FUZZ_READER` names.
let chosen = getenv("PARE_FUZZ_READER").map { String(cString: $0) }

/// Feeds bytes to the chosen reader.
func readOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard let reader = FuzzReader.all.first(where: { $0.name == chosen }) else {
    preconditionFailure("PARE_FUZZ_READER is one of \(FuzzReader.all.map(\.name).joined(separator: ", "))")
  }
  reader.read(Array(UnsafeBufferPointer(start: start, count: count)))
  return 0
}

if chosen == nil {
  print(FuzzReader.all.map(\.name).joined(separator: "\n"))
  exit(0)
}
var count = CommandLine.argc
var arguments = CommandLine.unsafeArgv
exit(runFuzzer(&count, &arguments) { readOneInput($0, $1) })
