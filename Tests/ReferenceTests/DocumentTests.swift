import Reference
import Testing

@Suite struct DocumentTests {
  private let document = Document(
    title: "GPTQModifier",
    blocks: [
      .paragraph("Rounds `weights` **column** by column."),
      .facts([.init("stage", "quantization"), .init("paper", "[GPTQ](https://arxiv.org/abs/2210.17323)")]),
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
        - **paper**: [GPTQ](https://arxiv.org/abs/2210.17323)

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
}
