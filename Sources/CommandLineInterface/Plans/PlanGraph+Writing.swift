extension PlanGraph {
  /// The graph in Graphviz's language.
  var dot: String {
    var lines = ["digraph plan {", "  rankdir=TB;", "  node [shape=box, fontname=\"sans-serif\", fontsize=10];"]
    lines.append("  edge [fontname=\"sans-serif\", fontsize=9];")
    func line(_ node: Int) -> String {
      let label = nodes[node].label.map(Self.quotedInDOT).joined(separator: "\\n")
      return "n\(node) [label=\"\(label)\"\(Self.look(of: nodes[node].kind))];"
    }
    for (number, cluster) in clusters.enumerated() {
      lines.append("  subgraph cluster_\(number) {")
      lines.append("    label=\"\(Self.quotedInDOT(cluster.title))\";")
      lines += cluster.nodes.map { "    " + line($0) }
      lines.append("  }")
    }
    lines += looseNodes.map { "  " + line($0) }
    for edge in edges {
      var attributes = edge.label.isEmpty ? [] : ["label=\"\(Self.quotedInDOT(edge.label))\""]
      // Factors flow against the order of the work and must not turn the picture around.
      if edge.isSmoothing { attributes += ["style=dashed", "constraint=false"] }
      let text = attributes.isEmpty ? "" : " [\(attributes.joined(separator: ", "))]"
      lines.append("  n\(edge.from) -> n\(edge.to)\(text);")
    }
    return (lines + ["}"]).joined(separator: "\n")
  }

  /// The graph in Mermaid's language.
  var mermaid: String {
    var lines = ["flowchart TB"]
    func line(_ node: Int) -> String {
      let label = nodes[node].label.map(Self.quotedInMermaid).joined(separator: "<br/>")
      return "n\(node)[\"\(label)\"]:::\(nodes[node].kind.rawValue)"
    }
    for (number, cluster) in clusters.enumerated() {
      lines.append("  subgraph c\(number)[\"\(Self.quotedInMermaid(cluster.title))\"]")
      lines += cluster.nodes.map { "    " + line($0) }
      lines.append("  end")
    }
    lines += looseNodes.map { "  " + line($0) }
    for edge in edges {
      let arrow = edge.isSmoothing ? "-.->" : "-->"
      let label = edge.label.isEmpty ? "" : "|\"\(Self.quotedInMermaid(edge.label))\"|"
      lines.append("  n\(edge.from) \(arrow)\(label) n\(edge.to)")
    }
    lines.append("  classDef changed fill:#cfe8ff,stroke:#1f5fa8,color:#000")
    lines.append("  classDef work fill:#fff3c4,stroke:#8a6d00,color:#000")
    lines.append("  classDef kept fill:#f4f4f4,stroke:#777,color:#000")
    lines.append("  classDef norm fill:#ffffff,stroke:#777,color:#000")
    lines.append("  classDef operation fill:#ffffff,stroke:#bbb,color:#333")
    return lines.joined(separator: "\n")
  }

  /// Nodes that stand in no box.
  private var looseNodes: [Int] {
    nodes.indices.filter { node in !clusters.contains { $0.nodes.contains(node) } }
  }

  private static func look(of kind: Kind) -> String {
    switch kind {
    case .work: ", style=filled, fillcolor=\"#fff3c4\""
    case .changed: ", style=filled, fillcolor=\"#cfe8ff\""
    case .kept: ", style=filled, fillcolor=\"#f4f4f4\""
    case .norm: ", style=rounded"
    case .operation: ", shape=plain"
    }
  }

  private static func quotedInDOT(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
  }

  private static func quotedInMermaid(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("\"", with: "&quot;").replacing("<", with: "&lt;")
      .replacing(">", with: "&gt;")
  }
}
