import Testing
import Vocabulary

/// The members by which recorded cases describe a scheme.
struct RecordedScheme: Decodable {
  let bits: Int
  let float: Bool?
  let symmetric: Bool
  let strategy: String
  let groupSize: Int?
  let block: [Int]?

  /// The scheme's arguments; the formats with scales of their own type follow from the group.
  func arguments(dynamic: Dynamic = .off) throws -> QuantizationArguments {
    let strategy = try #require(Strategy(rawValue: strategy))
    let isFloat = float ?? false
    var scaleType: ElementType?
    if strategy == .tensorGroup { scaleType = .float8E4M3 }
    if strategy == .group, isFloat, groupSize == 32 { scaleType = .uint8 }
    return QuantizationArguments(
      bitWidth: bits,
      numberKind: isFloat ? .float : .integer,
      isSymmetric: symmetric,
      strategy: strategy,
      groupSize: groupSize,
      blockShape: block.map { BlockShape(rows: $0[0], columns: $0[1]) },
      dynamic: dynamic,
      scaleType: scaleType
    )
  }
}
