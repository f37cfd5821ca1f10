import Foundation
import FoundationXML
import ReportPages
import Testing

/// A page as a strict XML parser reads it.
final class ParsedPage: NSObject, XMLParserDelegate {
  /// An element with what it holds.
  struct Element {
    let name: String
    let attributes: [String: String]
    var text = ""
  }

  /// All elements, in the order in which they end.
  private(set) var elements: [Element] = []
  private var open: [Element] = []

  init(_ html: String) throws {
    super.init()
    let parser = XMLParser(data: Data(html.utf8))
    parser.delegate = self
    let isWellFormed = parser.parse()
    try #require(isWellFormed, "line \(parser.lineNumber): \(String(describing: parser.parserError))")
  }

  /// The elements of a kind.
  func all(_ name: String) -> [Element] { elements.filter { $0.name == name } }

  /// The rows of the table of layers, each with the text of its cells.
  static func layerRows(_ html: String) throws -> [[String]] {
    let table = try #require(
      html.firstMatch(of: #/<table class="layers"[^>]*>\n<thead>.*\n<tbody>\n((?:.*\n)*?)</tbody>/#)
    )
    return try table.1.split(separator: "\n").map { line in
      try ParsedPage(String(line)).elements.filter { ["td", "th"].contains($0.name) }.map(\.text)
    }
  }

  func parser(
    _ parser: XMLParser,
    didStartElement name: String,
    namespaceURI: String?,
    qualifiedName: String?,
    attributes: [String: String]
  ) {
    open.append(Element(name: name, attributes: attributes))
  }

  func parser(_ parser: XMLParser, foundCharacters text: String) {
    if !open.isEmpty { open[open.count - 1].text += text }
  }

  func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
    guard let element = open.popLast() else { return }
    elements.append(element)
    if !open.isEmpty { open[open.count - 1].text += element.text }
  }
}
