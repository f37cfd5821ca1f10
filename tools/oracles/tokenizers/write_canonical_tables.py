"""Writes the Unicode tables of canonical composition as Swift.

Usage: python3 write_canonical_tables.py FOLDER

The data are Unicode's own (UnicodeData.txt), read through Python's unicodedata; the version is written into each file.
"""

import pathlib
import sys
import unicodedata

WIDTH = 118


def scalars():
    return (chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000)


def rows(groups):
    lines, line = [], "   "
    for group in groups:
        text = " " + ", ".join(f"0x{value:X}" for value in group) + ","
        if len(line) + len(text) > WIDTH:
            lines.append(line)
            line = "   "
        line += text
    return "\n".join(lines + [line])


def write(folder, name, aspect, summary, detail, groups):
    text = f"""extension CanonicalComposition {{
  /// {summary}
  ///
  /// {detail}
  /// Unicode {unicodedata.unidata_version}; written by tools/oracles/tokenizers/write_canonical_tables.py.
  static let {name}: [UInt32] = [
{rows(groups)}
  ]
}}
"""
    (folder / f"CanonicalComposition+{aspect}.swift").write_text(text)


def main():
    folder = pathlib.Path(sys.argv[1])
    pairs, singles = [], []
    for character in scalars():
        decomposition = unicodedata.decomposition(character)
        if not decomposition or decomposition.startswith("<"):
            continue
        parts = [int(part, 16) for part in decomposition.split()]
        if len(parts) == 1:
            singles.append((ord(character), parts[0]))
        else:
            composes = unicodedata.normalize("NFC", character) == character
            pairs.append((ord(character), parts[0], parts[1], composes))
    write(folder, "pairTable", "Pairs", "Scalars that are composed of two, in triples: the composite, its first and its second.",
          "The two compose into it again.", [p[:3] for p in pairs if p[3]])
    write(folder, "excludedPairTable", "ExcludedPairs", "Scalars that decompose into two which do not compose again, in triples.",
          "The composite, its first and its second.", [p[:3] for p in pairs if not p[3]])
    write(folder, "singleTable", "Singles", "Scalars that decompose into one other, in pairs.",
          "The scalar and what it stands for.", singles)
    classes = []
    for character in scalars():
        value = unicodedata.combining(character)
        if not value:
            continue
        code = ord(character)
        if classes and classes[-1][1] == code - 1 and classes[-1][2] == value:
            classes[-1][1] = code
        else:
            classes.append([code, code, value])
    write(folder, "classTable", "Classes", "Canonical combining classes other than 0, in triples: first scalar, last scalar, class.",
          "Scalars not named have class 0.", classes)


if __name__ == "__main__":
    main()
