internal import Models
internal import Vocabulary

extension Plan {
  /// Elements of a panel of a matrix, about: few enough for a processor's own cache.
  private static let panelElements = 1 << 19
  /// Panels have a multiple of so many rows: blocks of scales and words of packed zero points do not reach into the next one.
  static let panelUnit = 128
  /// Panels that are in memory at once, at most.
  package static let panelsAtOnce = 16

  /// Rows of a matrix that are worked on together where each panel of rows can be worked on by itself.
  package static func panelRows(columns: Int) -> Int {
    max(1, panelElements / (panelUnit * max(columns, 1))) * panelUnit
  }

  /// Whether a layer that no calibration reaches is rounded some rows at a time, from the input's file to the output's.
  package func roundsInPanels(_ assignment: Assignment) -> Bool {
    rotation == nil && prunings.isEmpty && assignment.isOfRows
  }
}

extension Assignment {
  /// Whether the layer is rounded to nearest, with scales that reach over few rows and follow from them alone.
  var isOfRows: Bool {
    guard case .roundToNearest = method, inputs?.rule == nil, outputs?.rule == nil, !layer.isTransposed else {
      return false
    }
    return switch arguments.strategy {
    case .channel, .group: true
    case .block: arguments.blockShape.map { Plan.panelUnit % $0.rows == 0 } ?? false
    case .tensor, .tensorGroup, .token, .attentionHead: false
    }
  }

  /// Bytes of the layer's codes in memory, one each, and of its scales and zero points in float32, once to compute with and once
  /// as they are stored.
  var codeBytes: Int {
    let groups =
      switch arguments.strategy {
      case .group, .tensorGroup: layer.columns / max(arguments.groupSize ?? layer.columns, 1)
      case .block: (layer.columns + (arguments.blockShape?.columns ?? 1) - 1) / (arguments.blockShape?.columns ?? 1)
      case .tensor, .channel, .token, .attentionHead: 1
      }
    let arrays = arguments.isSymmetric ? 2 : 3
    return layer.rows * (layer.columns + groups * arrays * MemoryLayout<Float>.size)
  }
}
