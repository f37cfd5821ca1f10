"""Times how Pare and Hugging Face's tokenizers read a tokenizer.json and encode a text with it, side by side, on one thread.

usage: time_tokenizers.py PARE MODEL WORK TEXT ROUNDS TOKENIZER.json…
MODEL is any small checkpoint whose vocabulary is as large as the largest tokenizer's; nothing is computed with it. `pare eval` is asked
for one window that no text fills, so that it encodes everything and then stops, saying how many tokens there are: that number must be
the other's. All times are CPU time, each the median of processes of their own: loading is the command on a text of three words less the
command without tokenizer, encoding is the command on the text less that on three words, reading the file included. The other's times are
taken within the process, around `from_file` and `encode_batch_fast`, which computes no offsets; reading the text is not included."""
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import time

ENDLESS = "1000000000"


def of_peer(tokenizer, kind, path):
    """What tokenizers takes to load and to encode, and how many tokens it makes; printed as JSON."""
    from tokenizers import Tokenizer

    with open(path, encoding="utf-8") as file:
        texts = [file.read()] if kind == "text" else [json.loads(line)["text"] for line in file]
    start = time.process_time()
    loaded = Tokenizer.from_file(tokenizer)
    middle = time.process_time()
    encodings = loaded.encode_batch_fast(texts, add_special_tokens=False)
    end = time.process_time()
    count = sum(len(encoding.ids) for encoding in encodings)
    print(json.dumps({"load": middle - start, "encode": end - middle, "tokens": count}))


if sys.argv[1] == "peer":
    of_peer(*sys.argv[2:])
    sys.exit()

pare, model, work, text, rounds = sys.argv[1:5] + [int(sys.argv[5])]
tokenizers = sys.argv[6:]
os.environ["TOKENIZERS_PARALLELISM"] = "false"

with open(text, encoding="utf-8") as file:
    content = file.read()
lines = [line for line in content.split("\n") if line.strip()]
files = {kind: f"{work}/{kind}.{suffix}" for kind, suffix in [("words", "txt"), ("text", "txt"), ("lines", "jsonl")]}
for kind, written in [("words", "Three short words.\n"), ("text", content),
                      ("lines", "".join(json.dumps({"text": line}) + "\n" for line in lines))]:
    with open(files[kind], "w", encoding="utf-8") as file:
        file.write(written)
size = {"text": len(content.encode()), "lines": sum(len(line.encode()) for line in lines)}


def run(*command):
    """Seconds of CPU, seconds, exit status and standard error of a command."""
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        said = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime, time.perf_counter() - start, process.returncode, said


def of_pare(path, outcome):
    """Seconds of CPU until Pare refuses the text, and what `outcome` finds in the reason."""
    seconds, _, _, said = run(pare, "eval", model, "--text", path, "--sequence-length", ENDLESS, "--threads", "1")
    found = re.search(outcome, said)
    if not found:
        sys.exit(f"pare did not stop as it should: {said}")
    return seconds, found


def show(name, figure, ours, theirs, unit, ratio):
    print(f"{name:<28} {figure:<10} {ours:9.1f} {theirs:12.1f} {unit:<5} {ratio:6.1f}", flush=True)


print(f"{'':<28} {'':<10} {'Pare':>9} {'tokenizers':>12} {'':<5} {'ratio':>6}")
link = f"{model}/tokenizer.json"
for tokenizer in tokenizers:
    times = {}
    for _ in range(rounds):
        if os.path.exists(link):
            os.remove(link)
        times.setdefault("none", []).append(of_pare(files["words"], r"\[missing-tokenizer\]")[0])
        shutil.copy(tokenizer, link)
        for kind, path in files.items():
            seconds, found = of_pare(path, r"the file has (\d+) tokens")
            times.setdefault(kind, []).append(seconds)
            if kind == "words":
                continue
            peer = json.loads(subprocess.check_output([sys.executable, __file__, "peer", tokenizer, kind, path]))
            if peer["tokens"] != int(found[1]):
                sys.exit(f"{tokenizer}, {kind}: Pare makes {found[1]} tokens, tokenizers {peer['tokens']}")
            times.setdefault("peer load", []).append(peer["load"])
            times.setdefault(f"peer {kind}", []).append(peer["encode"])
    middle = {key: statistics.median(values) for key, values in times.items()}
    name = os.path.basename(os.path.dirname(os.path.abspath(tokenizer)))
    load = middle["words"] - middle["none"]
    show(name, "load", load * 1e3, middle["peer load"] * 1e3, "ms", middle["peer load"] / load)
    for kind in ["text", "lines"]:
        rate = size[kind] / 1e6 / (middle[kind] - middle["words"])
        peer_rate = size[kind] / 1e6 / middle[f"peer {kind}"]
        show(name, kind, rate, peer_rate, "MB/s", rate / peer_rate)

recipe = os.path.join(os.path.dirname(os.path.abspath(__file__)), "gptq-w4a16.yaml")
for command in [["check", recipe], ["explain", "GPTQModifier"]]:
    measured = [run(pare, *command)[:3] for _ in range(4 * rounds)]
    if any(status for _, _, status in measured):
        sys.exit(f"pare {command[0]} failed")
    cpu, wall = (statistics.median(figures) * 1e3 for figures in list(zip(*measured))[:2])
    print(f"pare {command[0]}: {wall:.1f} ms, {cpu:.1f} ms of CPU")
