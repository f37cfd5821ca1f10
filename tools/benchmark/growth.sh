#!/usr/bin/env bash
# Measures how Pare's time and memory grow: GPTQ W4A16 of random Llamas of four depths on the same tokens, and of one of them on four
# numbers of tokens; prints each size, the line through them, and how far they are from it.
#
# usage: tools/benchmark/growth.sh [ROUNDS [WIDTH]]      (3 rounds of models 1024 wide unless told otherwise; 1.7 GB)
# WIDTH is a multiple of 128. Sizes take turns, so that what changes on the machine meanwhile meets all of them.
set -euo pipefail
cd "$(dirname "$0")/../.."
rounds=${1:-3} width=${2:-1024}
if ! [[ $rounds =~ ^[1-9][0-9]*$ && $width =~ ^[1-9][0-9]*$ ]] || ((width % 128)); then
  echo "usage: tools/benchmark/growth.sh [ROUNDS [WIDTH]]; WIDTH is a multiple of 128"
  exit 2
fi
work=.build-benchmark/growth
pare=.build/release/pare
length=512
depths=(4 8 16 32) sequences=(4 8 16 32)
depth=8 fixed=8
[ -x "$pare" ] || { echo "build Pare first (make build)"; exit 1; }
[ -x /usr/bin/time ] || { echo "install GNU time (apt-get install time)"; exit 1; }
mkdir -p "$work"

model() { echo "$work/width-$width-blocks-$1"; } # BLOCKS
for blocks in "${depths[@]}"; do
  if [ ! -e "$(model "$blocks")/ids.jsonl" ]; then
    rm -rf "$(model "$blocks")"
    python3 tools/benchmark/make_random_llama.py "$(model "$blocks")" --hidden "$width" --intermediate $((3 * width)) \
      --blocks "$blocks" --heads $((width / 64)) --key-heads $((width / 64)) --vocabulary 4096 --sequences 32 --length $length
  fi
done

times=$work/times.txt
: > "$times"
measure() { # SERIES SIZE BLOCKS SEQUENCES: appends wall seconds, CPU seconds and peak kilobytes
  rm -rf "$work/out"
  /usr/bin/time -f "$1 $2 %e %U %S %M" -a -o "$times" "$pare" run tools/benchmark/gptq-w4a16.yaml --model "$(model "$3")" \
    --output "$work/out" --calibration "$(model "$3")/ids.jsonl" --samples "$4" --sequence-length $length \
    > "$work/log.txt" 2>&1 || { cat "$work/log.txt"; exit 1; }
}

for round in $(seq "$rounds"); do
  echo "round $round of $rounds" >&2
  for blocks in "${depths[@]}"; do measure blocks "$blocks" "$blocks" $fixed; done
  for count in "${sequences[@]}"; do measure tokens $((count * length)) $depth "$count"; done
done
rm -rf "$work/out"
echo "GPTQ W4A16, $width wide, $((3 * width)) inside; blocks: on $((fixed * length)) tokens; tokens: in $depth blocks; medians of $rounds"
echo
python3 tools/benchmark/fit_growth.py "$times"
