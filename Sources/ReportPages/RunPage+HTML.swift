extension RunPage {
  /// The page: one HTML document that needs nothing but itself and is also well-formed XML.
  ///
  /// The same values give the same bytes. Text from outside is escaped.
  package func html() -> String {
    let summary = Summary(of: layers)
    let page: Markup = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8"/>
      <meta name="viewport" content="width=device-width, initial-scale=1"/>
      <meta name="color-scheme" content="light dark"/>
      <title>\(title) · Pare</title>
      <style>
      \(Markup(trusted: StyleSheet.text))
      </style>
      </head>
      <body>
      <main>
      \(header(summary))\
      \(DepthFigure(.weights, of: layers)?.section ?? .empty)\
      \(DepthFigure(.outputs, of: layers)?.section ?? .empty)\
      \(SizeFigure(of: self).section)\
      \(HistogramFigure(of: histograms)?.section ?? .empty)\
      <div class="pair">
      \(TimeFigure(of: self)?.section ?? .empty)\(circumstances)</div>
      \(LayerTable(of: layers).section)\
      \(recipeText)\
      <footer>Written by Pare \(version).</footer>
      </main>
      <script>
      \(Markup(trusted: Script.text))
      </script>
      </body>
      </html>

      """
    return page.text
  }

  private var circumstances: Markup {
    guard !facts.isEmpty else { return .empty }
    let lines: [Markup] = facts.map { "<div><dt>\($0.name)</dt><dd>\($0.value)</dd></div>\n" }
    return """
      <section aria-labelledby="run">
      <h2 id="run">How it was run</h2>
      <dl class="facts">
      \(lines)</dl>
      </section>

      """
  }

  private var recipeText: Markup {
    """
    <section aria-label="The recipe">
    <details>
    <summary>The recipe</summary>
    <pre tabindex="0" aria-label="The recipe"><code>\(recipe)</code></pre>
    </details>
    </section>

    """
  }
}
