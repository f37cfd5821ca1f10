"""Compresses the small model of each family with Pare, loads the result in transformers and records its logits.

Run from the repository root, with pare built and torch, transformers 5.17.0 and compressed-tensors installed:

    HF_HUB_OFFLINE=1 python tools/oracles/models/load_outputs.py .build/release/pare

Writes Tests/ExecutionTests/Fixtures/loads.json: for each model the SHA-256 of the weight file that Pare wrote with the
recipe below, and the logits that transformers computes with it in float32; or why transformers does not load it.
"""

import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile

import torch
import transformers
from transformers import AutoModelForCausalLM, AutoModelForImageTextToText

sys.path.insert(0, "tools/oracles/numerics")
from arrays import floats  # noqa: E402

MODELS = pathlib.Path("Tests/InferenceTests/Fixtures/models")
OUT = pathlib.Path("Tests/ExecutionTests/Fixtures/loads.json")
RECIPE = """quant_stage:
  quant_modifiers:
    QuantizationModifier:
      config_groups:
        all:
          targets: [Linear]
          weights: {num_bits: 8, type: int, symmetric: true, strategy: channel}
      ignore: ['re:.*lm_head', 're:.*embed_out']
"""


def record(pare, folder, work):
    recipe = work / "recipe.yaml"
    recipe.write_text(RECIPE)
    out = work / "out"
    done = subprocess.run([pare, "run", recipe, "--model", folder, "--output", out], capture_output=True, text=True)
    if done.returncode != 0:
        return {"refused": done.stderr.strip().splitlines()[0]}
    digest = hashlib.sha256((out / "model.safetensors").read_bytes()).hexdigest()
    ids = json.loads((folder / "logits.json").read_text())["ids"]
    kind = AutoModelForImageTextToText if (folder.name in ("gemma3", "llava", "mistral3")) else AutoModelForCausalLM
    try:
        attention = "eager" if folder.name == "gemma2" else "sdpa"
        model, info = kind.from_pretrained(out, dtype=torch.float32, attn_implementation=attention,
                                           output_loading_info=True)
        if info["missing_keys"] or info["mismatched_keys"]:
            return {"digest": digest, "fails": f"missing: {sorted(info['missing_keys'])[:3]}"}
        if folder.name.startswith("gpt-neox"):
            model.get_output_embeddings().float()  # It keeps the type of the file.
        with torch.no_grad():
            logits = model.eval()(input_ids=torch.tensor([ids])).logits[0]
    except Exception as error:  # Whatever transformers says is what is recorded.
        return {"digest": digest, "fails": f"{type(error).__name__}: {str(error).splitlines()[0][:160]}"}
    return {"digest": digest, "ids": ids, "logits": floats(logits)}


def main():
    pare = pathlib.Path(sys.argv[1]).resolve()
    models = {}
    for folder in sorted(MODELS.iterdir()):
        if not (folder / "model.safetensors").exists():
            continue
        with tempfile.TemporaryDirectory() as work:
            models[folder.name] = record(pare, folder.resolve(), pathlib.Path(work))
        print(folder.name, "ok" if "logits" in models[folder.name] else models[folder.name])
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps({"transformers": transformers.__version__, "recipe": RECIPE, "models": models}, indent=1) + "\n")


main()
