package import Vocabulary

/// How the scales of a weight lie over its elements: each covers a rectangle.
package struct ScaleGrid: Hashable, Sendable {
  /// The shape of the scale tensor: `[1]`, `[rows, 1]`, `[rows, groups]` or `[block rows, block columns]`.
  package let shape: [Int]
  /// Rows that one scale covers.
  package let rowsPerScale: Int
  /// Columns that one scale covers.
  package let columnsPerScale: Int
  /// Scales that stand side by side over one row.
  package let scalesPerRow: Int

  /// Lays scales over a weight.
  ///
  /// - Parameters:
  ///   - rowCount: Rows of the weight.
  ///   - columnCount: Columns of the weight.
  ///   - arguments: How the weight is quantized; the strategy is not `token` or `attentionHead`, which weights do not have.
  /// - Throws: `unevenGroups` when the columns do not divide into groups.
  package init(rowCount: Int, columnCount: Int, arguments: QuantizationArguments) throws(CheckpointError) {
    switch arguments.strategy {
    case .tensor:
      shape = [1]
      (rowsPerScale, columnsPerScale, scalesPerRow) = (max(rowCount, 1), max(columnCount, 1), 1)
    case .channel:
      shape = [rowCount, 1]
      (rowsPerScale, columnsPerScale, scalesPerRow) = (1, max(columnCount, 1), 1)
    case .group, .tensorGroup:
      guard let groupSize = arguments.groupSize else { preconditionFailure("group strategies have a group size") }
      guard groupSize > 0, columnCount.isMultiple(of: groupSize) else {
        throw .unevenGroups(columns: columnCount, groupSize: groupSize)
      }
      (rowsPerScale, columnsPerScale, scalesPerRow) = (1, groupSize, columnCount / groupSize)
      shape = [rowCount, scalesPerRow]
    case .block:
      guard let block = arguments.blockShape else { preconditionFailure("the block strategy has a block shape") }
      (rowsPerScale, columnsPerScale) = (block.rows, block.columns)
      scalesPerRow = Self.quotientRoundedUp(columnCount, block.columns)
      shape = [Self.quotientRoundedUp(rowCount, block.rows), scalesPerRow]
    case .token, .attentionHead:
      preconditionFailure("weights have no scales by \(arguments.strategy.rawValue)")
    }
  }

  /// The index of the scale over an element, in row-major order.
  package func index(row: Int, column: Int) -> Int {
    row / rowsPerScale * scalesPerRow + column / columnsPerScale
  }

  private static func quotientRoundedUp(_ value: Int, _ divisor: Int) -> Int {
    value / divisor + (value.isMultiple(of: divisor) ? 0 : 1)
  }
}
