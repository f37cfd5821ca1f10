internal import JSONDocuments
internal import Vocabulary

extension TransformConfig {
  /// The value of `transform_config`: an empty object where nothing is transformed.
  var json: JSON {
    guard !groups.isEmpty else { return .object([]) }
    return .object([JSON.Member("config_groups", .object(groups.map { JSON.Member($0.name, $0.json) }))])
  }

  /// Reads a `transform_config`; a missing or empty one transforms nothing.
  init(_ optional: ConfigMember?) throws(CheckpointError) {
    var groups: [Group] = []
    for group in try optional?.optional("config_groups")?.members() ?? [] {
      groups.append(try Group(group))
    }
    self.init(groups: groups)
  }
}

extension TransformConfig.Group {
  fileprivate var json: JSON {
    .object([
      JSON.Member("apply", .array(applications.map(\.json))),
      JSON.Member("head_dim", blockSize.map { .integer(Int64($0)) } ?? .null),
      JSON.Member("precision", TorchType.name(of: precision).map(JSON.string) ?? .null),
      JSON.Member("randomize", .boolean(isRandomized)),
      JSON.Member("requires_grad", .boolean(isTrained)),
      JSON.Member("type", .string(matrix.rawValue)),
    ])
  }

  fileprivate init(_ member: ConfigMember) throws(CheckpointError) {
    var applications: [TransformConfig.Application] = []
    for application in try member.optional("apply")?.elements() ?? [] {
      applications.append(try TransformConfig.Application(application))
    }
    self.init(
      name: member.name,
      matrix: try member.required("type").word(RotationMatrix.self),
      applications: applications,
      blockSize: try member.optional("head_dim")?.count(in: 1...Int(Int32.max)),
      precision: try member.optional("precision")?.elementType() ?? .float32,
      isRandomized: try member.optional("randomize")?.flag() ?? false,
      isTrained: try member.optional("requires_grad")?.flag() ?? false
    )
  }
}

extension TransformConfig.Application {
  fileprivate var json: JSON {
    .object([
      JSON.Member("ignore", .array(ignored.map(JSON.string))),
      JSON.Member("inverse", .boolean(isInverse)),
      JSON.Member("location", .string(location.rawValue)),
      JSON.Member("targets", .array(targets.map(JSON.string))),
    ])
  }

  fileprivate init(_ member: ConfigMember) throws(CheckpointError) {
    self.init(
      targets: try member.required("targets").texts(),
      location: try member.required("location").word(TransformConfig.Location.self),
      isInverse: try member.optional("inverse")?.flag() ?? false,
      ignored: try member.optional("ignore")?.texts() ?? []
    )
  }
}

extension ConfigMember {
  /// Texts, one of which may stand without its list.
  fileprivate func texts() throws(CheckpointError) -> [String] {
    if let text = try? text() { return [text] }
    var texts: [String] = []
    for element in try elements() { texts.append(try element.text()) }
    return texts
  }
}
