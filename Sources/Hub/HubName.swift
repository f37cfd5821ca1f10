/// A repository on a hub, as people write it: `org/name` or `org/name@revision`.
package struct HubName: Hashable, Sendable {
  /// What the repository holds.
  package let kind: Kind
  /// `org/name`.
  package let id: String
  /// A branch, a tag or a commit.
  package let revision: String

  /// What a repository holds, by the word that the hub's addresses have for it.
  package enum Kind: String, Hashable, Sendable {
    case model = "models"
    case dataset = "datasets"
  }

  /// The revision of a name that has none.
  package static let standardRevision = "main"
  /// The most bytes of an id, as on the hub.
  private static let idByteLimit = 96

  /// Reads a name; nil when the text cannot be one, so that it can only be a path.
  package init?(_ text: String, kind: Kind = .model) {
    let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    let owners = parts[0].split(separator: "/", omittingEmptySubsequences: false)
    guard owners.count == 2, owners.allSatisfy(Self.isIDPart), parts[0].utf8.count <= Self.idByteLimit else {
      return nil
    }
    let revision = parts.count == 2 ? String(parts[1]) : Self.standardRevision
    guard Self.isRevision(revision) else { return nil }
    self.kind = kind
    id = String(parts[0])
    self.revision = revision
  }

  /// The name as it is written.
  package var text: String { revision == Self.standardRevision ? id : "\(id)@\(revision)" }

  /// The folder of a cache that holds the repository.
  var folderName: String { "\(kind.rawValue)--" + id.split(separator: "/").joined(separator: "--") }

  /// Letters, digits, `-`, `_` and `.`, without `--` and `..`, and neither `-` nor `.` at either end.
  private static func isIDPart(_ part: Substring) -> Bool {
    !part.isEmpty && part.utf8.allSatisfy { $0.isIDByte } && !part.contains("--") && !part.contains("..")
      && !part.hasPrefix("-") && !part.hasSuffix("-") && !part.hasPrefix(".") && !part.hasSuffix(".")
  }

  /// Components without dots at their beginning, so that the name of a reference stays in its folder.
  private static func isRevision(_ text: String) -> Bool {
    text.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
      !part.isEmpty && !part.hasPrefix(".") && part.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F }
    }
  }
}

extension UInt8 {
  fileprivate var isIDByte: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
      true
    default: false
    }
  }
}

extension String {
  /// Whether this is the hash of a commit in full.
  var isCommit: Bool { utf8.count == 40 && isLowercaseHexadecimal }

  /// Whether there is nothing but `0-9a-f`.
  var isLowercaseHexadecimal: Bool {
    utf8.allSatisfy {
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
    }
  }

  /// The text as a part of an address: everything but unreserved characters, and slashes if they are kept, escaped.
  func escaped(keepingSlashes: Bool) -> String {
    let digits = Array("0123456789ABCDEF")
    return utf8.reduce(into: "") { text, byte in
      if byte.isIDByte || byte == UInt8(ascii: "~") || (keepingSlashes && byte == UInt8(ascii: "/")) {
        text.append(Character(Unicode.Scalar(byte)))
      } else {
        text += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
      }
    }
  }
}
