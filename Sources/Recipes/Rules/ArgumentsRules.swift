import Diagnostics
import Vocabulary

/// The rules over several quantization arguments and their role.
struct ArgumentsRules {
  let role: ArgumentsRole
  let arguments: QuantizationArguments
  let values: FieldValues

  func check(_ context: inout CheckContext) {
    checkDynamic(&context)
    checkNumbers(&context)
    checkTypes(&context)
    switch role {
    case .weights: checkWeights(&context)
    case .inputs, .outputs: checkActivations(&context)
    case .keyValueCache: checkCache(&context)
    }
  }

  private func checkDynamic(_ context: inout CheckContext) {
    // The rules for weights and the cache refuse more, and say so.
    guard role == .inputs || role == .outputs else { return }
    let strategy = arguments.strategy
    let runTimeStrategies: [Strategy] = [.token, .tensor, .tensorGroup, .group]
    var fault: String?
    if strategy == .token, arguments.dynamic == .off {
      fault = "strategy token needs dynamic: true, because tokens differ from run to run"
    } else if arguments.dynamic != .off, !runTimeStrategies.contains(strategy),
      role == .outputs || strategy == .attentionHead
    {
      fault = "dynamic quantization needs strategy token, tensor, group or tensor_group, not \(strategy.rawValue)"
    } else if arguments.dynamic == .local, strategy != .tensorGroup {
      fault = "dynamic: local needs strategy tensor_group, not \(strategy.rawValue)"
    }
    if let fault {
      let key = values.isGiven("dynamic") ? "dynamic" : "strategy"
      context.report(ArgumentsDiagnostics.inconsistentDynamic(fault, at: values.place(key)))
    }
  }

  private func checkNumbers(_ context: inout CheckContext) {
    guard arguments.numberKind == .float else { return }
    if arguments.bitWidth != 4, arguments.bitWidth != 8 {
      context.report(
        ArgumentsDiagnostics.unsupportedNumberFormat(
          "floats have 4 or 8 bits, not \(arguments.bitWidth)",
          at: values.place("num_bits")
        )
      )
      return
    }
    if !arguments.isSymmetric {
      context.report(
        ArgumentsDiagnostics.unsupportedNumberFormat(
          "floats have no zero point: symmetric must be true",
          at: values.place("symmetric")
        )
      )
    }
    guard arguments.bitWidth == 4, let size = arguments.groupSize else { return }
    if size != ArgumentsRules.nvfp4GroupSize, size != ArgumentsRules.mxGroupSize {
      context.report(
        ArgumentsDiagnostics.unsupportedNumberFormat(
          "4-bit floats come in groups of 16 or 32 columns, not \(size)",
          at: values.place("group_size")
        )
      )
    } else if arguments.strategy == .tensorGroup, size != ArgumentsRules.nvfp4GroupSize {
      context.report(
        ArgumentsDiagnostics.unsupportedNumberFormat(
          "4-bit floats with strategy tensor_group come in groups of 16 columns (NVFP4), not \(size)",
          at: values.place("group_size"),
          severity: .warning
        )
      )
    }
  }

  private func checkTypes(_ context: inout CheckContext) {
    let isMicroscaling =
      arguments.numberKind == .float && arguments.strategy == .group
      && arguments.groupSize == ArgumentsRules.mxGroupSize && arguments.scaleType == .uint8
    if let scale = arguments.scaleType, scale.isInteger, !isMicroscaling {
      context.report(
        ArgumentsDiagnostics.unsupportedScaleType(
          "scale_dtype must be a float type: a scale rounded to an integer is useless",
          at: values.place("scale_dtype"),
          note: "only floats in groups of 32 have integer scales, which are exponents in uint8"
        )
      )
    }
    if let zeroPoint = arguments.zeroPointType, !arguments.isSymmetric, !zeroPoint.holdsSignedIntegers {
      context.report(
        ArgumentsDiagnostics.unsupportedScaleType(
          "zp_dtype cannot hold the zero points, which are signed integers",
          at: values.place("zp_dtype"),
          note: "int8 holds the zero points of every width up to 8 bits"
        )
      )
    }
  }

  private func checkWeights(_ context: inout CheckContext) {
    if arguments.dynamic != .off {
      context.report(
        ArgumentsDiagnostics.unsupportedWeights("weights are quantized once", at: values.place("dynamic"))
      )
    } else if arguments.strategy == .token || arguments.strategy == .attentionHead {
      context.report(
        ArgumentsDiagnostics.unsupportedWeights(
          "weights have no strategy \(arguments.strategy.rawValue)",
          at: values.place("strategy")
        )
      )
    }
  }

  private func checkActivations(_ context: inout CheckContext) {
    if role == .inputs, arguments.strategy == .channel || arguments.strategy == .block {
      context.report(
        ArgumentsDiagnostics.unsupportedActivations(
          "inputs have no strategy \(arguments.strategy.rawValue)",
          at: values.isGiven("strategy") ? values.place("strategy") : values.place("group_size")
        )
      )
    }
    if role == .outputs, arguments.dynamic == .off, arguments.strategy != .token {
      context.report(ArgumentsDiagnostics.staticOutputs(at: values.span))
    }
    checkOrder(&context)
  }

  private func checkCache(_ context: inout CheckContext) {
    if arguments.dynamic != .off {
      context.report(
        ArgumentsDiagnostics.unsupportedCache("the cache needs scales from calibration", at: values.place("dynamic"))
      )
    } else if arguments.strategy != .tensor, arguments.strategy != .attentionHead {
      context.report(
        ArgumentsDiagnostics.unsupportedCache(
          "the cache has no strategy \(arguments.strategy.rawValue)",
          at: values.isGiven("strategy") ? values.place("strategy") : values.place("group_size")
        )
      )
    }
    checkOrder(&context)
  }

  private func checkOrder(_ context: inout CheckContext) {
    if arguments.activationOrder != nil {
      context.report(ArgumentsDiagnostics.misplacedActivationOrder(role, at: values.place("actorder")))
    }
  }

  /// Columns of one NVFP4 scale (Open Compute Project and NVIDIA formats).
  private static let nvfp4GroupSize = 16
  /// Columns of one scale in the microscaling (MX) formats.
  private static let mxGroupSize = 32
}

extension ElementType {
  fileprivate var isInteger: Bool {
    switch self {
    case .int8, .int16, .int32, .int64: true
    case .uint8, .uint16, .uint32, .uint64, .bool: true
    default: false
    }
  }

  fileprivate var holdsSignedIntegers: Bool {
    switch self {
    case .int8, .int16, .int32, .int64, .float16, .bfloat16, .float32, .float64: true
    default: false
    }
  }
}
