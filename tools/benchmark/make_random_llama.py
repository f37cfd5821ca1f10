"""Writes a Llama or a Qwen2 of any shape with random bfloat16 weights, in shards, and calibration ids beside it.

usage: make_random_llama.py OUT [--family llama|qwen2] [--hidden N] [--intermediate N] [--blocks N] [--heads N] [--key-heads N]
                                [--vocabulary N] [--shard-gigabytes N] [--tied] [--sequences N] [--length N]
The shape is Llama 2 7B's (13.5 GB) unless told otherwise; Qwen2 has biases on query, key and value. Weights are rows of one pool of normal deviates, each from a random
place, so that writing is as fast as the disk and no two rows are alike. The same arguments give the same bytes."""
import argparse
import array
import json
import math
import os
import random
import struct

POOL = 1 << 22
DEVIATION = 0.02

parser = argparse.ArgumentParser()
parser.add_argument("out")
parser.add_argument("--family", choices=["llama", "qwen2"], default="llama")
parser.add_argument("--hidden", type=int, default=4096)
parser.add_argument("--intermediate", type=int, default=11008)
parser.add_argument("--blocks", type=int, default=32)
parser.add_argument("--heads", type=int, default=32)
parser.add_argument("--key-heads", type=int, default=32)
parser.add_argument("--vocabulary", type=int, default=32000)
parser.add_argument("--shard-gigabytes", type=float, default=5)
parser.add_argument("--tied", action="store_true")
parser.add_argument("--sequences", type=int, default=512)
parser.add_argument("--length", type=int, default=2048)
asked = parser.parse_args()

source = random.Random(0)


def bfloat16(value):
    (bits,) = struct.unpack("<I", struct.pack("<f", value))
    return (bits + 0x7FFF + (bits >> 16 & 1)) >> 16


# A quarter of the pool is drawn; the rest is drawn from it, which is quicker.
drawn = [bfloat16(source.gauss(0, DEVIATION)) for _ in range(POOL // 4)]
pool = memoryview(array.array("H", drawn + source.choices(drawn, k=POOL - len(drawn)))).cast("B")
one = struct.pack("<H", bfloat16(1))


def tensors():
    head = asked.hidden // asked.heads
    yield "model.embed_tokens.weight", [asked.vocabulary, asked.hidden]
    for block in range(asked.blocks):
        prefix = f"model.layers.{block}"
        yield f"{prefix}.input_layernorm.weight", [asked.hidden]
        for layer, heads in (("q_proj", asked.heads), ("k_proj", asked.key_heads), ("v_proj", asked.key_heads)):
            yield f"{prefix}.self_attn.{layer}.weight", [heads * head, asked.hidden]
            if asked.family == "qwen2":
                yield f"{prefix}.self_attn.{layer}.bias", [heads * head]
        yield f"{prefix}.self_attn.o_proj.weight", [asked.hidden, asked.heads * head]
        yield f"{prefix}.post_attention_layernorm.weight", [asked.hidden]
        yield f"{prefix}.mlp.gate_proj.weight", [asked.intermediate, asked.hidden]
        yield f"{prefix}.mlp.up_proj.weight", [asked.intermediate, asked.hidden]
        yield f"{prefix}.mlp.down_proj.weight", [asked.hidden, asked.intermediate]
    yield "model.norm.weight", [asked.hidden]
    if not asked.tied:
        yield "lm_head.weight", [asked.vocabulary, asked.hidden]


def size(shape):
    count = 2
    for side in shape:
        count *= side
    return count


def write(file, name, shape):
    if name.endswith("norm.weight"):
        file.write(one * shape[0])
        return
    length = shape[-1]
    for _ in range(math.prod(shape[:-1])):
        start = source.randrange(POOL - length)
        file.write(pool[2 * start : 2 * (start + length)])


shards = [[]]
filled = 0
for name, shape in tensors():
    if shards[-1] and filled + size(shape) > asked.shard_gigabytes * 1e9:
        shards.append([])
        filled = 0
    shards[-1].append((name, shape))
    filled += size(shape)

os.makedirs(asked.out)
places = {}
total = 0
for number, shard in enumerate(shards, 1):
    name = f"model-{number:05}-of-{len(shards):05}.safetensors" if len(shards) > 1 else "model.safetensors"
    header, end = {"__metadata__": {"format": "pt"}}, 0
    for tensor, shape in shard:
        header[tensor] = {"dtype": "BF16", "shape": shape, "data_offsets": [end, end + size(shape)]}
        end += size(shape)
        places[tensor] = name
    total += end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(os.path.join(asked.out, name), "wb", buffering=1 << 24) as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for tensor, shape in shard:
            write(file, tensor, shape)
if len(shards) > 1:
    with open(os.path.join(asked.out, "model.safetensors.index.json"), "w") as file:
        json.dump({"metadata": {"total_size": total}, "weight_map": places}, file)
config = {
    "hidden_act": "silu", "hidden_size": asked.hidden, "intermediate_size": asked.intermediate, "num_hidden_layers": asked.blocks,
    "num_attention_heads": asked.heads, "num_key_value_heads": asked.key_heads, "vocab_size": asked.vocabulary,
    "max_position_embeddings": 4096, "tie_word_embeddings": asked.tied, "torch_dtype": "bfloat16", "bos_token_id": 1,
    "eos_token_id": 2,
}
if asked.family == "llama":
    config |= {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
        "attention_bias": False, "mlp_bias": False,
    }
else:
    config |= {
        "architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "rms_norm_eps": 1e-6, "rope_theta": 1000000.0,
        "use_sliding_window": False,
    }
with open(os.path.join(asked.out, "config.json"), "w") as file:
    json.dump(config, file)
with open(os.path.join(asked.out, "ids.jsonl"), "w") as file:
    for _ in range(asked.sequences):
        ids = [source.randrange(asked.vocabulary) for _ in range(asked.length)]
        file.write(json.dumps({"input_ids": ids}) + "\n")
