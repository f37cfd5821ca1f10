import ReportPages

/// Pages for tests, of numbers that follow from the place of a layer.
enum SamplePages {
  static let roles = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]

  /// A model of blocks with seven roles each, and a head.
  static func model(blocks: Int) -> RunPage {
    var layers = (0..<blocks).flatMap { block in roles.map { layer("model.layers.\(block).\($0)", block, $0) } }
    for index in layers.indices { vary(&layers[index], index) }
    return page(layers + [layer("lm_head", nil, "lm_head")])
  }

  static func page(_ layers: [RunPage.Layer]) -> RunPage {
    RunPage(
      title: "sample",
      model: "models/sample",
      recipe: "quant_stage:\n  quant_modifiers: {}\n",
      version: "1.2.3",
      inputBytes: 2_000_000,
      outputBytes: 700_000,
      seconds: 12.5,
      peakMemoryBytes: 110_490_000,
      facts: [RunPage.Fact("threads", "8")],
      layers: layers,
      histograms: [histogram(layers.first?.name ?? "none")],
      phases: [RunPage.Phase("read", seconds: 0.25), RunPage.Phase("forward", seconds: 12)]
    )
  }

  static func layer(_ name: String, _ block: Int?, _ role: String) -> RunPage.Layer {
    RunPage.Layer(
      name: name,
      block: block,
      role: role,
      scheme: "W4A16",
      format: "pack-quantized",
      rows: 64,
      columns: 128,
      bytesBefore: 16_384,
      bytesAfter: 4_232,
      relativeError: 0.125,
      signalToNoise: 18.06,
      zeroFraction: 0.143,
      loss: 4_848.5,
      outputError: 0.0625
    )
  }

  static func histogram(_ layer: String, levels: Int = 16) -> RunPage.Histogram {
    let half = levels / 2
    return RunPage.Histogram(
      layer: layer,
      bins: (-half..<half).map { RunPage.Histogram.Bin(lower: Double($0), upper: Double($0 + 1), count: 99 - abs($0)) },
      levels: (-half..<half).map { RunPage.Histogram.Level(Double($0), count: 98 - abs($0)) }
    )
  }

  private static func vary(_ layer: inout RunPage.Layer, _ index: Int) {
    layer.relativeError = 0.08 + 0.001 * Double(index * 37 % 61)
    layer.outputError = layer.relativeError / 3
    layer.scheme = index.isMultiple(of: 7) ? "W8A16" : "W4A16"
    layer.loss = Double(index * 97 % 1_009)
  }
}
