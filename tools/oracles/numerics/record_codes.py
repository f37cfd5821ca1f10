"""Records scales, zero points and codes that compressed-tensors computes on a CPU in each weight type.

Run from the repository root with torch and compressed-tensors 0.19.0 installed:

    python tools/oracles/numerics/record_codes.py Tests/ModifiersTests/Fixtures/reference-codes.json

The weights hold random numbers, a row made of ties between codes, a group of zeros, and outliers.
"""

import json
import pathlib
import sys

import compressed_tensors
import torch
from compressed_tensors.quantization import QuantizationArgs
from compressed_tensors.quantization.lifecycle.forward import quantize
from compressed_tensors.quantization.utils import calculate_qparams

from arrays import codes, floats

ROWS, COLUMNS, GROUP = 12, 96, 32
TYPES = {"BF16": torch.bfloat16, "F16": torch.float16, "F32": torch.float32}
SCHEMES = {
    "int4 group": dict(num_bits=4, type="int", symmetric=True, strategy="group", group_size=GROUP),
    "int4 group asymmetric": dict(num_bits=4, type="int", symmetric=False, strategy="group", group_size=GROUP),
    "int4 channel asymmetric": dict(num_bits=4, type="int", symmetric=False, strategy="channel"),
    "int8 channel": dict(num_bits=8, type="int", symmetric=True, strategy="channel"),
    "int8 tensor": dict(num_bits=8, type="int", symmetric=True, strategy="tensor"),
    "float8 channel": dict(num_bits=8, type="float", symmetric=True, strategy="channel"),
    "float8 tensor": dict(num_bits=8, type="float", symmetric=True, strategy="tensor"),
}


def weights():
    generator = torch.Generator().manual_seed(19)
    weight = torch.randn(ROWS, COLUMNS, generator=generator) * 0.05
    # Halves of a scale of 1/8: half of all quotients lie exactly between two codes.
    weight[1] = (torch.arange(COLUMNS) % 31 - 15) * 0.0625
    weight[2, :GROUP] = 0
    weight[3] = weight[3].abs() + 0.1
    weight[4] = -weight[4].abs() - 0.1
    weight[5, 7] = 3.5
    weight[6] *= 1e-3
    weight[7] *= 40
    return weight


def ranges(weight, args):
    if args.strategy == "tensor":
        return torch.aminmax(weight)
    if args.strategy == "channel":
        return torch.amin(weight, dim=1, keepdim=True), torch.amax(weight, dim=1, keepdim=True)
    grouped = weight.unflatten(1, (-1, args.group_size))
    return torch.amin(grouped, dim=2), torch.amax(grouped, dim=2)


def main():
    assert compressed_tensors.__version__ == "0.19.0", compressed_tensors.__version__
    records = []
    for type_name, dtype in TYPES.items():
        weight = weights().to(dtype)
        cases = []
        for name, fields in SCHEMES.items():
            args = QuantizationArgs(**fields)
            scale, zero_point = calculate_qparams(*ranges(weight, args), args)
            stored = torch.float8_e4m3fn if args.type == "float" else torch.int8
            quantized = quantize(weight, scale, zero_point, args, dtype=stored)
            case = {"name": name, "bits": args.num_bits, "float": args.type == "float",
                    "symmetric": args.symmetric, "strategy": args.strategy, "group_size": args.group_size,
                    "scales": floats(scale), "codes": codes(quantized)}
            if not args.symmetric:
                case["zero_points"] = codes(zero_point)
            cases.append(case)
        records.append({"type": type_name, "weight": floats(weight), "cases": cases})
    pathlib.Path(sys.argv[1]).write_text(json.dumps({"compressed_tensors": compressed_tensors.__version__, "records": records}, indent=1) + "\n")


main()
