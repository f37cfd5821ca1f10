"""Records what compressed-tensors makes of the compressed checkpoints among the fixtures.

Run from the repository root with torch, safetensors and compressed-tensors 0.19.0 installed:

    python tools/oracles/checkpoints/decompress.py > Tests/CheckpointsTests/Fixtures/decompressed.tsv

One line per module: checkpoint, module, rows, columns, result type, sum, weighted sum (element i counts 1 + i mod 97
times), and the elements at five places. Sums are in float64, exact as every term has few bits.
"""

import json
import pathlib

import compressed_tensors
import torch
from compressed_tensors.compressors.base import BaseCompressor
from compressed_tensors.quantization import QuantizationScheme
from safetensors.torch import load_file

FIXTURES = pathlib.Path("Tests/CheckpointsTests/Fixtures/out")
CHECKPOINTS = ["fp8_dynamic", "mxfp4", "nvfp4a16", "w4a16_asym_rtn", "w4a16_gptq", "w8a8"]
MODULES = [
    "model.layers.0.self_attn.q_proj",
    "model.layers.0.self_attn.v_proj",
    "model.layers.0.mlp.gate_proj",
    "model.layers.1.mlp.down_proj",
]


def main():
    assert compressed_tensors.__version__ == "0.19.0", compressed_tensors.__version__
    for checkpoint in CHECKPOINTS:
        folder = FIXTURES / checkpoint
        config = json.loads((folder / "config.json").read_text())["quantization_config"]
        scheme = QuantizationScheme.model_validate(config["config_groups"]["group_0"])
        compressor = BaseCompressor.get_value_from_registry(scheme.format)
        tensors = load_file(folder / "model.safetensors")
        for module in MODULES:
            prefix = module + "."
            state = {name[len(prefix):]: value for name, value in tensors.items() if name.startswith(prefix)}
            weight = compressor.decompress(state, scheme)["weight"]
            flat = weight.to(torch.float64).flatten()
            counts = 1 + torch.arange(flat.numel(), dtype=torch.float64) % 97
            places = [0, 1, flat.numel() // 3, flat.numel() // 2 + 5, flat.numel() - 1]
            columns = [checkpoint, module, *weight.shape, str(weight.dtype), repr(flat.sum().item()),
                       repr((flat * counts).sum().item()), *(repr(flat[place].item()) for place in places)]
            print("\t".join(str(column) for column in columns))


main()
