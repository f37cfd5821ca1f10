/// U+2581 `▁`, which stands for a space in models that take whole texts.
enum SpaceMark {
  /// The mark in UTF-8.
  static let bytes: [UInt8] = [0xE2, 0x96, 0x81]

  /// The first offset behind `start` where a mark follows something else; the end of the text when there is none.
  static func cut(in text: UnsafeBufferPointer<UInt8>, after start: Int) -> Int {
    var index = start + 1
    while index + 2 < text.count {
      if isMark(text, index) && !(index >= start + 3 && isMark(text, index - 3)) { return index }
      index += 1
    }
    return text.count
  }

  private static func isMark(_ text: UnsafeBufferPointer<UInt8>, _ index: Int) -> Bool {
    text[index] == 0xE2 && text[index + 1] == 0x96 && text[index + 2] == 0x81
  }
}
