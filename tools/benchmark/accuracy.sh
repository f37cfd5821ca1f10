#!/usr/bin/env bash
# Compresses one model with Pare and with llm-compressor by each recipe of tools/benchmark/accuracy, on the same calibration ids,
# and measures the perplexity of both results on a text.
#
# usage: tools/benchmark/accuracy.sh TEXT [RECIPE…]      (TEXT: WikiText-2's test set for the table of docs/benchmarks.md)
# Uses the Python environment, model and ids that tools/benchmark/run.sh makes in .build-benchmark, and makes them if need be.
set -euo pipefail
cd "$(dirname "$0")/../.."
text=$1
shift
work=.build-benchmark
model=$work/SmolLM2-135M-Instruct
python=$work/venv/bin/python
pare=.build/release/pare
samples=64 length=512
tools/benchmark/prepare.sh "$work" "$samples" "$length"

perplexity() { # FOLDER
  "$pare" eval "$1" --text "$text" --sequence-length 512 --windows 60 2> /dev/null | awk '/^perplexity/ { print $2 }'
}

echo "dense $(perplexity "$model")"
if [ $# -eq 0 ]; then
  for file in tools/benchmark/accuracy/*.yaml; do set -- "$@" "$(basename "$file" .yaml)"; done
fi
for recipe in "$@"; do
  rm -rf "$work/ours" "$work/theirs"
  "$pare" run "tools/benchmark/accuracy/$recipe.yaml" --model "$model" --output "$work/ours" \
    --calibration "$work/ids.jsonl" --samples $samples --sequence-length $length > "$work/log.txt" 2>&1
  ours=$(perplexity "$work/ours")
  "$python" tools/benchmark/run_peer.py "$model" "tools/benchmark/accuracy/$recipe.yaml" "$work/theirs" "$work/ids.jsonl" \
    > "$work/log.txt" 2>&1
  theirs=$(perplexity "$work/theirs")
  awk -v name="$recipe" -v ours="$ours" -v theirs="$theirs" \
    'BEGIN { printf "%-28s pare %8.3f   llm-compressor %8.3f   ratio %.4f\n", name, ours, theirs, ours / theirs }'
done
