/// The files of `safetensors_reader_matrix.txt`, under the names they have there.
enum ReaderMatrix {
  static let cases: [String: [UInt8]] = [
    "ok": one(f32x2),
    "leading space": SafetensorsFile.bytes(" " + object(f32x2), data: 8),
    "leading newline": SafetensorsFile.bytes("\n" + object(f32x2), data: 8),
    "nul padding": SafetensorsFile.bytes(Array(object(f32x2).utf8) + [0, 0, 0], data: zeros(8)),
    "unaligned header": SafetensorsFile.bytes(object(f32x2) + " ", data: 8),
    "dup tensor key": SafetensorsFile.bytes(object(f32x2, f32x2), data: 8),
    "dup metadata": SafetensorsFile.bytes(
      object(#""__metadata__":{"a":"b"}"#, #""__metadata__":{"a":"b"}"#, f32x2),
      data: 8
    ),
    "dup field": one(#""a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}"#),
    "hole": SafetensorsFile.bytes(object(f32x2, entry("b", "F32", "[1]", "[12,16]")), data: 16),
    "overlap": SafetensorsFile.bytes(object(f32x2, entry("b", "F32", "[2]", "[4,12]")), data: 12),
    "same range": SafetensorsFile.bytes(object(f32x2, entry("b", "F32", "[2]", "[0,8]")), data: 8),
    "start nonzero": SafetensorsFile.bytes(object(entry("a", "F32", "[2]", "[4,12]")), data: 12),
    "trailing bytes": one(f32x2, data: 12),
    "truncated": one(f32x2, data: 4),
    "wrong size": SafetensorsFile.bytes(object(entry("a", "F32", "[2]", "[0,4]")), data: 4),
    "end<begin": one(entry("a", "F32", "[2]", "[8,0]")),
    "neg offset": one(entry("a", "F32", "[2]", "[-8,0]")),
    "neg shape": one(entry("a", "F32", "[-2]", "[0,8]")),
    "float shape": one(entry("a", "F32", "[2.0]", "[0,8]")),
    "bool shape": one(entry("a", "F32", "[true]", "[0,8]")),
    "overflow shape": one(entry("a", "F32", "[4294967296,4294967296,2]", "[0,8]")),
    "overflow shape with 0": SafetensorsFile.bytes(
      object(entry("a", "F32", "[4294967296,4294967296,0]", "[0,0]"))
    ),
    "zero dim": SafetensorsFile.bytes(object(entry("a", "F32", "[0,4]", "[0,0]"))),
    "zero dim first then other at same offset": SafetensorsFile.bytes(
      object(f32x2, entry("z", "F32", "[0]", "[0,0]")),
      data: 8
    ),
    "zero mid": SafetensorsFile.bytes(object(f32x2, entry("z", "F32", "[0]", "[4,4]")), data: 8),
    "scalar": SafetensorsFile.bytes(object(entry("a", "F32", "[]", "[0,4]")), data: 4),
    "unknown dtype": one(entry("a", "F128", "[2]", "[0,8]")),
    "lowercase dtype": one(entry("a", "f32", "[2]", "[0,8]")),
    "extra key": one(#""a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"more":[{}]}"#),
    "missing shape": one(#""a":{"dtype":"F32","data_offsets":[0,8]}"#),
    "offsets 3": one(entry("a", "F32", "[2]", "[0,8,8]")),
    "meta nonstr": one(#""__metadata__":{"a":1},"# + f32x2),
    "meta null": one(#""__metadata__":null,"# + f32x2),
    "meta list": one(#""__metadata__":["a"],"# + f32x2),
    "no tensors": SafetensorsFile.bytes("{}"),
    "no tensors w bytes": SafetensorsFile.bytes("{}", data: 8),
    "array header": SafetensorsFile.bytes("[]"),
    "header N too big": SafetensorsFile.prefix(100_000_001) + Array("{}".utf8),
    "header N > file": SafetensorsFile.prefix(1000) + Array("{}".utf8),
    "N=0": SafetensorsFile.prefix(0),
    "short": zeros(7),
    "empty": [],
    "bad utf8": SafetensorsFile.bytes(Array(#"{""#.utf8) + [0xFF] + Array(#"":{}}"#.utf8), data: []),
    "F4 odd": SafetensorsFile.bytes(object(entry("a", "F4", "[3]", "[0,2]")), data: 2),
    "F4 even": SafetensorsFile.bytes(object(entry("a", "F4", "[4]", "[0,2]")), data: 2),
    "empty name": one(entry("", "F32", "[2]", "[0,8]")),
    "unsorted": SafetensorsFile.bytes(object(entry("b", "F32", "[2]", "[8,16]"), f32x2), data: 16),
    "misaligned f32": SafetensorsFile.bytes(
      object(entry("u", "U8", "[1]", "[0,1]"), entry("a", "F32", "[2]", "[1,9]")),
      data: 9
    ),
    "deep nest": one(
      #""a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"more":"#
        + String(repeating: "[", count: 200) + String(repeating: "]", count: 200) + "}"
    ),
    "BOM": SafetensorsFile.bytes("\u{FEFF}" + object(f32x2), data: 8),
    "dims 1e5": SafetensorsFile.bytes(
      object(entry("a", "F32", "[" + Array(repeating: "1", count: 100_000).joined(separator: ",") + "]", "[0,4]")),
      data: 4
    ),
  ]

  private static let f32x2 = entry("a", "F32", "[2]", "[0,8]")

  private static func entry(_ name: String, _ type: String, _ shape: String, _ offsets: String) -> String {
    #""\#(name)":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":\#(offsets)}"#
  }

  private static func object(_ members: String...) -> String {
    "{" + members.joined(separator: ",") + "}"
  }

  private static func one(_ member: String, data: Int = 8) -> [UInt8] {
    SafetensorsFile.bytes(object(member), data: data)
  }

  private static func zeros(_ count: Int) -> [UInt8] {
    Array(repeating: 0, count: count)
  }
}
