"""Makes small random models of each architecture and records the logits that transformers computes with them.

Run from the repository root with torch and transformers 5.17.0 installed:

    HF_HUB_OFFLINE=1 python tools/oracles/numerics/record_logits.py Tests/InferenceTests/Fixtures/models [name ...]

Each folder holds config.json, model.safetensors and logits.json: token ids and the logits at each position, float32.
With names, only these models are made anew.
"""

import json
import pathlib
import sys

import torch
import transformers
from transformers import AutoConfig

from arrays import floats
from small_models import models

LENGTH = 40
# Above are ids that stand for images.
LARGEST_TEXT_ID = {"gemma3": 60, "llava": 60, "mistral3": 60}


def model_class(config):
    classes = transformers.MODEL_FOR_CAUSAL_LM_MAPPING
    if config.model_type in LARGEST_TEXT_ID:
        classes = transformers.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING
    return classes[type(config)]


def implementation(config):
    # Only this one of transformers caps the scores of attention.
    return {"attn_implementation": "eager"} if config.model_type == "gemma2" else {}


def is_norm(name):
    return any(part in name for part in ("norm", ".ln_"))


def initialize(model):
    """Norms near one, biases that matter, and weights that keep the residual stream of order one."""
    offset = model.config.model_type.startswith("gemma")
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("bias"):
                parameter.normal_(0, 0.5)
            elif is_norm(name):
                parameter.uniform_(-0.5, 0.5) if offset else parameter.uniform_(0.5, 1.5)
            elif name.endswith(".gate.weight"):
                # Experts that are chosen clearly.
                parameter.normal_(0, 0.5)
            else:
                parameter.normal_(0, 0.2)
        for name, buffer in model.named_buffers():
            if name.endswith("e_score_correction_bias"):
                buffer.normal_(0, 0.3)


def store(model, folder, dtype):
    """Weights in one type, but the biases of routers in float32, as published."""
    biases = {name: buffer.clone() for name, buffer in model.named_buffers() if name.endswith("e_score_correction_bias")}
    model.to(dtype)
    for name, bias in biases.items():
        parent, _, last = name.rpartition(".")
        setattr(model.get_submodule(parent), last, bias)
    model.save_pretrained(folder)
    for companion in folder.glob("generation_config.json"):
        companion.unlink()


def load(folder):
    """The model as stored: weights rounded to what is stored, rotary frequencies not."""
    config = AutoConfig.from_pretrained(folder)
    return model_class(config).from_pretrained(folder, dtype=torch.float32, **implementation(config)).eval()


def record(folder, config, dtype, rewrite=None):
    model = model_class(config)._from_config(config).eval()
    initialize(model)
    store(model, folder, dtype)
    if rewrite is not None:
        rewrite(folder)
    ids = torch.randint(0, LARGEST_TEXT_ID.get(config.model_type, 64), (1, LENGTH))
    with torch.no_grad():
        logits = load(folder)(ids).logits[0]
    record = {"transformers": transformers.__version__, "ids": ids[0].tolist(), "logits": floats(logits)}
    (folder / "logits.json").write_text(json.dumps(record, indent=1) + "\n")


def main():
    assert transformers.__version__ == "5.17.0", transformers.__version__
    out, names = pathlib.Path(sys.argv[1]), sys.argv[2:]
    for number, (name, *model) in enumerate(models()):
        torch.manual_seed(100 + number)
        if not names or name in names:
            record(out / name, *model)


if __name__ == "__main__":
    main()
