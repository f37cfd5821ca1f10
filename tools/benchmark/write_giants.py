"""Writes what of four large models `pare plan` reads: config.json, the index, and weight files that are a header and a hole.

usage: write_giants.py OUT [--index-only]
The numbers are those that the models' authors published; the weight files take the size of their headers on disks with sparse files."""
import json
import math
import os
import struct
import sys

LLAMA_405B = dict(
    architectures=["LlamaForCausalLM"], model_type="llama", hidden_act="silu", hidden_size=16384, intermediate_size=53248,
    num_hidden_layers=126, num_attention_heads=128, num_key_value_heads=8, vocab_size=128256, max_position_embeddings=131072,
    rms_norm_eps=1e-5, rope_theta=500000.0, tie_word_embeddings=False, torch_dtype="bfloat16")
MIXTRAL_8X22B = dict(
    architectures=["MixtralForCausalLM"], model_type="mixtral", hidden_act="silu", hidden_size=6144, intermediate_size=16384,
    num_hidden_layers=56, num_attention_heads=48, num_key_value_heads=8, num_local_experts=8, num_experts_per_tok=2,
    vocab_size=32000, max_position_embeddings=65536, rms_norm_eps=1e-5, rope_theta=1000000.0, sliding_window=None,
    tie_word_embeddings=False, torch_dtype="bfloat16")
QWEN3_235B = dict(
    architectures=["Qwen3MoeForCausalLM"], model_type="qwen3_moe", hidden_act="silu", hidden_size=4096, intermediate_size=12288,
    num_hidden_layers=94, num_attention_heads=64, num_key_value_heads=4, head_dim=128, num_experts=128, num_experts_per_tok=8,
    moe_intermediate_size=1536, decoder_sparse_step=1, mlp_only_layers=[], norm_topk_prob=True, vocab_size=151936,
    max_position_embeddings=40960, rms_norm_eps=1e-6, rope_theta=1000000.0, tie_word_embeddings=False, torch_dtype="bfloat16")
DEEPSEEK_V3 = dict(
    architectures=["DeepseekV3ForCausalLM"], model_type="deepseek_v3", hidden_act="silu", hidden_size=7168,
    intermediate_size=18432, num_hidden_layers=61, num_attention_heads=128, num_key_value_heads=128, first_k_dense_replace=3,
    moe_layer_freq=1, n_routed_experts=256, n_shared_experts=1, num_experts_per_tok=8, moe_intermediate_size=2048, n_group=8,
    topk_group=4, topk_method="noaux_tc", scoring_func="sigmoid", norm_topk_prob=True, routed_scaling_factor=2.5,
    q_lora_rank=1536, kv_lora_rank=512, qk_nope_head_dim=128, qk_rope_head_dim=64, v_head_dim=128, num_nextn_predict_layers=1,
    vocab_size=129280, max_position_embeddings=163840, rms_norm_eps=1e-6, rope_theta=10000, tie_word_embeddings=False,
    torch_dtype="bfloat16",
    quantization_config=dict(quant_method="fp8", fmt="e4m3", activation_scheme="dynamic", weight_block_size=[128, 128]))
MODELS = {
    "llama-3.1-405b": LLAMA_405B, "mixtral-8x22b": MIXTRAL_8X22B, "qwen3-235b-a22b": QWEN3_235B, "deepseek-v3": DEEPSEEK_V3}
ELEMENT_BYTES = {"BF16": 2, "F32": 4, "F8_E4M3": 1}
SHARD_BYTES = 5_000_000_000


def tensors(config):
    """Name, type and shape of every tensor, in the order of the module tree."""
    found = []
    family, hidden = config["model_type"], config["hidden_size"]
    heads, key_heads = config["num_attention_heads"], config["num_key_value_heads"]
    dimension = config.get("head_dim", hidden // heads)
    block = config.get("quantization_config", {}).get("weight_block_size")

    def add(name, *shape, dtype="BF16"):
        found.append((name, dtype, list(shape)))

    def linear(name, rows, columns):
        add(f"{name}.weight", rows, columns, dtype="F8_E4M3" if block else "BF16")
        if block:
            add(f"{name}.weight_scale_inv", math.ceil(rows / block[0]), math.ceil(columns / block[1]), dtype="F32")

    def product(part, size, names=("gate_proj", "up_proj", "down_proj")):
        gate, up, down = names
        linear(f"{part}.{gate}", size, hidden)
        linear(f"{part}.{up}", size, hidden)
        linear(f"{part}.{down}", hidden, size)

    def low_rank(part):
        plain, turned, value = config["qk_nope_head_dim"], config["qk_rope_head_dim"], config["v_head_dim"]
        query, narrow = config["q_lora_rank"], config["kv_lora_rank"]
        linear(f"{part}.q_a_proj", query, hidden)
        add(f"{part}.q_a_layernorm.weight", query)
        linear(f"{part}.q_b_proj", heads * (plain + turned), query)
        linear(f"{part}.kv_a_proj_with_mqa", narrow + turned, hidden)
        add(f"{part}.kv_a_layernorm.weight", narrow)
        linear(f"{part}.kv_b_proj", heads * (plain + value), narrow)
        linear(f"{part}.o_proj", hidden, heads * value)

    def attention(part):
        if family == "deepseek_v3":
            return low_rank(part)
        for name, count in (("q_proj", heads), ("k_proj", key_heads), ("v_proj", key_heads)):
            linear(f"{part}.{name}", count * dimension, hidden)
        linear(f"{part}.o_proj", hidden, heads * dimension)
        if family == "qwen3_moe":
            add(f"{part}.q_norm.weight", dimension)
            add(f"{part}.k_norm.weight", dimension)

    def feed_forward(layer, index):
        if family == "mixtral":
            part = f"{layer}.block_sparse_moe"
            add(f"{part}.gate.weight", config["num_local_experts"], hidden)
            for expert in range(config["num_local_experts"]):
                product(f"{part}.experts.{expert}", config["intermediate_size"], ("w1", "w3", "w2"))
            return
        experts = config.get("n_routed_experts") or config.get("num_experts", 0)
        if not experts or index < config.get("first_k_dense_replace", 0):
            return product(f"{layer}.mlp", config["intermediate_size"])
        size = config["moe_intermediate_size"]
        add(f"{layer}.mlp.gate.weight", experts, hidden)
        if family == "deepseek_v3":
            add(f"{layer}.mlp.gate.e_score_correction_bias", experts, dtype="F32")
        for expert in range(experts):
            product(f"{layer}.mlp.experts.{expert}", size)
        if family == "deepseek_v3":
            product(f"{layer}.mlp.shared_experts", size * config["n_shared_experts"])

    add("model.embed_tokens.weight", config["vocab_size"], hidden)
    count = config["num_hidden_layers"]
    # The block that predicts a second token has an embedding, norms and a head of its own.
    for index in range(count + config.get("num_nextn_predict_layers", 0)):
        layer = f"model.layers.{index}"
        add(f"{layer}.input_layernorm.weight", hidden)
        attention(f"{layer}.self_attn")
        add(f"{layer}.post_attention_layernorm.weight", hidden)
        feed_forward(layer, index)
        if index >= count:
            add(f"{layer}.embed_tokens.weight", config["vocab_size"], hidden)
            for norm in ("enorm", "hnorm", "shared_head.norm"):
                add(f"{layer}.{norm}.weight", hidden)
            add(f"{layer}.eh_proj.weight", hidden, 2 * hidden)
            add(f"{layer}.shared_head.head.weight", config["vocab_size"], hidden)
    add("model.norm.weight", hidden)
    add("lm_head.weight", config["vocab_size"], hidden)
    return found


def byte_count(tensor):
    return ELEMENT_BYTES[tensor[1]] * math.prod(tensor[2])


def shards(found):
    """Tensors in files of at most SHARD_BYTES."""
    files, size = [[]], 0
    for tensor in found:
        if files[-1] and size + byte_count(tensor) > SHARD_BYTES:
            files.append([])
            size = 0
        files[-1].append(tensor)
        size += byte_count(tensor)
    return files


def write_shard(path, members):
    header, end = {}, 0
    for tensor in members:
        name, dtype, shape = tensor
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [end, end + byte_count(tensor)]}
        end += byte_count(tensor)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(8 + len(text) + end)


def write(folder, config, index_only):
    os.makedirs(folder, exist_ok=True)
    files = shards(tensors(config))
    names = [f"model-{number + 1:05d}-of-{len(files):05d}.safetensors" for number in range(len(files))]
    places = {}
    for name, members in zip(names, files):
        places.update((tensor[0], name) for tensor in members)
        if not index_only:
            write_shard(f"{folder}/{name}", members)
    total = sum(byte_count(tensor) for members in files for tensor in members)
    with open(f"{folder}/model.safetensors.index.json", "w") as file:
        json.dump({"metadata": {"total_size": total}, "weight_map": dict(sorted(places.items()))}, file, indent=2)
    with open(f"{folder}/config.json", "w") as file:
        json.dump(config, file, indent=2)
    print(f"{os.path.basename(folder)}: {len(places)} tensors, {len(files)} files, {total} bytes")


if __name__ == "__main__":
    for model, numbers in MODELS.items():
        write(f"{sys.argv[1]}/{model}", numbers, "--index-only" in sys.argv)
