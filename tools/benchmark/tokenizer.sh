#!/usr/bin/env bash
# Times how Pare and Hugging Face's tokenizers load a tokenizer.json and encode a text, whole and line by line, on one thread, and how
# fast Pare starts.
#
# usage: tools/benchmark/tokenizer.sh TEXT [TOKENIZER.json…]      (TEXT: WikiText-2's test set for the table of docs/benchmarks.md)
# ROUNDS (7 unless set) is how often each is timed. Without TOKENIZER.json it takes SmolLM2's, which tools/benchmark/prepare.sh makes, and
# one of the size of Gemma's, made of it. PYTHON names an interpreter that has tokenizers; prepare.sh's unless set.
set -euo pipefail
text=$(realpath "$1")
shift
work=.build-benchmark
root=$(dirname "$0")/../..
tokenizers=()
for tokenizer in "$@"; do tokenizers+=("$(realpath "$tokenizer")"); done
cd "$root"
pare=.build/release/pare
if [ ${#tokenizers[@]} -eq 0 ] || [ -z "${PYTHON:-}" ]; then tools/benchmark/prepare.sh "$work" 64 512; fi
python=${PYTHON:-$work/venv/bin/python}
folder=$work/tokenizers
mkdir -p "$folder"
if [ ${#tokenizers[@]} -eq 0 ]; then
  small=$work/SmolLM2-135M-Instruct/tokenizer.json
  large=$folder/256k/tokenizer.json
  if [ ! -e "$large" ]; then
    mkdir -p "$(dirname "$large")"
    "$python" tools/benchmark/make_large_tokenizer.py "$small" "$large"
  fi
  tokenizers=("$small" "$large")
fi
if [ ! -e "$folder/model/config.json" ]; then
  "$python" tools/benchmark/make_random_llama.py "$folder/model" --hidden 16 --intermediate 16 --blocks 1 --heads 1 --key-heads 1 \
    --vocabulary 300000 --tied
fi
"$python" tools/benchmark/time_tokenizers.py "$pare" "$folder/model" "$folder" "$text" "${ROUNDS:-7}" "${tokenizers[@]}"
