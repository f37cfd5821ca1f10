internal import Glibc
internal import Hub

extension HubSettings {
  /// The hub that is asked when the environment names no other.
  private static let standardEndpoint = "https://huggingface.co"
  /// What stands for yes in the environment.
  private static let affirmations: Set<String> = ["1", "ON", "YES", "TRUE"]

  /// What the environment of this process says, in huggingface_hub's words.
  static var standard: HubSettings {
    HubSettings(environment: { name in getenv(name).map { String(cString: $0) } }, accountHome: accountHome)
  }

  /// Reads the variables that huggingface_hub reads; those that are empty count as not there.
  ///
  /// - Parameters:
  ///   - environment: The value of a variable.
  ///   - accountHome: The home folder where `HOME` names none.
  init(environment: (String) -> String?, accountHome: String?) {
    func value(_ names: String...) -> String? {
      names.lazy.compactMap(environment).first { !$0.isEmpty }
    }
    func isSet(_ names: String...) -> Bool {
      names.lazy.compactMap(environment).first { !$0.isEmpty }
        .map { Self.affirmations.contains($0.uppercased()) } ?? false
    }
    let home = value("HOME") ?? accountHome ?? ""
    func path(_ text: String) -> String { text == "~" || text.hasPrefix("~/") ? home + text.dropFirst() : text }
    let base = path(value("HF_HOME") ?? (value("XDG_CACHE_HOME") ?? "\(home)/.cache") + "/huggingface")
    let tokenPath = path(value("HF_TOKEN_PATH") ?? "\(base)/token")
    let token = value("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN") ?? Self.token(in: tokenPath)
    self.init(
      endpoint: value("HF_ENDPOINT") ?? Self.standardEndpoint,
      token: isSet("HF_HUB_DISABLE_IMPLICIT_TOKEN") ? nil : token,
      cache: path(value("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE") ?? "\(base)/hub"),
      isOffline: isSet("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"),
      userAgent: "pare/\(Version.current)"
    )
  }

  private static var accountHome: String? {
    getpwuid(getuid()).flatMap { $0.pointee.pw_dir }.map { String(cString: $0) }
  }

  /// The token that logging in has left; nil when there is none or it cannot be read.
  private static func token(in path: String) -> String? {
    guard let bytes = try? InputFile.read(path) else { return nil }
    let text = String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
    return text.isEmpty ? nil : text
  }
}
