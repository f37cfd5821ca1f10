#!/usr/bin/env bash
# Times `pare plan` and `pare check` on four large models, of which it writes config, index and headers alone.
#
# usage: tools/benchmark/plan.sh [ROUNDS]      (5 unless told otherwise)
set -euo pipefail
cd "$(dirname "$0")/../.."
rounds=${1:-5}
work=.build-benchmark/giants
pare=.build/release/pare
recipe=tools/benchmark/gptq-w4a16.yaml
[ -x /usr/bin/time ] || { echo "install GNU time (apt-get install time)"; exit 1; }
mkdir -p "$work"
python3 tools/benchmark/write_giants.py "$work"

for model in llama-3.1-405b mixtral-8x22b qwen3-235b-a22b deepseek-v3; do
  for command in plan check; do
    : > "$work/times.txt"
    for _ in $(seq "$rounds"); do
      /usr/bin/time -f "%e %U %M" -a -o "$work/times.txt" "$pare" $command "$recipe" --model "$work/$model" > "$work/log.txt" 2>&1
    done
    middle() { sort -n -k"$1" "$work/times.txt" | awk -v field="$1" '{ value[NR] = $field } END { print value[int((NR + 1) / 2)] }'; }
    echo "$command $model: $(middle 1) s, $(middle 2) s of CPU, $(middle 3) KB"
  done
done
