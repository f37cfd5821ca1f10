"""Records the module trees that transformers builds for tiny models of the families that Pare knows.

Run from the repository root with torch, transformers 5.17.0 and llm-compressor 0.14.0.1 installed:

    HF_HUB_OFFLINE=1 python tools/oracles/models/module_names.py

Writes Tests/ModelsTests/Fixtures/modules/<name>.json: the config as transformers saves it, the tensors that a checkpoint
of the model holds (a tied head has none) in the order of the modules, and every module with its class in the order of `named_modules`. A model with
experts has `calibrated_modules` besides: the modules after llm-compressor has made a Linear of each expert's matrices.

The models are those below and those that tools/oracles/numerics/record_logits.py made, with the tensors of their files.
"""

import json
import math
import pathlib
import re

import torch
import transformers
from llmcompressor.modeling.moe.linearize import get_non_linearized_moes, linearize_moe
from safetensors import safe_open
from transformers import AutoConfig, AutoModelForCausalLM, LlamaConfig, MistralConfig, Qwen2Config

SMALL_MODELS = pathlib.Path("Tests/InferenceTests/Fixtures/models")
FIXTURES = pathlib.Path("Tests/ModelsTests/Fixtures/modules")
SIZES = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 40,
    "max_position_embeddings": 64,
}
LLAMA_3_1_ROPE = {
    "rope_type": "llama3",
    "rope_theta": 500000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 32,
}
CONFIGS = {
    "llama": LlamaConfig(**SIZES),
    "llama-3.1": LlamaConfig(**SIZES, rope_parameters=LLAMA_3_1_ROPE),
    "llama-biased": LlamaConfig(**SIZES, attention_bias=True, mlp_bias=True),
    "llama-tied": LlamaConfig(**SIZES, tie_word_embeddings=True),
    "mistral": MistralConfig(**SIZES, head_dim=16, sliding_window=24),
    "qwen2": Qwen2Config(**SIZES, use_sliding_window=False, sliding_window=24),
    "qwen2-window": Qwen2Config(**SIZES, use_sliding_window=True, sliding_window=24, max_window_layers=0),
}


def build(config):
    """The model, of the class that the config names: a wrapper for one with images."""
    if config.architectures:
        return getattr(transformers, config.architectures[0])._from_config(config, dtype=torch.bfloat16)
    return AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)


def modules(model):
    return [[name, type(module).__name__] for name, module in model.named_modules()]


# How names in files differ from those of modules; see also the conversions that transformers makes in loading.
RENAMES = [
    (r"^embed_out\.", "lm_head."),
    (r"^(h|wte|wpe|ln_f)\.", r"transformer.\1."),
    (r"^language_model\.lm_head\.", "lm_head."),
    (r"^language_model\.model\.", "model.language_model."),
    (r"^(vision_tower|multi_modal_projector)\.", r"model.\1."),
    (r"\.block_sparse_moe\.", ".mlp."),
    (r"\.w1\.", ".gate_proj."),
    (r"\.w2\.", ".down_proj."),
    (r"\.w3\.", ".up_proj."),
]


def module_name(name):
    for pattern, replacement in RENAMES:
        name = re.sub(pattern, replacement, name)
    return name


def stored(path, *models):
    """Names and shapes of the tensors of a file, in the order of the last model that knows them; others come last."""
    places = {}
    for model in models:
        places.update({name: place for place, name in enumerate(model)})
    with safe_open(path, "pt") as file:
        names = sorted(file.keys(), key=lambda name: (places.get(module_name(name), math.inf), name))
        return [[name, file.get_slice(name).get_shape()] for name in names]


def document(config):
    return {**json.loads(config.to_json_string(use_diff=False)), "dtype": "bfloat16"}


def record(config):
    """A model of a config, with the tensors of its state."""
    model = build(config)
    tied = {"lm_head.weight"} if config.tie_word_embeddings else set()
    tensors = [[name, list(value.shape)] for name, value in model.state_dict().items() if name not in tied]
    return {"config": document(config), "tensors": tensors, "modules": modules(model)}


def record_small(folder):
    """A model of a folder, with the tensors of its file."""
    config = AutoConfig.from_pretrained(folder)
    config.name_or_path = ""
    model = build(config)
    whole, trees = list(model.state_dict()), {"modules": modules(model)}
    if get_non_linearized_moes(model):
        trees["calibrated_modules"] = modules(linearize_moe(model))
    tensors = stored(folder / "model.safetensors", whole, list(model.state_dict()))
    return {"config": document(config), "tensors": tensors, **trees}


def write(name, document):
    lines = [f' "config": {json.dumps(document.pop("config"))}']
    for key, rows in document.items():
        rows = ",\n".join(f"  {json.dumps(row)}" for row in rows)
        lines.append(f' "{key}": [\n{rows}\n ]')
    (FIXTURES / f"{name}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


def main():
    assert transformers.__version__ == "5.17.0", transformers.__version__
    for name, config in CONFIGS.items():
        write(name, record(config))
    for folder in sorted(SMALL_MODELS.iterdir()):
        if folder.name not in CONFIGS:
            write(folder.name, record_small(folder))


if __name__ == "__main__":
    main()
