import Foundation
import Tensors
import TestSupport

/// An array that a script of `tools/oracles/numerics` recorded.
struct RecordedArray: Decodable, Sendable {
  let shape: [Int]
  /// The name that safetensors gives the type, of arrays as files have them.
  let type: String?
  private let data: Data

  var bytes: [UInt8] { Array(data) }

  /// The floats of an array with two dimensions.
  var matrix: Matrix { Matrix(rowCount: shape[0], columnCount: shape[1], elements: floats) }

  var floats: [Float] {
    stride(from: 0, to: data.count, by: 4).map { place in
      let bits = (0..<4).reduce(UInt32(0)) { $0 | UInt32(data[data.startIndex + place + $1]) << (8 * $1) }
      return Float(bitPattern: bits)
    }
  }
}

extension FixedWidthInteger {
  /// The bytes that files have.
  var littleEndianBytes: [UInt8] { withUnsafeBytes(of: littleEndian) { Array($0) } }
}

/// The fixtures beside these tests.
enum Fixture {
  static func read<Value: Decodable>(_ name: String, as type: Value.Type = Value.self) throws -> Value {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(type, from: Data(contentsOf: Places.fixtures(of: "Modifiers").appending(path: name)))
  }
}
