import Foundation
import TestSupport

/// An array that a script of `tools/oracles/numerics` recorded.
struct RecordedArray: Decodable, Sendable {
  let shape: [Int]
  private let data: Data

  var bytes: [UInt8] { Array(data) }

  var floats: [Float] {
    stride(from: 0, to: data.count, by: 4).map { place in
      let bits = (0..<4).reduce(UInt32(0)) { $0 | UInt32(data[data.startIndex + place + $1]) << (8 * $1) }
      return Float(bitPattern: bits)
    }
  }
}

/// The fixtures beside these tests.
enum Fixture {
  static func read<Value: Decodable>(_ name: String, as type: Value.Type = Value.self) throws -> Value {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(type, from: Data(contentsOf: Places.fixtures(of: "Modifiers").appending(path: name)))
  }
}
