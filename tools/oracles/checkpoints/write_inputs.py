"""Writes small models in the forms that input checkpoints come in, each beside the same model in plain form.

Run from the repository root with torch, safetensors and transformers 5.17.0 installed:

    python tools/oracles/checkpoints/write_inputs.py Tests/CheckpointsTests/Fixtures/inputs

qwen3_moe, mixtral    as `save_pretrained` writes them, each expert by itself; `…_fused` hold what `state_dict()` has in
                      memory, where experts share tensors.
"""

import json
import pathlib
import sys

import torch
import transformers
from safetensors.torch import save_file

SMALL = dict(vocab_size=64, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1, head_dim=16,
             max_position_embeddings=128, tie_word_embeddings=False, dtype="bfloat16")


def save(folder, config, tensors):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, folder / "model.safetensors",
              metadata={"format": "pt"})


def experts(root):
    configs = {
        "qwen3_moe": transformers.Qwen3MoeConfig(**SMALL, intermediate_size=48, moe_intermediate_size=16, num_experts=4,
                                                 num_experts_per_tok=2, mlp_only_layers=[1]),
        "mixtral": transformers.MixtralConfig(**SMALL, intermediate_size=16, num_local_experts=3, num_experts_per_tok=2),
    }
    for name, config in configs.items():
        torch.manual_seed(11)
        model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
        model.save_pretrained(root / name)
        (root / name / "generation_config.json").unlink()
        config = json.loads((root / name / "config.json").read_text())
        save(root / f"{name}_fused", config, model.state_dict())


def main():
    assert transformers.__version__ == "5.17.0", transformers.__version__
    root = pathlib.Path(sys.argv[1])
    experts(root)


main()
