"""Makes the random base models among the fixtures and writes what llm-compressor makes of them.

Run from the repository root with torch, transformers 5.17 and llm-compressor 0.14.0.1 installed:

    python tools/oracles/checkpoints/write_goldens.py FOLDER

Base models come to FOLDER/<base>, outputs to FOLDER/out/<name>. `base_untied` is taken as it is from the fixtures.
"""

import json
import os
import pathlib
import shutil
import sys

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
from llmcompressor import oneshot
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, LlamaConfig

FIXTURES = pathlib.Path("Tests/CheckpointsTests/Fixtures")
ODD_SEED = 505

# name -> base, targets, scheme, most bytes of a file
CASES = {
    "fp8_dynamic": ("base_untied", "[Linear]", "FP8_DYNAMIC", None),
    "w4a16_asym_rtn": ("base_untied", "[Linear]", "W4A16_ASYM", None),
    "mxfp4": ("base_untied", "[Linear]", "MXFP4", None),
    "nvfp4a16": ("base_untied", "[Linear]", "NVFP4A16", None),
    "odd_fp8_block": ("base_odd", "[Linear]", "FP8_BLOCK", None),
    "tied_embedding_ignore_head": ("base_tied", "[Embedding, Linear]", "W4A16", None),
    "sharded_w4a16_asym": ("base_untied", "[Linear]", "W4A16_ASYM", "150KB"),
}


def make_odd(folder):
    config = LlamaConfig(
        hidden_size=192, intermediate_size=320, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
        head_dim=48, vocab_size=516, max_position_embeddings=256, bos_token_id=1, eos_token_id=2,
        tie_word_embeddings=False,
    )
    torch.manual_seed(ODD_SEED)
    model = AutoModelForCausalLM.from_config(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.uniform_(0.5, 1.5) if "norm" in name else parameter.normal_(0, 0.05)
    model.to(torch.bfloat16).save_pretrained(folder)


def make_tied(folder):
    shutil.copytree(FIXTURES / "base_untied", folder)
    tensors = load_file(folder / "model.safetensors")
    del tensors["lm_head.weight"]
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((folder / "config.json").read_text())
    config["tie_word_embeddings"] = True
    (folder / "config.json").write_text(json.dumps(config, indent=2))


def main(folder):
    shutil.copytree(FIXTURES / "base_untied", folder / "base_untied")
    make_odd(folder / "base_odd")
    make_tied(folder / "base_tied")
    for name, (base, targets, scheme, limit) in CASES.items():
        torch.manual_seed(0)
        recipe = (
            "quant_stage:\n  quant_modifiers:\n    QuantizationModifier:\n"
            f"      targets: {targets}\n      ignore: [lm_head]\n      scheme: {scheme}\n"
        )
        model = AutoModelForCausalLM.from_pretrained(folder / base, dtype="auto")
        oneshot(model=model, recipe=recipe)
        options = {"max_shard_size": limit} if limit else {}
        model.save_pretrained(str(folder / "out" / name), save_compressed=True, **options)


main(pathlib.Path(sys.argv[1]))
