"""Records what llm-compressor's own GPTQ makes of one weight and one Hessian under several schemes.

Run from the repository root with torch, llmcompressor 0.14.0.1 and compressed-tensors 0.19.0 installed:

    python tools/oracles/numerics/record_gptq.py Tests/ModifiersTests/Fixtures/gptq.json
"""

import json
import pathlib
import sys

import compressed_tensors
import llmcompressor
import torch
from compressed_tensors.quantization import QuantizationArgs
from compressed_tensors.quantization.lifecycle.forward import quantize
from compressed_tensors.quantization.utils import calculate_qparams
from llmcompressor.modifiers.gptq.gptq_quantize import quantize_weight

from arrays import codes, floats

ROWS, COLUMNS, TOKENS, GROUP = 24, 64, 384, 16
DAMPENING, BLOCK = 0.01, 32
SCHEMES = {
    "int4 group static": dict(num_bits=4, strategy="group", group_size=GROUP, actorder="static"),
    "int4 group": dict(num_bits=4, strategy="group", group_size=GROUP),
    "int8 channel": dict(num_bits=8, strategy="channel"),
    "int4 group asymmetric": dict(num_bits=4, symmetric=False, strategy="group", group_size=GROUP),
    "int4 channel static": dict(num_bits=4, strategy="channel", actorder="static"),
    "float8 channel": dict(num_bits=8, type="float", strategy="channel"),
}


def main():
    assert compressed_tensors.__version__ == "0.19.0", compressed_tensors.__version__
    generator = torch.Generator().manual_seed(7)
    weight = torch.randn(ROWS, COLUMNS, generator=generator) * 0.1
    # Inputs of rank 20 with a little noise and channels of unequal energy: what GPTQ is made for.
    basis = torch.randn(20, COLUMNS, generator=generator)
    inputs = torch.randn(TOKENS, 20, generator=generator) @ basis + 0.3 * torch.randn(TOKENS, COLUMNS, generator=generator)
    inputs *= torch.exp(0.8 * torch.randn(COLUMNS, generator=generator))
    hessian = (2 / TOKENS * inputs.double().T @ inputs.double()).float()

    cases = []
    for name, fields in SCHEMES.items():
        args = QuantizationArgs(**fields)
        if args.strategy == "group":
            grouped = weight.unflatten(1, (-1, GROUP))
            low, high = torch.amin(grouped, dim=2), torch.amax(grouped, dim=2)
        else:
            low, high = torch.amin(weight, dim=1, keepdim=True), torch.amax(weight, dim=1, keepdim=True)
        scale, zero_point = calculate_qparams(low, high, args)
        dequantized, loss, fallback = quantize_weight(
            weight.clone()[None], hessian.clone()[None], scale[None], zero_point[None], None, args,
            blocksize=BLOCK, percdamp=DAMPENING)
        assert not fallback.any()
        # The tool, too, stores the codes of the dequantized weight.
        stored = torch.float8_e4m3fn if args.type == "float" else torch.int8
        case = {"name": name, "bits": args.num_bits, "float": args.type == "float", "symmetric": args.symmetric,
                "strategy": args.strategy, "group_size": args.group_size, "static": args.actorder is not None,
                "codes": codes(quantize(dequantized[0], scale, zero_point, args, dtype=stored)),
                "weight": floats(dequantized[0]), "loss": loss[0].item()}
        cases.append(case)
    pathlib.Path(sys.argv[1]).write_text(json.dumps({
        "llmcompressor": llmcompressor.__version__, "dampening": DAMPENING, "block": BLOCK,
        "weight": floats(weight), "hessian": floats(hessian), "cases": cases}, indent=1) + "\n")


main()
