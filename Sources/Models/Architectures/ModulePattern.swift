/// The modules of a family as a tree, in the order in which transformers makes them.
struct ModulePattern: Hashable, Sendable {
  /// One part of the dotted name; `*` stands for each number.
  let part: String
  /// The class of the module in blocks without experts; nil where it is not there.
  private(set) var className: String?
  /// Its class in blocks with experts; nil where it is not there.
  private(set) var expertClassName: String?
  private(set) var children: [ModulePattern] = []

  /// The root, which has no name.
  init(className: String) {
    self.init(part: "", className: className, expertClassName: className)
  }

  private init(part: String, className: String?, expertClassName: String?) {
    self.part = part
    self.className = className
    self.expertClassName = expertClassName
  }

  /// Adds a module below those that are there.
  mutating func insert(_ name: some Collection<Substring>, className: String?, expertClassName: String?) {
    guard let part = name.first else { return }
    let rest = name.dropFirst()
    let place = children.firstIndex { $0.part == part }
    guard !rest.isEmpty else {
      if let place {
        children[place].className = className
        children[place].expertClassName = expertClassName
      } else {
        children.append(ModulePattern(part: String(part), className: className, expertClassName: expertClassName))
      }
      return
    }
    if let place {
      children[place].insert(rest, className: className, expertClassName: expertClassName)
    } else {
      var child = ModulePattern(part: String(part), className: nil, expertClassName: nil)
      child.insert(rest, className: className, expertClassName: expertClassName)
      children.append(child)
    }
  }

  /// The classes of all modules of a name, dense and with experts.
  func classNames(of name: some Collection<Substring>) -> [String] {
    guard let part = name.first else { return [className, expertClassName].compactMap { $0 } }
    return children.first { $0.part == part }?.classNames(of: name.dropFirst()) ?? []
  }

  /// Whether this module or one below has a class of a kind.
  func anyClass(_ holds: (String) -> Bool) -> Bool {
    [className, expertClassName].contains { $0.map(holds) ?? false } || children.contains { $0.anyClass(holds) }
  }

  /// All names below this module, dotted.
  var names: [String] {
    children.flatMap { child in [child.part] + child.names.map { "\(child.part).\($0)" } }
  }
}
