"""Records what llm-compressor writes of rotations into config.json, and which tensors it stores for them.

Run from the repository root with torch, transformers 5.17 and llm-compressor 0.14.0.1 installed:

    python tools/oracles/checkpoints/record_transforms.py Tests/CheckpointsTests/Fixtures/transforms

Each folder holds config.json, and tensors.tsv with the name, type and shape of each tensor that the model did not have before.
The model is that of Tests/CheckpointsTests/Fixtures/base_untied.
"""

import os
import pathlib
import shutil
import sys
import tempfile

os.environ["HF_HUB_OFFLINE"] = "1"

import compressed_tensors
import torch
from llmcompressor import oneshot
from safetensors import safe_open
from transformers import AutoModelForCausalLM

BASE = pathlib.Path("Tests/CheckpointsTests/Fixtures/base_untied")
RECIPES = {
    "quip-v": "QuIPModifier: {rotations: [v], transform_type: hadamard}",
    "quip-u": "QuIPModifier: {rotations: [u], transform_type: random-hadamard, transform_block_size: 32}",
    "quip-vu": "QuIPModifier: {rotations: [v, u], transform_type: random-matrix, ignore: [lm_head, 're:.*down_proj$']}",
    "spinquant-r1-r2": "SpinQuantModifier: {rotations: [R1, R2], transform_type: hadamard}",
    "spinquant-r1-r2-r4": "SpinQuantModifier: {rotations: [R1, R2, R4], transform_type: random-hadamard, "
                          "transform_block_size: 64}",
    "spinquant-r3": "SpinQuantModifier: {rotations: [R3], transform_type: hadamard, precision: float32}",
    "quip-v-w4a16": "{QuIPModifier: {rotations: [v], transform_type: hadamard}, "
                    "QuantizationModifier: {targets: Linear, scheme: W4A16, ignore: [lm_head]}}",
}


def names(folder):
    with safe_open(folder / "model.safetensors", "pt") as file:
        return {name: file.get_slice(name) for name in file.keys()}


def main():
    assert compressed_tensors.__version__ == "0.19.0", compressed_tensors.__version__
    out = pathlib.Path(sys.argv[1])
    base = names(BASE)
    for name, modifiers in RECIPES.items():
        torch.manual_seed(7)
        model = AutoModelForCausalLM.from_pretrained(BASE, dtype="auto")
        modifiers = modifiers if modifiers.startswith("{") else "{" + modifiers + "}"
        with tempfile.TemporaryDirectory() as scratch:
            scratch = pathlib.Path(scratch)
            recipe = scratch / "recipe.yaml"
            recipe.write_text("rotation_stage: {rotation_modifiers: " + modifiers + "}\n")
            oneshot(model=model, recipe=str(recipe), pipeline="datafree")
            model.save_pretrained(scratch / "out")
            folder = out / name
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(scratch / "out" / "config.json", folder / "config.json")
            lines = [f"{key}\t{value.get_dtype()}\t{'x'.join(map(str, value.get_shape()))}\n"
                     for key, value in sorted(names(scratch / "out").items())
                     if key not in base and key.removesuffix("_packed").removesuffix("_scale").removesuffix("_shape")
                     not in base]
            (folder / "tensors.tsv").write_text("".join(lines))


main()
