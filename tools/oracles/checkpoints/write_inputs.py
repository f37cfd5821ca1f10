"""Writes small models in the forms that input checkpoints come in, each beside the same model in plain form.

Run from the repository root with torch, safetensors and transformers 5.17.0 installed:

    python tools/oracles/checkpoints/write_inputs.py Tests/CheckpointsTests/Fixtures/inputs

qwen3_moe, mixtral    as `save_pretrained` writes them, each expert by itself; `…_fused` hold what `state_dict()` has in
                      memory, where experts share tensors.
llama_bf16            a Llama in bfloat16 whose linear weights are those of llama_fp8, which has them as DeepSeek-V3 has: float8
                      with a factor for each block of 128 x 128.
blocks.safetensors    three weights of sizes that blocks do not divide, with every finite code and factors of very different
                      sizes, and beside each what `weight_dequant` of DeepSeek-V3 makes of it.
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


BLOCK = 128


def quantized(weight):
    """Codes and factors of a weight, by the largest magnitude of each block."""
    rows, columns = weight.shape
    grid = (-(-rows // BLOCK), -(-columns // BLOCK))
    codes, factors = torch.empty_like(weight, dtype=torch.float8_e4m3fn), torch.empty(grid, dtype=torch.float32)
    for row in range(grid[0]):
        for column in range(grid[1]):
            place = (slice(row * BLOCK, (row + 1) * BLOCK), slice(column * BLOCK, (column + 1) * BLOCK))
            block = weight[place].to(torch.float32)
            factors[row, column] = block.abs().max() / 448
            codes[place] = (block / factors[row, column]).to(torch.float8_e4m3fn)
    return codes, factors


def dequantized(codes, factors):
    """What `weight_dequant_kernel` in inference/kernel.py of DeepSeek-V3 computes, called by fp8_cast_bf16.py with bfloat16
    as the default type: codes and factors as float32, one product, stored as bfloat16."""
    rows, columns = codes.shape
    spread = factors.to(torch.float32).repeat_interleave(BLOCK, 0)[:rows].repeat_interleave(BLOCK, 1)[:, :columns]
    return (codes.to(torch.float32) * spread).to(torch.bfloat16)


def float8(root):
    config = transformers.LlamaConfig(vocab_size=64, hidden_size=128, intermediate_size=256, num_hidden_layers=1,
                                      num_attention_heads=4, num_key_value_heads=1, head_dim=32,
                                      max_position_embeddings=128, tie_word_embeddings=False, dtype="bfloat16")
    torch.manual_seed(12)
    model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
    model.save_pretrained(root / "llama_bf16")
    (root / "llama_bf16" / "generation_config.json").unlink()
    config = json.loads((root / "llama_bf16" / "config.json").read_text())
    stored, plain = {}, {}
    for name, tensor in model.state_dict().items():
        stored[name] = plain[name] = tensor
        if "_proj" in name:
            stored[name], stored[name + "_scale_inv"] = quantized(tensor)
            plain[name] = dequantized(stored[name], stored[name + "_scale_inv"])
    save(root / "llama_bf16", config, plain)
    config["quantization_config"] = {"activation_scheme": "dynamic", "fmt": "e4m3", "quant_method": "fp8",
                                     "weight_block_size": [BLOCK, BLOCK]}
    save(root / "llama_fp8", config, stored)


def blocks(root):
    generator = torch.Generator().manual_seed(13)
    tensors = {}
    for name, rows, columns, kind in [("tall", 300, 40, torch.float32), ("wide", 130, 129, torch.bfloat16),
                                      ("small", 3, 5, torch.float32)]:
        codes = torch.randint(0, 256, (rows, columns), generator=generator, dtype=torch.uint8)
        codes[codes & 0x7F == 0x7F] = 0x80
        exponents = torch.randint(-140, 100, (-(-rows // BLOCK), -(-columns // BLOCK)), generator=generator)
        factors = (1 + torch.rand(exponents.shape, generator=generator)) * torch.exp2(exponents.to(torch.float32))
        tensors[f"{name}.weight"] = codes.view(torch.float8_e4m3fn)
        tensors[f"{name}.weight_scale_inv"] = factors.to(kind)
        tensors[f"{name}.bfloat16"] = dequantized(tensors[f"{name}.weight"], factors.to(kind))
        assert tensors[f"{name}.bfloat16"].isfinite().all()
    save_file(tensors, root / "blocks.safetensors")


def main():
    assert transformers.__version__ == "5.17.0", transformers.__version__
    root = pathlib.Path(sys.argv[1])
    experts(root)
    float8(root)
    blocks(root)


main()
