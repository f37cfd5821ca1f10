"""Records what compressed-tensors stores for one weight under each scheme, in the arithmetic of a weight type.

Run from the repository root with torch, llmcompressor 0.14.0.1 and compressed-tensors 0.19.0 installed:

    python tools/oracles/numerics/record_schemes.py Tests/ModifiersTests/Fixtures

It writes schemes-bf16.json and schemes-f32.json. The weight has groups of zeros, ties between codes, values too small for any
code but zero, and outliers; of the rows for power-of-two scales each group has a largest value about where its exponent changes.
"""

import json
import pathlib
import sys

import compressed_tensors
import llmcompressor
import torch
from compressed_tensors.compressors import BaseCompressor
from compressed_tensors.compressors.format import infer_module_format
from compressed_tensors.quantization import QuantizationArgs, QuantizationScheme
from compressed_tensors.quantization.lifecycle.forward import dequantize, quantize
from compressed_tensors.quantization.lifecycle.initialize import initialize_module_for_quantization
from llmcompressor.modifiers.quantization.calibration import initialize_observer, observe, update_qparams

from arrays import array, floats, stored

ROWS, COLUMNS = 8, 64
BLOCK_ROWS, BLOCK_COLUMNS = 24, 80
TYPES = {"BF16": torch.bfloat16, "F32": torch.float32}
NVFP4 = dict(num_bits=4, type="float", strategy="tensor_group", group_size=16, scale_dtype="float8_e4m3fn", zp_dtype="float8_e4m3fn")
MXFP4 = dict(num_bits=4, type="float", strategy="group", group_size=32, scale_dtype="uint8", zp_dtype="uint8")
MXFP8 = dict(MXFP4, num_bits=8)
FP8 = dict(num_bits=8, type="float")
SCHEMES = {f"int{bits} group{'' if symmetric else ' asymmetric'}": ("weight", dict(num_bits=bits, symmetric=symmetric, strategy="group", group_size=16))
           for bits in range(2, 9) for symmetric in (True, False)}
SCHEMES |= {
    "int8 channel": ("weight", dict(num_bits=8, strategy="channel")),
    "int4 channel asymmetric": ("weight", dict(num_bits=4, symmetric=False, strategy="channel")),
    "int8 tensor": ("weight", dict(num_bits=8, strategy="tensor")),
    "int8 tensor asymmetric": ("weight", dict(num_bits=8, symmetric=False, strategy="tensor")),
    "float8 tensor": ("weight", dict(FP8, strategy="tensor")),
    "float8 channel": ("weight", dict(FP8, strategy="channel")),
    "float8 group": ("weight", dict(FP8, strategy="group", group_size=16)),
    "float8 block": ("blocks", dict(FP8, strategy="block", block_structure=[16, 32])),
    "int8 block": ("blocks", dict(num_bits=8, strategy="block", block_structure=[16, 32])),
    "nvfp4": ("weight", NVFP4),
    "nvfp4 of zeros": ("zeros", NVFP4),
    "mxfp4": ("exponents", MXFP4),
    "mxfp8": ("exponents", MXFP8),
    "mxfp4 of a weight": ("weight", MXFP4),
    "mxfp8 of a weight": ("weight", MXFP8),
}


def weights():
    generator = torch.Generator().manual_seed(23)
    weight = torch.randn(ROWS, COLUMNS, generator=generator) * 0.05
    # Halves of a scale of 1/8: half of all quotients lie exactly between two codes.
    weight[1] = (torch.arange(COLUMNS) % 31 - 15) * 0.0625
    weight[2, :32] = 0
    weight[3] = weight[3].abs() + 0.1
    weight[4] = -weight[4].abs() - 0.1
    weight[5, 7] = 3.5
    # Too small for any code but zero, of both signs, beside a negative zero.
    weight[6, ::3] *= 1e-6
    weight[6, 20] = -0.0
    weight[7] *= 40
    blocks = torch.randn(BLOCK_ROWS, BLOCK_COLUMNS, generator=generator) * 0.05
    blocks[:16, :32] = 0
    blocks[20, 70] = -2.0
    exponents = torch.randn(ROWS, COLUMNS, generator=generator) * 0.2
    tops = [1.0, 1.5, 1.734375, 1.75, 1.9921875, 6.0, 7.0, 440.0, 448.0, -1.75, -7.0, 2.0**-20, 1.75 * 2.0**-20, 0.0, 1.75 * 2.0**-100, 1.5 * 2.0**100]
    for number, top in enumerate(tops):
        group = exponents[number // 2].narrow(0, 32 * (number % 2), 32)
        group.clamp_(-0.9, 0.9).mul_(abs(top))
        group[number] = top
    return {"weight": weight, "blocks": blocks, "exponents": exponents, "zeros": torch.zeros(ROWS, COLUMNS)}


def record(name, base, fields, weight):
    args = QuantizationArgs(**fields)
    module = torch.nn.Linear(weight.shape[1], weight.shape[0], bias=False, dtype=weight.dtype)
    module.weight.data = weight.clone()
    scheme = QuantizationScheme(targets=["Linear"], weights=args)
    initialize_module_for_quantization(module, scheme)
    initialize_observer(module, "weight")
    observe(module, "weight")
    update_qparams(module, "weight")
    scale, zero_point = module.weight_scale.data, module.weight_zero_point.data
    global_scale = module.weight_global_scale.data if hasattr(module, "weight_global_scale") else None
    quantized = quantize(weight, scale, zero_point, args, global_scale=global_scale)
    dequantized = dequantize(quantized, scale, zero_point, args, global_scale=global_scale)
    case = {"name": name, "base": base, "bits": args.num_bits, "float": args.type == "float", "symmetric": args.symmetric,
            "strategy": args.strategy, "group_size": args.group_size, "block": args.block_structure,
            "scales": floats(scale), "dequantized": floats(dequantized)}
    form = infer_module_format(torch.nn.Linear, scheme)
    state = {name: value.data for name, value in module.named_parameters()}
    compressed = BaseCompressor.load_from_registry(form.value).compress(state, scheme)
    case["format"] = form.value
    case["stored"] = {key: stored(value) for key, value in compressed.items() if key != "weight_shape"}
    if not args.symmetric:
        case["zero_points"] = array(zero_point.to(torch.int8))
    if global_scale is not None:
        case["global_scale"] = global_scale.item()
    if args.type == "int":
        case["codes"] = array(quantized.to(torch.int8))
    return case


def main():
    assert compressed_tensors.__version__ == "0.19.0", compressed_tensors.__version__
    assert llmcompressor.__version__ == "0.14.0.1", llmcompressor.__version__
    torch.set_num_threads(1)
    for type_name, dtype in TYPES.items():
        bases = {name: value.to(dtype) for name, value in weights().items()}
        cases = [record(name, base, fields, bases[base]) for name, (base, fields) in SCHEMES.items()]
        path = pathlib.Path(sys.argv[1]) / f"schemes-{type_name.lower()}.json"
        path.write_text(json.dumps({
            "compressed_tensors": compressed_tensors.__version__, "type": type_name,
            "weights": {name: floats(value) for name, value in bases.items()}, "cases": cases}, indent=1) + "\n")


main()
