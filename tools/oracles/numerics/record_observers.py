"""Records the ranges, scales and zero points that llm-compressor's own observers find for weights and for batches of activations.

Run from the repository root with torch, llmcompressor 0.14.0.1 and compressed-tensors 0.19.0 installed:

    python tools/oracles/numerics/record_observers.py Tests/ModifiersTests/Fixtures/observers.json
"""

import json
import pathlib
import sys

import compressed_tensors
import llmcompressor
import torch
from compressed_tensors.quantization import QuantizationArgs
from llmcompressor.observers import Observer

from arrays import array, floats

ROWS, COLUMNS, BATCHES, TOKENS, HEADS, HEAD = 8, 64, 5, 12, 2, 16
TYPES = {"F32": torch.float32, "BF16": torch.bfloat16}
INT4 = dict(num_bits=4, strategy="group", group_size=16)
NVFP4 = dict(num_bits=4, type="float", strategy="tensor_group", group_size=16, scale_dtype="float8_e4m3fn", zp_dtype="float8_e4m3fn")
WEIGHTS = {
    "int4 group": INT4,
    "int4 group asymmetric": dict(INT4, symmetric=False),
    "int3 channel": dict(num_bits=3, strategy="channel"),
    "int4 tensor": dict(num_bits=4, strategy="tensor"),
    "int8 group": dict(INT4, num_bits=8),
    "int4 block": dict(num_bits=4, strategy="block", block_structure=[3, 24]),
    "float8 channel": dict(num_bits=8, type="float", strategy="channel"),
    "nvfp4": NVFP4,
    "mxfp4": dict(num_bits=4, type="float", strategy="group", group_size=32, scale_dtype="uint8", zp_dtype="uint8"),
}
WEIGHT_OBSERVERS = [
    ("memoryless_minmax", {}), ("memoryless_mse", {}), ("memoryless_mse", {"maxshrink": 0.5, "norm": 2.0, "grid": 50, "patience": 3}),
]
ONLY = [("nvfp4", "nvfp4_expanded_mse", {}), ("nvfp4", "memoryless_mse", {"expand": 1.5, "maxshrink": 0.5}), ("int4 group", "memoryless_mse", {"expand": 1.2})]
IMATRIX = ["int4 group", "int4 group asymmetric", "int3 channel", "nvfp4"]
INPUTS = {
    "int8 tensor": dict(num_bits=8, strategy="tensor"),
    "int8 tensor asymmetric": dict(num_bits=8, symmetric=False, strategy="tensor"),
    "float8 tensor": dict(num_bits=8, type="float", strategy="tensor"),
    "nvfp4 local": dict(NVFP4, dynamic="local"),
}
INPUT_OBSERVERS = [("minmax", {}), ("minmax", {"averaging_constant": 0.25}), ("static_minmax", {}), ("memoryless_minmax", {}), ("mse", {}), ("mse", {"averaging_constant": 1.0})]
HEADS_ARGS = {"float8 head": dict(num_bits=8, type="float", strategy="attn_head"), "float8 tensor": dict(num_bits=8, type="float", strategy="tensor")}


def finish(observer, case):
    case |= {"minimum": floats(observer.min_vals), "maximum": floats(observer.max_vals)}
    found = observer.get_qparams()
    case["scales"] = floats(found["scale"])
    if not observer.args.symmetric:
        case["zero_points"] = array(found["zero_point"].to(torch.int8))
    if found["global_scale"] is not None:
        case["global_scale"] = found["global_scale"].item()
    return case


def describe(name, observer, options, fields):
    args = QuantizationArgs(**fields, observer=observer, observer_kwargs=options)
    return args, {"name": name, "observer": observer, "options": options, "bits": args.num_bits, "float": args.type == "float",
                  "symmetric": args.symmetric, "strategy": args.strategy, "group_size": args.group_size, "block": args.block_structure}


def observe(kind, name, observer, options, fields, values, importance=None):
    args, case = describe(name, observer, options, fields)
    instance = Observer.load_from_registry(observer, base_name=kind, args=args)
    if importance is not None:
        instance._imatrix_sum, instance._imatrix_count = importance.clone() * 10, torch.tensor(10)
    for value in values:
        instance(value)
    return finish(instance, case)


def main():
    assert compressed_tensors.__version__ == "0.19.0", compressed_tensors.__version__
    assert llmcompressor.__version__ == "0.14.0.1", llmcompressor.__version__
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(31)
    weight = torch.randn(ROWS, COLUMNS, generator=generator) * 0.05
    weight[1] = weight[1] ** 3 * 200
    weight[2, :16] = 0
    weight[3] = weight[3].abs() + 0.1
    weight[4, 5] = 1.0
    importance = torch.exp(1.5 * torch.randn(COLUMNS, generator=generator))
    inputs = [torch.randn(1, TOKENS, COLUMNS, generator=generator) * (1.6 - 0.3 * number) + 0.2 for number in range(BATCHES)]
    states = [torch.randn(1, HEADS, TOKENS, HEAD, generator=generator) * (0.5 + 0.3 * number) for number in range(BATCHES)]

    records = []
    for type_name, dtype in TYPES.items():
        own, batches, keys = weight.to(dtype), [value.to(dtype) for value in inputs], [value.to(dtype) for value in states]
        weights = [observe("weight", name, observer, options, fields, [own])
                   for name, fields in WEIGHTS.items() for observer, options in WEIGHT_OBSERVERS]
        weights += [observe("weight", name, observer, options, WEIGHTS[name], [own]) for name, observer, options in ONLY]
        weighted = [observe("weight", name, "imatrix_mse", {}, WEIGHTS[name], [own], importance) for name in IMATRIX]
        activations = [observe("input", name, observer, options, fields, batches)
                       for name, fields in INPUTS.items() for observer, options in INPUT_OBSERVERS]
        caches = [observe("k", name, observer, options, fields, keys)
                  for name, fields in HEADS_ARGS.items() for observer, options in INPUT_OBSERVERS[:4]]
        records.append({"type": type_name, "weight": floats(own), "inputs": [floats(value) for value in batches],
                        "keys": [floats(value) for value in keys], "weights": weights, "weighted": weighted,
                        "activations": activations, "caches": caches})
    pathlib.Path(sys.argv[1]).write_text(json.dumps({
        "llmcompressor": llmcompressor.__version__, "importance": floats(importance), "records": records}, indent=1) + "\n")


main()
