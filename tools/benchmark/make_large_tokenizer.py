"""Writes a tokenizer.json of Gemma's size and kind: 262,144 tokens with spaces as marks, merges for every way to halve a token.

usage: make_large_tokenizer.py TOKENIZER.json OUT.json
The tokens are those of a byte-level tokenizer.json, which must have fewer, and random compounds of them. The same arguments give
the same bytes."""
import json
import random
import sys

SIZE = 262144
MARK = "\u2581"
SPECIAL = ["<pad>", "<eos>", "<bos>", "<unk>"]

source = json.load(open(sys.argv[1], encoding="utf-8"))
printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
alphabet = {chr(byte): byte for byte in printable}
alphabet |= {chr(256 + n): byte for n, byte in enumerate(byte for byte in range(256) if byte not in printable)}


def text(token):
    """The token as text with marks, or nothing where it is half a character or has a mark behind something else."""
    try:
        words = bytes(alphabet[character] for character in token).decode().replace(" ", MARK)
    except (KeyError, UnicodeDecodeError):
        return ""
    return words if MARK not in words.lstrip(MARK) else ""


words = sorted(filter(None, map(text, source["model"]["vocab"])), key=len)
characters = sorted({character for word in words for character in word})
tokens = dict.fromkeys([*SPECIAL, *(f"<0x{byte:02X}>" for byte in range(256)), *characters, *words])
stems = [word for word in words if len(word) > 2]
endings = [word for word in words if len(word) == 3 and MARK not in word]
draw = random.Random(0)
while len(tokens) < SIZE:
    stem, ending = draw.choice(stems), draw.choice(endings)
    for length in range(1, min(3, SIZE - len(tokens)) + 1):
        tokens[stem + ending[:length]] = None
vocabulary = {token: index for index, token in enumerate(tokens)}

merges = []
for token in list(vocabulary)[len(SPECIAL) + 256:]:
    halves = ([token[:middle], token[middle:]] for middle in range(1, len(token)))
    merges += [pair for pair in halves if pair[0] in vocabulary and pair[1] in vocabulary]

document = {
    "version": "1.0",
    "added_tokens": [
        {"id": vocabulary[token], "content": token, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
         "special": True} for token in SPECIAL],
    "normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": MARK},
    "pre_tokenizer": {"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious", "invert": False},
    "post_processor": None,
    "decoder": None,
    "model": {"type": "BPE", "dropout": None, "unk_token": "<unk>", "continuing_subword_prefix": None, "end_of_word_suffix": None,
              "fuse_unk": True, "byte_fallback": True, "ignore_merges": False, "vocab": vocabulary, "merges": merges},
}
with open(sys.argv[2], "w", encoding="utf-8") as file:
    json.dump(document, file, ensure_ascii=False, indent=2)
print(f"{len(vocabulary)} tokens, {len(merges)} merges")
