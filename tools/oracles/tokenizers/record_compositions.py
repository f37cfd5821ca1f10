"""Records the canonical composition (NFC) of every assigned scalar, alone and among others, as one hash per 4096 scalars.

Usage: python3 record_compositions.py OUTPUT
"""

import json
import sys
import unicodedata

MASK = (1 << 64) - 1
LIMIT = 0x30000
BLOCK = 0x1000


def hashed(value, data):
    """FNV-1a."""
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 & MASK
    return value


def main():
    hashes = []
    for start in range(0, LIMIT, BLOCK):
        value = 0xCBF29CE484222325
        for code in range(max(start, 0x20), start + BLOCK):
            character = chr(code)
            if unicodedata.category(character) in ("Cn", "Cs"):
                continue
            for text in (character, "a\u0327" + character + "\u0301\u0323b"):
                value = hashed(value, unicodedata.normalize("NFC", text).encode() + b"\n")
        hashes.append(f"{value:016x}")
    with open(sys.argv[1], "w", encoding="ascii") as file:
        json.dump({"unicode": unicodedata.unidata_version, "hashes": hashes}, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
