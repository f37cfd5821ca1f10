#!/usr/bin/env bash
# Measures memory and speed on random models in the shape of Llama 2 7B, and on shallow and deep ones of one width.
#
# usage: tools/benchmark/memory.sh [FOLDER]      (.build-benchmark/random unless told otherwise; 21 GB, and Pare built)
# Caches are dropped before what is timed if this may be done; whoever is not root measures with what the system has cached.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=${1:-.build-benchmark/random}
pare=.build/release/pare
mkdir -p "$work"
[ -x /usr/bin/time ] || { echo "install GNU time (apt-get install time)"; exit 1; }

make_model() { # NAME ARGUMENTS…
  local name=$1
  shift
  [ -e "$work/$name/config.json" ] || python3 tools/benchmark/make_random_llama.py "$work/$name" "$@"
}

drop_caches() { sync; { echo 3 > /proc/sys/vm/drop_caches; } 2> /dev/null || true; }

run() { # RECIPE MODEL OPTIONS…: prints seconds, the peak in MB, and what Pare says of its time
  local recipe=$1 model=$2
  shift 2
  rm -rf "$work/out"
  drop_caches
  /usr/bin/time -f "$recipe $model $*: %e s, %U + %S s of CPU, peak %M KB" "$pare" run "tools/benchmark/$recipe.yaml" \
    --model "$work/$model" --output "$work/out" "$@" > "$work/log.txt" 2>&1 || { cat "$work/log.txt"; exit 1; }
  tail -1 "$work/log.txt"
  grep '^time' "$work/log.txt"
}

make_model llama-7b
drop_caches
shards=("$work"/llama-7b/*.safetensors)
shard=${shards[0]}
echo "dd of one shard, read and written:"
dd if="$shard" of="$work/copy" bs=8M conv=fsync 2>&1 | tail -1
rm "$work/copy"
drop_caches
echo "dd of one shard, read:"
dd if="$shard" of=/dev/null bs=8M 2>&1 | tail -1
run fp8-dynamic llama-7b
run rtn-w4a16 llama-7b

make_model llama-7b-2-blocks --blocks 2
calibration=(--calibration "$work/llama-7b-2-blocks/ids.jsonl" --samples 16 --sequence-length 512)
"$pare" plan tools/benchmark/gptq-w4a16.yaml --model "$work/llama-7b-2-blocks" --samples 16 --sequence-length 512 | grep '^peak'
run gptq-w4a16 llama-7b-2-blocks "${calibration[@]}"
run gptq-w4a16 llama-7b-2-blocks "${calibration[@]}" --memory 2.8GB

for blocks in 12 48; do
  make_model "blocks-$blocks" --hidden 1024 --intermediate 2816 --blocks $blocks --heads 16 --key-heads 16 --vocabulary 4096
  run fp8-dynamic "blocks-$blocks"
  run gptq-w4a16 "blocks-$blocks" --calibration "$work/blocks-$blocks/ids.jsonl" --samples 8 --sequence-length 512
done
rm -rf "$work/out"
