"""Writes full sequences of token ids, so that both tools calibrate on exactly the same.

usage: make_ids.py MODEL TEXTS.jsonl OUT.jsonl SAMPLES LENGTH"""
import json
import sys

from tokenizers import Tokenizer

model, texts, out, samples, length = sys.argv[1:4] + [int(v) for v in sys.argv[4:6]]
tokenizer = Tokenizer.from_file(f"{model}/tokenizer.json")
ids = [i for line in open(texts, encoding="utf-8") for i in tokenizer.encode(json.loads(line)["text"]).ids]
rows = [ids[start:start + length] for start in range(0, len(ids) - length + 1, length)][:samples]
if len(rows) < samples:
    sys.exit(f"{texts} gives {len(rows)} sequences of {length} tokens, and {samples} are needed")
with open(out, "w") as file:
    file.writelines(json.dumps({"input_ids": row}) + "\n" for row in rows)
