"""Runs llm-compressor on a recipe with given token ids.

usage: run_peer.py MODEL RECIPE.yaml OUT IDS.jsonl"""
import json
import os
import sys

os.environ["HF_HUB_OFFLINE"] = "1"
import torch
from datasets import Dataset
from llmcompressor import oneshot
from llmcompressor.pipelines.cache import IntermediatesCache
from transformers import AutoModelForCausalLM, AutoTokenizer

if not torch.accelerator.is_available():
    # AWQ pins memory for an accelerator, and fails where there is none.
    IntermediatesCache._pin_intermediate = classmethod(lambda cls, value: None)
model_path, recipe, out, ids = sys.argv[1:5]
rows = [json.loads(line)["input_ids"] for line in open(ids)]
tokenizer = AutoTokenizer.from_pretrained(model_path)
model = AutoModelForCausalLM.from_pretrained(model_path, dtype="auto")
data = Dataset.from_dict({"input_ids": rows, "attention_mask": [[1] * len(row) for row in rows]})
calibration = {} if "fp8-dynamic" in recipe else dict(
    dataset=data, max_seq_length=len(rows[0]), num_calibration_samples=len(rows), shuffle_calibration_samples=False)
oneshot(model=model, tokenizer=tokenizer, recipe=recipe, **calibration)
model.save_pretrained(out, save_compressed=True)
tokenizer.save_pretrained(out)
