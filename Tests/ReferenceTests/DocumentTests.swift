import Reference
import Testing

@Suite struct DocumentTests {
  private let document = Document(
    title: "GPTQModifier",
    blocks: [
      .paragraph("Rounds `weights` **column** by column."),
      .facts([.init("stage", "quantization"), .init("source", "[GPTQ](https://arxiv.org/abs/2210.17323)")]),
      .heading("Fields", level: 1),
      .table(.init(["field", "meaning"], [["`block_size`", "Columns | rows."]])),
      .list(["one", "two"]),
      .code("a: 1\n", info: "yaml"),
    ]
  )

  @Test func markdownHasHeadingsListsTablesAndFences() {
    #expect(
      document.markdown() == """
        # GPTQModifier

        Rounds `weights` **column** by column.

        - **stage**: quantization
        - **source**: [GPTQ](https://arxiv.org/abs/2210.17323)

        ## Fields

        | field | meaning |
        |---|---|
        | `block_size` | Columns \\| rows. |

        - one
        - two

        ```yaml
        a: 1
        ```

        """
    )
  }

  @Test func aTerminalHasLinesOfItsWidth() {
    #expect(
      document.text(.init(width: 30, isStyled: false)) == """
        GPTQModifier

        Rounds `weights` column by
        column.

        stage   quantization
        source  GPTQ

        FIELDS

        field         meaning
        `block_size`  Columns | rows.

        - one
        - two

            a: 1

        """
    )
  }

  @Test func boldStandsInPlaceOfSigns() {
    let text = document.text(.init(width: 30, isStyled: true))
    #expect(text.hasPrefix("\u{1B}[1mGPTQModifier\u{1B}[0m\n"))
    #expect(text.contains("Rounds \u{1B}[1mweights\u{1B}[0m \u{1B}[1mcolumn\u{1B}[0m by\ncolumn."))
    #expect(!text.contains("`"))
  }

  @Test func rowsOfManyColumnsAreStackedWhenTheyDoNotFit() {
    let table = Document.Table(
      ["field", "value", "when omitted", "meaning"],
      [["`block_size`", "an integer", "`128`", "Columns between two updates of the trailing weights."]]
    )
    let document = Document(title: "T", blocks: [.table(table)])
    #expect(
      document.text(.init(width: 40, isStyled: false)) == """
        T

        `block_size`
            an integer; when omitted: `128`
            Columns between two updates of the
            trailing weights.

        """
    )
  }

  @Test func aWideTableOfFewColumnsGivesWay() {
    let table = Document.Table(["name", "what"], [["W4A16", "4-bit integer weights in groups"]])
    let lines = Document(title: "T", blocks: [.table(table)]).text(.init(width: 24, isStyled: false))
    #expect(lines == "T\n\nname   what\nW4A16  4-bit integer\n       weights in groups\n")
  }

  @Test func signsWithoutPartnersAreText() {
    let document = Document(title: "T", blocks: [.paragraph("a ** b [c] d (e) ` f")])
    #expect(document.text(.init(width: 80, isStyled: true)).hasSuffix("\na ** b [c] d (e) ` f\n"))
  }

  @Test func aPageOfDiagnosticsIsReadAndWrittenBack() {
    let page = """
      # unknown-field

      ## What it means

      One line
      and another.

      - a point
        that goes on
      - another

      ```yaml error=unknown-field
      # no heading

      a: 1
      ```

      """
    let document = Document.diagnosticPage(page)
    #expect(document.title == "unknown-field")
    #expect(
      document.blocks == [
        .heading("What it means", level: 1), .paragraph("One line and another."),
        .list(["a point that goes on", "another"]),
        .code("# no heading\n\na: 1\n", info: "yaml error=unknown-field"),
      ]
    )
    #expect(Document.diagnosticPage(document.markdown()) == document)
  }
}
