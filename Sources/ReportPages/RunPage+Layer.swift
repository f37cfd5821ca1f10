extension RunPage {
  /// How one layer fared.
  package struct Layer: Hashable, Sendable {
    /// The module's full name.
    package var name: String
    /// The index of its decoder block; nil outside blocks and where the architecture is not known.
    package var block: Int?
    /// What it is within a block, such as `q_proj`; layers of one role share a plot.
    package var role: String
    /// The scheme, such as `W4A16`.
    package var scheme: String
    /// The checkpoint format, such as `pack-quantized`.
    package var format: String
    /// Output features.
    package var rows: Int
    /// Input features.
    package var columns: Int
    /// Bytes of the weight in the source.
    package var bytesBefore: Int
    /// Bytes of everything that stands for the weight in the output: codes, scales, zero points.
    package var bytesAfter: Int
    /// `‖W - Q‖ / ‖W‖`, Frobenius norms; dimensionless.
    package var relativeError: Double
    /// `20 · log₁₀(‖W‖ / ‖W - Q‖)`, in decibels; infinite where nothing was lost.
    package var signalToNoise: Double
    /// Share of the stored weights that are exactly zero.
    package var zeroFraction: Double
    /// GPTQ's loss; nil for other methods.
    package var loss: Double?
    /// `‖(W - Q)·X‖ / ‖W·X‖` on the calibration data; nil without any.
    package var outputError: Double?

    package init(
      name: String,
      block: Int?,
      role: String,
      scheme: String,
      format: String,
      rows: Int,
      columns: Int,
      bytesBefore: Int,
      bytesAfter: Int,
      relativeError: Double,
      signalToNoise: Double,
      zeroFraction: Double,
      loss: Double? = nil,
      outputError: Double? = nil
    ) {
      self.name = name
      self.block = block
      self.role = role
      self.scheme = scheme
      self.format = format
      self.rows = rows
      self.columns = columns
      self.bytesBefore = bytesBefore
      self.bytesAfter = bytesAfter
      self.relativeError = relativeError
      self.signalToNoise = signalToNoise
      self.zeroFraction = zeroFraction
      self.loss = loss
      self.outputError = outputError
    }
  }

  /// How a layer's weights lie on the grid that they are rounded to.
  package struct Histogram: Hashable, Sendable {
    /// The layer's module name.
    package let layer: String
    /// The dense weights, divided by the scale, in ascending bins.
    package let bins: [Bin]
    /// What a quantized weight can be, divided by the scale, ascending.
    package let levels: [Level]

    package init(layer: String, bins: [Bin], levels: [Level]) {
      self.layer = layer
      self.bins = bins
      self.levels = levels
    }

    /// Dense weights from one edge up to another.
    package struct Bin: Hashable, Sendable {
      /// The lower edge, in units of the scale.
      package let lower: Double
      /// The upper edge, in units of the scale.
      package let upper: Double
      /// Weights between them.
      package let count: Int

      package init(lower: Double, upper: Double, count: Int) {
        self.lower = lower
        self.upper = upper
        self.count = count
      }
    }

    /// A point of the grid.
    package struct Level: Hashable, Sendable {
      /// The point, in units of the scale.
      package let value: Double
      /// Weights that were rounded to it.
      package let count: Int

      package init(_ value: Double, count: Int) {
        self.value = value
        self.count = count
      }
    }
  }
}
