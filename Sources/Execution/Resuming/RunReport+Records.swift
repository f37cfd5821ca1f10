internal import JSONDocuments

/// Reports as they stand in a journal. A number's shortest text reads back as the number, bit for bit.
extension LayerReport {
  var record: JSON {
    .object([
      JSON.Member("name", .string(name)), JSON.Member("group", group.map { .integer(Int64($0)) } ?? .null),
      JSON.Member("relativeError", .number(relativeError)), JSON.Member("zeroFraction", .number(zeroFraction)),
      JSON.Member("loss", loss.map(JSON.number) ?? .null),
      JSON.Member("tokens", tokenCount.map { .integer(Int64($0)) } ?? .null),
    ])
  }

  init?(record: JSON) {
    guard let name = record["name"]?.string, let relativeError = record["relativeError"]?.double,
      let zeroFraction = record["zeroFraction"]?.double, let group = record.optional("group", \.int),
      let loss = record.optional("loss", \.double), let tokenCount = record.optional("tokens", \.int)
    else { return nil }
    self.init(
      name: name,
      group: group,
      relativeError: relativeError,
      zeroFraction: zeroFraction,
      loss: loss,
      tokenCount: tokenCount
    )
  }
}

extension SmoothingReport {
  var record: JSON {
    .object([
      JSON.Member("producer", .string(producer)), JSON.Member("readers", .array(readers.map(JSON.string))),
      JSON.Member("leastFactor", .number(Double(leastFactor))),
      JSON.Member("largestFactor", .number(Double(largestFactor))),
      JSON.Member("loss", loss.map(JSON.number) ?? .null),
      JSON.Member("plainLoss", plainLoss.map(JSON.number) ?? .null),
    ])
  }

  init?(record: JSON) {
    guard let producer = record["producer"]?.string, let readers = record["readers"]?.all(\.string),
      let leastFactor = record["leastFactor"]?.double, let largestFactor = record["largestFactor"]?.double,
      let loss = record.optional("loss", \.double), let plainLoss = record.optional("plainLoss", \.double)
    else { return nil }
    self.init(
      producer: producer,
      readers: readers,
      leastFactor: Float(leastFactor),
      largestFactor: Float(largestFactor),
      loss: loss,
      plainLoss: plainLoss
    )
  }
}

extension ExpertReport {
  var record: JSON {
    .object([
      JSON.Member("name", .string(name)), JSON.Member("tokens", .array(tokenCounts.map { .integer(Int64($0)) })),
    ])
  }

  init?(record: JSON) {
    guard let name = record["name"]?.string, let counts = record["tokens"]?.all(\.int) else { return nil }
    self.init(name: name, tokenCounts: counts)
  }
}

extension WeightHistogram {
  var record: JSON {
    .object([
      JSON.Member("layer", .string(layer)), JSON.Member("edges", .array(edges.map(JSON.number))),
      JSON.Member("counts", .array(counts.map { .integer(Int64($0)) })),
      JSON.Member("levels", .array(levels.map { .array([.number($0.value), .integer(Int64($0.count))]) })),
    ])
  }

  init?(record: JSON) {
    let levels = record["levels"]?.all { level -> (value: Double, count: Int)? in
      guard let pair = level.array, pair.count == 2, let value = pair[0].double, let count = pair[1].int else {
        return nil
      }
      return (value, count)
    }
    guard let layer = record["layer"]?.string, let edges = record["edges"]?.all(\.double),
      let counts = record["counts"]?.all(\.int), let levels
    else { return nil }
    self.init(layer: layer, edges: edges, counts: counts, levels: levels)
  }
}

extension JSON {
  /// A member that may be null: nil within an optional then, and no value at all when it is missing or of another kind.
  fileprivate func optional<Value>(_ key: String, _ read: (JSON) -> Value?) -> Value?? {
    guard let value = self[key] else { return nil }
    return value == .null ? .some(nil) : read(value).map(Optional.some)
  }
}
