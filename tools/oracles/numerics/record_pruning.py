"""Records what llm-compressor's own SparseGPT, Wanda and magnitude masks make of one weight.

Run from the repository root with torch, llmcompressor 0.14.0.1 and compressed-tensors 0.19.0 installed:

    python tools/oracles/numerics/record_pruning.py Tests/ModifiersTests/Fixtures/pruning.json
"""

import json
import pathlib
import sys

import llmcompressor
import torch
from llmcompressor.modifiers.pruning.sparsegpt import sgpt_sparsify
from llmcompressor.modifiers.pruning.utils.pytorch.mask_factory import PruningMaskCreatorArgs, PruningMaskFactory
from llmcompressor.modifiers.pruning.wanda import wanda_sparsify

from arrays import array, floats

ROWS, COLUMNS, SEQUENCES, TOKENS = 24, 64, 3, 48
DAMPENING, BLOCK = 0.01, 32
# name, weight, Hessian, sparsity, zeros and width of a pattern, whether zeros are kept, block size
SPARSEGPT = [
    ("unstructured 50 %", "weight", "hessian", 0.5, 0, 0, False, BLOCK),
    ("unstructured 70 %", "weight", "hessian", 0.7, 0, 0, False, BLOCK),
    ("unstructured 50 % in one block", "weight", "hessian", 0.5, 0, 0, False, COLUMNS),
    ("2:4", "weight", "hessian", 0.5, 2, 4, False, BLOCK),
    ("4:8", "weight", "hessian", 0.5, 4, 8, False, BLOCK),
    ("1:4", "weight", "hessian", 0.25, 1, 4, False, BLOCK),
    ("kept zeros 50 %", "sparse", "hessian", 0.5, 0, 0, True, BLOCK),
    # In one block: in later ones the tool looks up the zeros to keep in the columns of the first.
    ("kept zeros 2:4", "sparse", "hessian", 0.5, 2, 4, True, COLUMNS),
    ("zeros not kept 50 %", "sparse", "hessian", 0.5, 0, 0, False, BLOCK),
    ("unused inputs 50 %", "weight", "unused", 0.5, 0, 0, False, BLOCK),
    ("unused inputs 2:4", "weight", "unused", 0.5, 2, 4, False, BLOCK),
]
WANDA = [
    ("50 %", "weight", 0.5, 0, 0),
    ("70 %", "weight", 0.7, 0, 0),
    ("33 %", "weight", 0.33, 0, 0),
    ("2:4", "weight", 0.5, 2, 4),
    ("1:4", "weight", 0.25, 1, 4),
    ("4:8", "weight", 0.5, 4, 8),
    ("50 % of ties", "ties", 0.5, 0, 0),
]
MAGNITUDE = [("50 %", "weight", 0.5), ("70 %", "weight", 0.7), ("50 % of ties", "ties", 0.5), ("0.01 %", "weight", 0.0001)]


def linear(weight):
    module = torch.nn.Linear(COLUMNS, ROWS, bias=False)
    module.weight.data = weight.clone()
    return module


def main():
    assert llmcompressor.__version__ == "0.14.0.1", llmcompressor.__version__
    # The order in which threads add changes the last bits.
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(11)
    weight = torch.randn(ROWS, COLUMNS, generator=generator) * 0.1
    sparse = weight.clone()
    sparse[torch.rand(ROWS, COLUMNS, generator=generator) < 0.3] = 0
    # At most two zeros in each four, so that 2:4 can keep them all.
    fours = sparse.reshape(-1, 4)
    for four, original in zip(fours, weight.reshape(-1, 4)):
        for place in (four == 0).nonzero().flatten()[2:]:
            four[place] = original[place]
    ties = torch.randint(-3, 4, (ROWS, COLUMNS), generator=generator) * 0.125

    basis = torch.randn(20, COLUMNS, generator=generator)
    energy = torch.exp(0.8 * torch.randn(COLUMNS, generator=generator))
    sequences = [(torch.randn(TOKENS, 20, generator=generator) @ basis + 0.3 * torch.randn(TOKENS, COLUMNS, generator=generator)) * energy
                 for _ in range(SEQUENCES)]
    hessian, count = sgpt_sparsify.make_empty_hessian(linear(weight)), 0
    norms, norm_count = wanda_sparsify.make_empty_row_scalars(linear(weight)), 0
    for inputs in sequences:
        hessian, count = sgpt_sparsify.accumulate_hessian(inputs[None], linear(weight), hessian, count)
        norms, norm_count = wanda_sparsify.accumulate_row_scalars(inputs[None], linear(weight), norms, norm_count)
    unused = hessian.clone()
    unused[[5, 40]] = 0
    unused[:, [5, 40]] = 0

    weights = {"weight": weight, "sparse": sparse, "ties": ties}
    hessians = {"hessian": hessian, "unused": unused}
    # Every channel of the ties has the same energy: the order of equal metrics decides.
    scalars = {"weight": norms, "ties": torch.ones(COLUMNS)}

    sparsegpt = []
    for name, base, moments, sparsity, zeros, width, keeps, block in SPARSEGPT:
        module = linear(weights[base])
        loss, result = sgpt_sparsify.sparsify_weight(
            module, {module: hessians[moments].clone()}, sparsity, zeros, width, block, DAMPENING, keeps)
        sparsegpt.append({"name": name, "base": base, "moments": moments, "sparsity": sparsity, "zeros": zeros, "width": width,
                          "keeps_zeros": keeps, "block": block, "loss": loss, "weight": floats(result)})
    wanda = []
    for name, base, sparsity, zeros, width in WANDA:
        module = linear(weights[base])
        result = wanda_sparsify.sparsify_weight(module, {module: scalars[base].clone()}, sparsity, zeros, width)
        dropped = (result == 0) & (weights[base] != 0) if base == "weight" else result == 0
        wanda.append({"name": name, "base": base, "sparsity": sparsity, "zeros": zeros, "width": width,
                      "kept": array((~dropped).to(torch.uint8))})
    magnitude = []
    for name, base, sparsity in MAGNITUDE:
        mask = PruningMaskFactory.create_mask_creator("unstructured")(
            PruningMaskCreatorArgs(parameter=torch.nn.Parameter(weights[base]), sparsity=sparsity, scores=weights[base].abs(), prev_mask=None))
        magnitude.append({"name": name, "base": base, "sparsity": sparsity, "kept": array(mask.to(torch.uint8))})
    pathlib.Path(sys.argv[1]).write_text(json.dumps({
        "llmcompressor": llmcompressor.__version__, "dampening": DAMPENING, "inputs": [floats(inputs) for inputs in sequences],
        "weights": {name: floats(value) for name, value in weights.items()},
        "moments": {name: floats(value) for name, value in hessians.items()},
        "squared_norms": {name: floats(value) for name, value in scalars.items()},
        "sparsegpt": sparsegpt, "wanda": wanda, "magnitude": magnitude}, indent=1) + "\n")


main()
