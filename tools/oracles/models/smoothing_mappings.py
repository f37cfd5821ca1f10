"""Records which modules llm-compressor smooths together in the small models that record_logits.py made.

Run from the repository root with torch, transformers 5.17.0 and llm-compressor 0.14.0.1 installed:

    HF_HUB_OFFLINE=1 python tools/oracles/models/smoothing_mappings.py

Writes Tests/ModelsTests/Fixtures/smoothing-mappings.json: of each model, for SmoothQuant and for AWQ of every Linear but the head, the
pairs of a smoothed module and the modules that balance it, in the order in which the tool's own resolver finds them. `error`
is there instead where the resolver fails. Names are those after experts have become modules of their own.

The resolver of AWQ fails where only some layers have experts, and leaves out values whose heads several queries share. So models are
recorded too in which every layer has experts, and in which every query has its own head.
"""

import json
import pathlib
import re

import torch
from llmcompressor.modeling.moe.linearize import linearize_moe
from llmcompressor.modifiers.transform.awq import AWQModifier
from llmcompressor.modifiers.transform.awq.dynamic_mappings import get_layer_mappings_from_model
from llmcompressor.modifiers.transform.smoothquant import SmoothQuantModifier
from transformers import AutoConfig

from module_names import SMALL_MODELS, build

# Changes of a recorded model's config.
VARIANTS = {
    "deepseek-v3-sparse": ("deepseek-v3", {"first_k_dense_replace": 0}),
    "gemma2-ungrouped": ("gemma2", {"num_key_value_heads": 4}),
    "gemma3-text-ungrouped": ("gemma3-text", {"num_key_value_heads": 4}),
    "mixtral-ungrouped": ("mixtral", {"num_key_value_heads": 4}),
    "phi3-ungrouped": ("phi3", {"num_key_value_heads": 4}),
    "qwen2-moe-sparse": ("qwen2-moe", {"mlp_only_layers": [], "num_key_value_heads": 4}),
    "qwen3-moe-sparse": ("qwen3-moe", {"decoder_sparse_step": 1, "num_key_value_heads": 4}),
}
OUTPUT = pathlib.Path("Tests/ModelsTests/Fixtures/smoothing-mappings.json")


def smoothquant(model):
    modifier = SmoothQuantModifier()
    modifier.mappings = modifier._infer_mappings_from_model(model)
    names = {module: name for name, module in model.named_modules()}
    return [[mapping.smooth_name, [names[layer] for layer in mapping.balance_layers]]
            for mapping in modifier._resolve_mappings(model)]


def awq(model):
    modifier = AWQModifier()
    modifier.mappings = get_layer_mappings_from_model(model)
    modifier._set_resolved_mappings(model)
    return [[mapping.smooth_name, mapping.balance_names] for mapping in modifier._resolved_mappings]


def attempt(resolve, model):
    try:
        return {"pairs": resolve(model)}
    except (RuntimeError, ValueError) as error:
        # Without the expressions that it goes on to print.
        return {"error": re.split(" but | with ", str(error.__cause__ or error))[0]}


def record(name, changes):
    model = build(AutoConfig.from_pretrained(SMALL_MODELS / name, **changes))
    linearize_moe(model)
    for name, module in model.named_modules():
        if isinstance(module, torch.nn.Linear) and name != "lm_head":
            module.quantization_scheme = None
    return {"class": type(model).__name__, "smoothquant": attempt(smoothquant, model), "awq": attempt(awq, model)}


def main():
    entries = []
    models = {folder.name: (folder.name, {}) for folder in SMALL_MODELS.iterdir()}
    for name, model in sorted({**models, **VARIANTS}.items()):
        members = []
        for key, value in record(*model).items():
            if isinstance(value, dict) and value.get("pairs"):
                pairs = ",\n".join(f"    {json.dumps(pair)}" for pair in value["pairs"])
                members.append(f'  "{key}": {{"pairs": [\n{pairs}\n  ]}}')
            else:
                members.append(f'  "{key}": {json.dumps(value)}')
        entries.append(f' "{name}": {{\n' + ",\n".join(members) + "\n }")
    OUTPUT.write_text("{\n" + ",\n".join(entries) + "\n}\n")


if __name__ == "__main__":
    main()
