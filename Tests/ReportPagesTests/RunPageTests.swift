import ReportPages
import Testing

/// The page about a run.
@Suite struct RunPageTests {
  /// Runs of every kind, each with a name.
  private static let samples: [(name: String, page: RunPage)] = {
    var zero = SamplePages.model(blocks: 3)
    for index in zero.layers.indices {
      zero.layers[index].relativeError = 0
      zero.layers[index].signalToNoise = .infinity
    }
    var unknown = SamplePages.model(blocks: 3)
    for index in unknown.layers.indices { unknown.layers[index].block = nil }
    unknown.layers[0].signalToNoise = .nan
    unknown.layers[0].relativeError = .nan
    unknown.layers[1].relativeError = 3e-9
    unknown.layers[2].name = String(repeating: "a_long_name.", count: 200)
    var empty = SamplePages.page([])
    empty.histograms = []
    empty.phases = []
    empty.facts = []
    empty.peakMemoryBytes = nil
    var extreme = SamplePages.model(blocks: 2)
    extreme.inputBytes = 0
    extreme.outputBytes = .max
    extreme.seconds = .nan
    extreme.phases = [RunPage.Phase("a", seconds: .infinity), RunPage.Phase("b", seconds: 0)]
    extreme.layers[0].relativeError = .greatestFiniteMagnitude
    extreme.layers[1].relativeError = .leastNonzeroMagnitude
    extreme.layers[2].block = .max
    extreme.layers[3].block = .min
    extreme.layers[4].loss = -.infinity
    extreme.histograms = [
      RunPage.Histogram(layer: "none", bins: [], levels: []),
      RunPage.Histogram(
        layer: "odd",
        bins: [.init(lower: 0, upper: 1, count: 1), .init(lower: .nan, upper: 2, count: 1)],
        levels: [.init(1, count: 0), .init(1, count: 1), .init(.infinity, count: 1)]
      ),
      SamplePages.histogram("eight bits", levels: 256),
    ]
    var experts = SamplePages.page(
      (0..<4_800).map { SamplePages.layer("model.layers.\($0 / 400).experts.\($0 % 400)", $0 / 400, "role \($0 % 20)") }
    )
    experts.warnings = ["one", "two"]
    return [
      ("model", SamplePages.model(blocks: 4)), ("one layer", SamplePages.page([SamplePages.layer("a", 0, "a")])),
      ("zero", zero), ("unknown", unknown), ("empty", empty), ("extreme", extreme), ("experts", experts),
    ]
  }()

  @Test(arguments: samples.indices)
  func everyPageIsWellFormedAndNothingInItIsEscapedTwice(index: Int) throws {
    let (name, page) = Self.samples[index]
    let html = page.html()
    let parsed = try ParsedPage(html)
    #expect(html.hasPrefix("<!DOCTYPE html>\n"))
    #expect(!html.contains("&lt;") && !html.contains("Markup("), "\(name)")
    let ids = parsed.elements.compactMap { $0.attributes["id"] }
    #expect(Set(ids).count == ids.count, "\(name)")
    let targets = parsed.elements.compactMap { $0.attributes["href"] }
    #expect(targets.allSatisfy { $0.hasPrefix("#") && ids.contains(String($0.dropFirst())) }, "\(name)")
    #expect(!html.contains("nan") && !html.contains("inf\""), "\(name)")
  }

  @Test(arguments: samples.indices)
  func everyLayerIsInTheTableOnce(index: Int) throws {
    let page = Self.samples[index].page
    guard !page.layers.isEmpty else {
      #expect(page.html().contains("No layer was compressed."))
      return
    }
    let rows = try ParsedPage.layerRows(page.html())
    #expect(rows.map { $0[1] } == page.layers.map(\.name))
    #expect(Set(rows.map(\.count)).count == 1)
  }

  @Test func theNumbersAreThoseOfTheRun() throws {
    var page = SamplePages.page([SamplePages.layer("a.q_proj", 0, "q_proj"), SamplePages.layer("b", nil, "b")])
    page.layers[1].relativeError = 0.17462
    page.layers[1].scheme = "FP8"
    page.layers[1].format = "float-quantized"
    page.layers[1].signalToNoise = .infinity
    page.layers[1].loss = nil
    page.layers[1].outputError = nil
    let html = page.html()
    #expect(
      try ParsedPage.layerRows(html) == [
        [
          "1", "a.q_proj", "W4A16", "pack-quantized", "64", "128", "16.38", "4.23", "0.1250", "18.1", "14.3", "4849",
          "0.0625",
        ],
        ["2", "b", "FP8", "float-quantized", "64", "128", "16.38", "4.23", "0.1746", "∞", "14.3", "–", "–"],
      ]
    )
    let facts = try ParsedPage(html).all("dd").map(\.text)
    #expect(
      facts == [
        "2.86× smaller", "2.00 MB → 700.00 KB", "2", "1\u{A0}×\u{A0}W4A16, 1\u{A0}×\u{A0}FP8", "0.1746",
        "‖W\u{A0}−\u{A0}Q‖\u{A0}/\u{A0}‖W‖", "0.1746", "b", "12.5 s", "forward 96.0 %", "110.49 MB",
        "55.25× the input weights", "8",
      ]
    )
    let phases = try #require(html.firstRange(of: "Time in each phase").map { html[$0.lowerBound...] })
    for number in [">0.25<", ">2.0 %<", ">12.00<", ">96.0 %<", ">other<", ">12.50<"] {
      #expect(phases.contains(number), "\(number)")
    }
  }

  @Test(arguments: [(10, 4, "2.50× smaller"), (4, 10, "2.50× larger"), (7, 7, "same size"), (0, 7, "– larger")])
  func theFirstNumberSaysWhichWayTheSizeWent(before: Int, after: Int, shown: String) throws {
    var page = SamplePages.page([])
    page.inputBytes = before
    page.outputBytes = after
    #expect(try ParsedPage(page.html()).all("dd").first?.text == shown)
  }

  @Test func layersOfOneRoleInOneBlockAreToldApartByTheirNames() throws {
    let names = ["experts.0", "experts.1"]
    let page = SamplePages.page(
      names.map { SamplePages.layer($0, 0, "up_proj") } + [SamplePages.layer("up", 1, "up_proj")]
    )
    let titles = try ParsedPage(page.html()).all("title").map(\.text)
    #expect(titles.dropFirst().prefix(3) == ["experts.0: 0.1250", "experts.1: 0.1250", "block 1: 0.1250"])
  }

  @Test func whereDotsAreTooManyTheRangeOfABlockIsDrawn() throws {
    let page = SamplePages.page(
      (0..<4_800).map { SamplePages.layer("experts.\($0)", $0 / 400, "up_proj") }
    )
    let parsed = try ParsedPage(page.html())
    #expect(parsed.all("circle").count == 16, "those of the histogram")
    #expect(parsed.all("path").count { $0.attributes["class"] == "range" } == 2)
    #expect(parsed.all("p").contains { $0.text.contains("the line is their median") })
  }

  @Test func bytesAreCountedByRoleAndTheRestIsSaid() throws {
    let page = SamplePages.model(blocks: 2)
    let html = page.html()
    let start = try #require(html.firstRange(of: "<h2 id=\"size\">")).upperBound
    let rows = html[start...].prefix { $0 != "§" }.split(separator: "\n").filter { $0.contains("class=\"bar\"") }
    #expect(rows[0].contains(">2.00 MB<") && rows[0].contains(">700.00 KB<") && rows[0].contains(">2.86×<"))
    #expect(rows[1].contains("q_proj") && rows[1].contains(">32.77 KB<") && rows[1].contains(">8.46 KB<"))
    #expect(rows[8].contains("outside blocks") && rows[8].contains(">16.38 KB<"))
    #expect(rows[9].contains("not compressed") && rows[9].contains(">1.75 MB<") && rows[9].contains(">636.52 KB<"))
  }

  @Test func whatPointsSayIsWhatWasMeasured() throws {
    let page = SamplePages.model(blocks: 4)
    let titles = try ParsedPage(page.html()).all("title").map(\.text)
    for layer in page.layers {
      let place = layer.block.map { "block \($0)" } ?? layer.name
      let value = String(layer.relativeError + 0.000_000_1)
      #expect(titles.contains { $0.hasPrefix("\(place), \(layer.scheme): \(value.prefix(5))") }, "\(layer.name)")
    }
    #expect(titles.count { $0.hasPrefix("level ") } == 16)
    #expect(titles.contains("level −8: 90 weights, 6.0 %"))
  }

  @Test func textFromOutsideIsNeverMarkup() throws {
    let hostile = "<script>alert('1')</script>&\"\u{0}\u{1B}]]>"
    let shown = "<script>alert('1')</script>&\"\u{FFFD}\u{FFFD}]]>"
    var layer = SamplePages.layer(hostile, 0, hostile)
    layer.scheme = hostile
    layer.format = hostile
    var other = SamplePages.layer(hostile + "2", nil, hostile)
    other.relativeError = 0.5
    var page = SamplePages.page([layer, other])
    page.title = hostile
    page.model = hostile
    page.recipe = hostile
    page.version = hostile
    page.facts = [RunPage.Fact(hostile, hostile)]
    page.phases = [RunPage.Phase(hostile, seconds: 1)]
    page.warnings = [hostile]
    page.histograms = [SamplePages.histogram(hostile)]
    let parsed = try ParsedPage(page.html())
    #expect(parsed.all("script").count == 1)
    #expect(parsed.all("h1").map(\.text) == [shown])
    #expect(parsed.all("code").map(\.text) == [shown])
    #expect(parsed.all("li").map(\.text) == [shown])
    #expect(try ParsedPage.layerRows(page.html()).map { $0[1] } == [shown, shown + "2"])
  }

  @Test func nothingIsFetched() throws {
    let page = SamplePages.model(blocks: 4)
    let html = page.html()
    for word in ["http", "//", "url(", "@import", "src="] { #expect(!html.contains(word), "\(word)") }
    #expect(try ParsedPage(html).all("link").isEmpty)
  }

  @Test func theSameRunGivesTheSameBytes() {
    for sample in Self.samples { #expect(sample.page.html() == sample.page.html(), "\(sample.name)") }
  }

  @Test func aVeryDeepModelStaysSmall() {
    var page = SamplePages.model(blocks: 200)
    page.histograms = (0..<14).map { SamplePages.histogram("layer \($0)", levels: 256) }
    #expect(page.layers.count == 1_401)
    #expect(page.html().utf8.count < 1_500_000)
  }

  @Test func headingsHaveOneOrderAndDrawingsHaveNames() throws {
    let parsed = try ParsedPage(SamplePages.model(blocks: 4).html())
    #expect(parsed.all("h1").count == 1)
    #expect(parsed.all("h2").count == 7)
    #expect(parsed.all("th").allSatisfy { $0.attributes["scope"] != nil })
    for drawing in parsed.all("svg") {
      let isNamed = drawing.attributes["role"] == "img" && drawing.attributes["aria-label"] != nil
      #expect(isNamed || drawing.attributes["aria-hidden"] == "true")
    }
    let sections = parsed.all("section")
    #expect(sections.allSatisfy { $0.attributes["aria-labelledby"] != nil || $0.attributes["aria-label"] != nil })
  }
}
