"""Runs llm-compressor on a recipe, with given token ids if it needs any.

usage: run_peer.py MODEL RECIPE.yaml OUT [IDS.jsonl]"""
import json
import os
import sys

os.environ["HF_HUB_OFFLINE"] = "1"
import torch
from datasets import Dataset
from llmcompressor import oneshot
from llmcompressor.pipelines.cache import IntermediatesCache
from tokenizers import Tokenizer, models
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerFast

if not torch.accelerator.is_available():
    # AWQ pins memory for an accelerator, and fails where there is none.
    IntermediatesCache._pin_intermediate = classmethod(lambda cls, value: None)
model_path, recipe, out = sys.argv[1:4]
if os.path.exists(f"{model_path}/tokenizer.json"):
    tokenizer = AutoTokenizer.from_pretrained(model_path)
else:
    # Random models have none. The ids are given, but llm-compressor insists.
    words = Tokenizer(models.WordLevel({"?": 0}, unk_token="?"))
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, unk_token="?", pad_token="?")
model = AutoModelForCausalLM.from_pretrained(model_path, dtype="auto")
calibration = {}
if len(sys.argv) > 4:
    rows = [json.loads(line)["input_ids"] for line in open(sys.argv[4])]
    data = Dataset.from_dict({"input_ids": rows, "attention_mask": [[1] * len(row) for row in rows]})
    calibration = dict(
        dataset=data, max_seq_length=len(rows[0]), num_calibration_samples=len(rows), shuffle_calibration_samples=False)
oneshot(model=model, tokenizer=tokenizer, recipe=recipe, **calibration)
model.save_pretrained(out, save_compressed=True)
tokenizer.save_pretrained(out)
