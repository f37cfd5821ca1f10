"""Rotates a small model with llm-compressor and records the logits that it computes then, run-time rotations and all.

Run from the repository root with torch, transformers and llm-compressor 0.14.0.1 installed:

    python tools/oracles/numerics/record_transformed_logits.py Tests/InferenceTests/Fixtures/transforms

Each folder holds config.json, model.safetensors and logits.json: token ids and the logits at each position, float32. They
are those of the model in memory, because transformers 5.17 applies no transforms when it loads one.
"""

import json
import os
import pathlib
import sys
import tempfile

os.environ["HF_HUB_OFFLINE"] = "1"

import compressed_tensors
import torch
from llmcompressor import oneshot
from transformers import AutoModelForCausalLM

from arrays import floats

MODELS = pathlib.Path("Tests/InferenceTests/Fixtures/models")
RECIPES = {
    # Sizes that are powers of two and others, with biases.
    "quip": ("qwen2", "QuIPModifier: {rotations: [v, u], transform_type: random-hadamard}"),
    "quip-matrix": ("mistral", "QuIPModifier: {rotations: [v, u], transform_type: random-matrix, "
                               "transform_block_size: 4, ignore: [lm_head, 're:.*v_proj$']}"),
    "spinquant": ("llama", "SpinQuantModifier: {rotations: [R1, R2, R4], transform_type: hadamard, "
                           "transform_block_size: 16}"),
}


def main():
    out = pathlib.Path(sys.argv[1])
    for name, (base, modifiers) in RECIPES.items():
        torch.manual_seed(11)
        model = AutoModelForCausalLM.from_pretrained(MODELS / base, dtype=torch.float32).eval()
        ids = json.loads((MODELS / base / "logits.json").read_text())["ids"]
        with tempfile.TemporaryDirectory() as scratch:
            recipe = pathlib.Path(scratch) / "recipe.yaml"
            recipe.write_text("rotation_stage: {rotation_modifiers: {" + modifiers + "}}\n")
            oneshot(model=model, recipe=str(recipe), pipeline="datafree")
        with torch.no_grad():
            logits = model(torch.tensor([ids])).logits[0]
        folder = out / name
        model.save_pretrained(folder)
        for companion in [*folder.glob("generation_config.json"), *folder.glob("recipe.yaml")]:
            companion.unlink()
        record = {"compressed-tensors": compressed_tensors.__version__, "ids": ids, "logits": floats(logits)}
        (folder / "logits.json").write_text(json.dumps(record, indent=1) + "\n")


main()
