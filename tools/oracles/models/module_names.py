"""Records the module trees that transformers builds for tiny models of the families that Pare knows.

Run from the repository root with torch and transformers 5.17.0 installed:

    HF_HUB_OFFLINE=1 python tools/oracles/models/module_names.py

Writes Tests/ModelsTests/Fixtures/modules/<name>.json: the config as transformers saves it, the tensors that a checkpoint
of the model holds (a tied head has none), and every module with its class in the order of `named_modules`.
"""

import json
import pathlib

import torch
import transformers
from transformers import AutoModelForCausalLM, LlamaConfig, MistralConfig, Qwen2Config

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


def record(config):
    model = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
    tied = {"lm_head.weight"} if config.tie_word_embeddings else set()
    return {
        "config": {**json.loads(config.to_json_string(use_diff=False)), "dtype": "bfloat16"},
        "tensors": [[name, list(value.shape)] for name, value in model.state_dict().items() if name not in tied],
        "modules": [[name, type(module).__name__] for name, module in model.named_modules()],
    }


def main():
    assert transformers.__version__ == "5.17.0", transformers.__version__
    for name, config in CONFIGS.items():
        document = record(config)
        lines = [f' "config": {json.dumps(document["config"])}']
        for key in ("tensors", "modules"):
            rows = ",\n".join(f"  {json.dumps(row)}" for row in document[key])
            lines.append(f' "{key}": [\n{rows}\n ]')
        (FIXTURES / f"{name}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
