import Checkpoints
import Diagnostics
import Glibc
import JSONDocuments
import Recipes
import Syntax
import Tokenization

/// libFuzzer's loop, for programs with a main function of their own.
@_silgen_name("LLVMFuzzerRunDriver")
func runFuzzer(
  _ argumentCount: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ readOneInput: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// Feeds bytes to one of the readers of what comes from outside; `PARE_FUZZ_READER` names it.
func readOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  switch getenv("PARE_FUZZ_READER").map({ String(cString: $0) }) {
  case "recipe":
    let file = SourceFile(name: "input.yaml", bytes: bytes)
    let checked = Recipe.check(file)
    _ = checked.diagnostics.rendered()
    _ = checked.value?.stageGraph()
  case "header":
    _ = try? SafetensorsHeader.parse(bytes, fileByteCount: bytes.count)
  case "tokenizer":
    guard let document = try? JSON.parse(bytes), let tokenizer = try? Tokenizer(json: document) else { return 0 }
    let ids = tokenizer.encode("Once upon a time\n\n 12 naïve 🙂", addingSpecialTokens: true)
    precondition(ids.allSatisfy { 0..<tokenizer.vocabularySize ~= Int($0) }, "an id outside the vocabulary")
  default:
    preconditionFailure("PARE_FUZZ_READER is recipe, header or tokenizer")
  }
  return 0
}

var count = CommandLine.argc
var arguments = CommandLine.unsafeArgv
exit(runFuzzer(&count, &arguments) { readOneInput($0, $1) })
