"""Makes small random models of each architecture and records the logits that transformers computes with them.

Run from the repository root with torch and transformers installed:

    python tools/oracles/numerics/record_logits.py Tests/InferenceTests/Fixtures/models

Each folder holds config.json, model.safetensors and logits.json: token ids and the logits at each position, float32.
"""

import json
import pathlib
import sys

import torch
import transformers
from transformers import AutoModelForCausalLM, LlamaConfig, MistralConfig, Qwen2Config

from arrays import floats

SIZES = dict(hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, vocab_size=64,
             max_position_embeddings=256)
MODELS = {
    "llama": (LlamaConfig(**SIZES, num_key_value_heads=2, rms_norm_eps=1e-5), torch.float32),
    "llama-tied": (LlamaConfig(**SIZES, num_key_value_heads=4, tie_word_embeddings=True), torch.float16),
    "llama-3-rope": (LlamaConfig(**SIZES, num_key_value_heads=1, rope_parameters={
        "rope_type": "llama3", "rope_theta": 100.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": 64}), torch.bfloat16),
    "llama-linear-rope": (LlamaConfig(**SIZES, num_key_value_heads=2, rope_parameters={
        "rope_type": "linear", "rope_theta": 10000.0, "factor": 4.0}), torch.bfloat16),
    "mistral": (MistralConfig(**SIZES, num_key_value_heads=2, head_dim=16, sliding_window=None), torch.bfloat16),
    "qwen2": (Qwen2Config(**SIZES, num_key_value_heads=2, rope_parameters={
        "rope_type": "default", "rope_theta": 1000000.0}), torch.float32),
}
LENGTH = 40


def main():
    out = pathlib.Path(sys.argv[1])
    for number, (name, (config, dtype)) in enumerate(MODELS.items()):
        torch.manual_seed(100 + number)
        model = AutoModelForCausalLM.from_config(config).eval()
        with torch.no_grad():
            for parameter_name, parameter in model.named_parameters():
                # Norms near one, biases that matter, and weights that keep the residual stream of order one.
                if "norm" in parameter_name:
                    parameter.uniform_(0.5, 1.5)
                elif parameter_name.endswith("bias"):
                    parameter.normal_(0, 0.5)
                else:
                    parameter.normal_(0, 0.2)
        folder = out / name
        model.to(dtype).save_pretrained(folder)
        for companion in folder.glob("generation_config.json"):
            companion.unlink()
        ids = torch.randint(0, SIZES["vocab_size"], (1, LENGTH))
        # Read anew: weights rounded to what is stored, rotary frequencies not.
        stored = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
        with torch.no_grad():
            logits = stored(ids).logits[0]
        record = {"transformers": transformers.__version__, "ids": ids[0].tolist(), "logits": floats(logits)}
        (folder / "logits.json").write_text(json.dumps(record, indent=1) + "\n")


main()
