"""Records the factors of llm-compressor's own SmoothQuant, logarithmic equalization and AWQ on small sets of layers.

Run from the repository root with torch, llmcompressor 0.14.0.1 and compressed-tensors 0.19.0 installed:

    python tools/oracles/numerics/record_smoothing.py Tests/ModifiersTests/Fixtures

It writes smoothing-f32.json and smoothing-bf16.json: the layers and what they read in that type.
"""

import json
import pathlib
import sys

import compressed_tensors
import llmcompressor
import torch
from compressed_tensors.quantization import QuantizationArgs, QuantizationConfig, QuantizationScheme, apply_quantization_config
from llmcompressor.modifiers.transform.awq import AWQModifier
from llmcompressor.modifiers.transform.awq.mappings import ResolvedMapping
from llmcompressor.modifiers.transform.smoothquant import SmoothQuantModifier
from llmcompressor.modifiers.transform.smoothquant.base import SmoothQuantMapping

from arrays import floats

HIDDEN, INNER, BATCHES, TOKENS = 32, 48, 3, 16
TYPES = {"F32": torch.float32, "BF16": torch.bfloat16}
STRENGTHS = [0.5, 0.8]
SCHEMES = {
    "int4 group asymmetric": dict(num_bits=4, symmetric=False, strategy="group", group_size=16),
    "int8 channel": dict(num_bits=8, strategy="channel"),
    "int8 tensor": dict(num_bits=8, strategy="tensor"),
    "int3 channel": dict(num_bits=3, strategy="channel"),
}
RUNS = [("int4 group asymmetric", duo) for duo in (True, False, "both")] + [("int8 channel", True), ("int3 channel", "both"), ("int8 tensor", False)]


class Normalization(torch.nn.Module):
    """Stands for a norm: it only multiplies by its weight."""

    def __init__(self, weight):
        super().__init__()
        self.weight = torch.nn.Parameter(weight.clone())

    def forward(self, values):
        return values * self.weight


class Attention(torch.nn.Module):
    """Three linears that read the same; the parent puts out their outputs side by side."""

    def __init__(self, weights):
        super().__init__()
        self.q_proj, self.k_proj, self.v_proj = (linear(weights[name]) for name in ("q", "k", "v"))

    def forward(self, values):
        return torch.cat([self.q_proj(values), self.k_proj(values), self.v_proj(values)], dim=-1)


class Perceptron(torch.nn.Module):
    """down(silu(gate(x)) * up(x))."""

    def __init__(self, weights):
        super().__init__()
        self.gate_proj, self.up_proj, self.down_proj = (linear(weights[name]) for name in ("gate", "up", "down"))

    def forward(self, values):
        return self.down_proj(torch.nn.functional.silu(self.gate_proj(values)) * self.up_proj(values))


def linear(weight, bias=None):
    module = torch.nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None, dtype=weight.dtype)
    module.weight.data = weight.clone()
    if bias is not None:
        module.bias.data = bias.clone()
    return module


def smooth(smoothed, balanced, batches, **fields):
    modifier = SmoothQuantModifier(**fields)
    modifier.resolved_mappings_ = [SmoothQuantMapping("smoothed", smoothed, balanced)]
    modifier.scales_ = {}
    modifier._setup_scale_hooks()
    for batch in batches:
        smoothed(batch)
    modifier.remove_hooks()
    statistics = modifier.scales_["smoothed"]
    ranges = statistics.max_channel_vals - statistics.min_channel_vals
    factors = torch.maximum(modifier._calculate_smoothing_scales(balanced, ranges), torch.tensor([1e-5]))
    modifier._apply_smoothing(torch.nn.ModuleList([smoothed, *balanced]))
    case = {"algorithm": modifier.algorithm, "strength": modifier.smoothing_strength, "ranges": floats(ranges), "factors": floats(factors),
            "smoothed": floats(smoothed.weight), "balanced": [floats(layer.weight) for layer in balanced]}
    if getattr(smoothed, "bias", None) is not None:
        case["bias"] = floats(smoothed.bias)
    return case


def search(parent, names, batches, fields, duo):
    """The grid search of AWQ for the layers of those names in the parent, which all read the batches."""
    apply_quantization_config(parent, QuantizationConfig(config_groups={
        "group_0": QuantizationScheme(targets=["Linear"], weights=QuantizationArgs(**fields))}))
    for module in parent.modules():
        module.quantization_enabled = False
    balanced = [parent.get_submodule(name) if name else parent for name in names]
    modifier = AWQModifier(duo_scaling=duo)
    modifier._smooth_activation_stats["smoothed"] = [
        sum(value.abs().flatten(0, -2).float().sum(dim=0) for value in batches), torch.tensor(BATCHES * TOKENS)]
    argument = "input" if isinstance(parent, torch.nn.Linear) else "values"
    modifier._parent_args_cache[parent] = [{argument: batch} for batch in batches]
    losses = []
    compute = AWQModifier._compute_loss

    def recorded(self, expected, found):
        losses.append(compute(self, expected, found))
        return losses[-1]

    AWQModifier._compute_loss = recorded
    mapping = ResolvedMapping("smoothed", None, balanced, names, parent=parent, parent_name="parent")
    with torch.no_grad():
        outputs = modifier._run_samples(parent)
        originals = {layer: layer.weight.clone() for layer in balanced}
        factors = modifier._compute_best_scale(mapping, outputs, originals)
    AWQModifier._compute_loss = compute
    grid = modifier._get_grid_search_params()
    best = min(range(len(losses)), key=losses.__getitem__)
    case = {"duo": str(duo).lower(), "bits": fields["num_bits"], "symmetric": fields.get("symmetric", True), "strategy": fields["strategy"],
            "group_size": fields.get("group_size"), "ratios": [ratio for ratio, _ in grid], "duos": [used for _, used in grid],
            "losses": losses, "best": best, "factors": floats(factors),
            "input_means": floats(modifier._smooth_activation_stats["smoothed"][0] / (BATCHES * TOKENS))}
    if duo:
        for layer, weight in originals.items():
            layer.weight.data = weight
        case["weight_means"] = floats(modifier._compute_layer_means(balanced))
    return case


def main():
    assert compressed_tensors.__version__ == "0.19.0", compressed_tensors.__version__
    assert llmcompressor.__version__ == "0.14.0.1", llmcompressor.__version__
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(41)

    def normal(*shape, scale):
        return torch.randn(*shape, generator=generator) * scale

    weights = {"q": normal(24, HIDDEN, scale=0.2), "k": normal(8, HIDDEN, scale=0.2), "v": normal(8, HIDDEN, scale=0.2),
               "gate": normal(INNER, HIDDEN, scale=0.2), "up": normal(INNER, HIDDEN, scale=0.2), "down": normal(HIDDEN, INNER, scale=0.2)}
    # A channel that no layer reads.
    for name in ("q", "k", "v"):
        weights[name][:, 3] = 0
    norm, bias = 0.5 + torch.rand(HIDDEN, generator=generator), normal(INNER, scale=0.1)
    energy = torch.exp(normal(HIDDEN, scale=1.0))
    # A channel that is always zero.
    energy[9] = 0
    batches = [normal(1, TOKENS, HIDDEN, scale=1.0) * energy for _ in range(BATCHES)]

    for type_name, dtype in TYPES.items():
        own, inputs = {name: value.to(dtype) for name, value in weights.items()}, [value.to(dtype) for value in batches]

        def fresh(*names):
            return [linear(own[name]) for name in names]

        smoothing = []
        for fields in [dict(smoothing_strength=strength) for strength in STRENGTHS] + [dict(algorithm="log_equalization")]:
            smoothing.append({"name": "norm"} | smooth(Normalization(norm.to(dtype)), fresh("q", "k", "v"), inputs, **fields))
            smoothing.append({"name": "linear"} | smooth(linear(own["up"], bias.to(dtype)), fresh("down"), inputs, **fields))
        normalization, up = Normalization(norm.to(dtype)), linear(own["up"])
        with torch.no_grad():
            read = [normalization(value) for value in inputs]
            inner = [up(value) for value in read]
        awq = []
        for scheme, duo in RUNS:
            fields = SCHEMES[scheme]
            awq.append({"name": "attention", "scheme": scheme} | search(Attention(own), ["q_proj", "k_proj", "v_proj"], read, fields, duo))
            awq.append({"name": "perceptron", "scheme": scheme} | search(Perceptron(own), ["gate_proj", "up_proj"], read, fields, duo))
            awq.append({"name": "single", "scheme": scheme} | search(fresh("down")[0], [""], inner, fields, duo))
        record = {"llmcompressor": llmcompressor.__version__, "type": type_name, "weights": {name: floats(value) for name, value in own.items()}, "norm": floats(norm.to(dtype)),
                        "bias": floats(bias.to(dtype)), "inputs": [floats(value) for value in inputs], "read": [floats(value) for value in read],
                        "inner": [floats(value) for value in inner], "smoothing": smoothing, "awq": awq}
        path = pathlib.Path(sys.argv[1]) / f"smoothing-{type_name.lower()}.json"
        path.write_text(json.dumps(record, indent=1) + "\n")


main()
