import Diagnostics

/// Flow collections on one line: `{a: 1, b: [x, y]}`.
enum InlineText {
  /// The text of a collection that fits on a line.
  static func text(of collection: WrittenCollection, in bytes: [UInt8]) -> [UInt8] {
    var text: [UInt8] = []
    append(collection, to: &text, bytes)
    return text
  }

  /// The characters of a collection of these entries on one line; nil when an entry cannot be on one line.
  static func width(of entries: [WrittenEntry], in bytes: [UInt8]) -> Int? {
    var width = 2 + max(entries.count - 1, 0) * 2
    for entry in entries {
      guard let value = Self.width(of: entry.value, in: bytes) else { return nil }
      width += value + (entry.mark == nil ? 0 : 2)
      if entry.needsSpaceBehind { width += 1 }
      guard let key = entry.key else { continue }
      guard let keyWidth = Self.width(of: key, in: bytes) else { return nil }
      width += keyWidth
      if entry.colon != nil { width += (entry.needsSpaceBeforeColon ? 1 : 0) + 2 }
    }
    return width
  }

  private static func width(of node: WrittenNode, in bytes: [UInt8]) -> Int? {
    let properties = node.properties.reduce(0) { $0 + bytes[$1.start..<$1.end].characterCount }
    let spaces = max(node.properties.count - (node.isEmpty ? 1 : 0), 0)
    switch node.content {
    case .empty: return properties + spaces
    case .text(let text):
      switch text.form {
      case .asIs, .alias: return properties + spaces + bytes[text.span.start..<text.span.end].characterCount
      case .requoted(let requoted): return properties + spaces + requoted[...].characterCount
      case .folded, .block: return nil
      }
    case .collection(let collection):
      guard case .flow(let width?) = collection.style else { return nil }
      return properties + spaces + width
    }
  }

  private static func append(_ collection: WrittenCollection, to text: inout [UInt8], _ bytes: [UInt8]) {
    text.append(bytes[collection.opener])
    for (index, entry) in collection.entries.enumerated() {
      if index > 0 { text += ", ".utf8 }
      if entry.mark != nil { text += "? ".utf8 }
      if let key = entry.key {
        append(key, to: &text, bytes)
        if entry.colon != nil { text += entry.needsSpaceBeforeColon ? " : ".utf8 : ": ".utf8 }
      }
      append(entry.value, to: &text, bytes)
      if entry.needsSpaceBehind { text.append(UInt8(ascii: " ")) }
    }
    text.append(bytes[collection.closer])
  }

  private static func append(_ node: WrittenNode, to text: inout [UInt8], _ bytes: [UInt8]) {
    for (index, property) in node.properties.enumerated() {
      if index > 0 { text.append(UInt8(ascii: " ")) }
      text += bytes[property.start..<property.end]
    }
    if !node.properties.isEmpty, !node.isEmpty { text.append(UInt8(ascii: " ")) }
    switch node.content {
    case .empty: break
    case .text(let written):
      if case .requoted(let requoted) = written.form {
        text += requoted
      } else {
        text += bytes[written.span.start..<written.span.end]
      }
    case .collection(let collection): append(collection, to: &text, bytes)
    }
  }
}

extension WrittenEntry {
  /// Whether a colon right behind the key would be read as part of it.
  var needsSpaceBeforeColon: Bool {
    guard let key else { return false }
    return key.mustStandOff
  }

  /// Whether a comma or bracket right behind the entry would be read as part of a tag or an anchor.
  var needsSpaceBehind: Bool {
    let last = colon == nil ? key ?? value : value
    return last.isEmpty && last.mustStandOff
  }
}

extension ArraySlice<UInt8> {
  /// The characters (Unicode scalars) of UTF-8 text.
  var characterCount: Int { count { $0 & 0xC0 != 0x80 } }
}
