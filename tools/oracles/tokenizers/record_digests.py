"""Records what Hugging Face's `tokenizers` makes of whole files, as digests that Pare's own tokenizer is held against.

Usage: python3 record_digests.py OUTPUT TOKENIZERS TEXT...

TOKENIZERS is a folder with one folder for each tokenizer.json. Writes JSON: for each tokenizer and each text, by name, how many ids
there are without special tokens and the SHA-256 of them as little-endian integers of 32 bits.
"""

import array
import hashlib
import json
import pathlib
import sys

import tokenizers


def main():
    output, folder, *texts = sys.argv[1:]
    recorded = {}
    for path in sorted(pathlib.Path(folder).glob("*/tokenizer.json")):
        tokenizer = tokenizers.Tokenizer.from_file(str(path))
        recorded[path.parent.name] = {}
        for text in map(pathlib.Path, texts):
            ids = array.array("i", tokenizer.encode(text.read_bytes().decode(), add_special_tokens=False).ids)
            digest = hashlib.sha256(ids.tobytes()).hexdigest()
            recorded[path.parent.name][text.name] = {"count": len(ids), "sha256": digest}
    with open(output, "w", encoding="ascii") as file:
        json.dump({"recorder": "tokenizers", "version": tokenizers.__version__, "tokenizers": recorded}, file, indent=2)
        file.write("\n")


if __name__ == "__main__":
    main()
