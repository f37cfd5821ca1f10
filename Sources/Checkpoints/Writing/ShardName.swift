/// File names of shards: `model-00001-of-00003.safetensors`.
enum ShardName {
  /// The digits of each number, at least.
  private static let digitCount = 5

  /// The name of one shard; numbers begin with 1.
  static func text(number: Int, of count: Int) -> String {
    "model-\(padded(number))-of-\(padded(count)).safetensors"
  }

  /// Whether a file is named like a shard.
  static func matches(_ name: String) -> Bool {
    guard name.hasPrefix("model-"), name.hasSuffix(".safetensors") else { return false }
    let parts = name.dropFirst("model-".count).dropLast(".safetensors".count).split(
      separator: "-",
      omittingEmptySubsequences: false
    )
    return parts.count == 3 && parts[1] == "of" && isNumber(parts[0]) && isNumber(parts[2])
  }

  private static func padded(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, digitCount - digits.count)) + digits
  }

  private static func isNumber(_ text: Substring) -> Bool {
    text.utf8.count >= digitCount && text.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
  }
}
