"""Writes small tokenizer.json files, each of which exercises some components of the format.

Usage: python3 write_tokenizers.py FOLDER
"""

import json
import pathlib
import sys

MARK = "\u2581"
MERGES = [
    (MARK, "t"), ("h", "e"), (MARK + "t", "he"), ("i", "n"), ("in", "g"), (MARK, MARK), (MARK + MARK, MARK + MARK), ("a", "b"),
    ("ab", "ab"), ("b", "a"), ("o", "r"), ("w", "or"), ("wor", "d"), (MARK, "word"), ("a", "a"), ("aa", "aa"), ("l", "l"),
    ("he", "ll"), ("hell", "o"), (MARK, "hello"), ("n", "'"), ("'", "s"), ("\u00e9", "\u00e9"), ("e", "\u0301"), ("1", "2"), ("12", "3"),
    ("\u4f60", "\u597d"), ("<", "a"), ("=", "="), ("==", "=="), (MARK, "a"), ("c", "a"), ("f", "\u00e9"), ("ca", "f\u00e9"),
]
CHARACTERS = [chr(c) for c in range(33, 127)] + list(MARK + "\u00e9\u00ef\u0301\u00a0\u4f60\u597d\u043f\u0440\u0438\u00bd\u0967\uac01\n\t ")
LLAMA_3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def byte_characters():
    kept = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    result, extra = {}, 0x100
    for byte in range(256):
        if byte in kept:
            result[byte] = chr(byte)
        else:
            result[byte] = chr(extra)
            extra += 1
    return result


def spelled(text):
    table = byte_characters()
    return "".join(table[byte] for byte in text.replace(MARK, " ").encode())


def model(first, merges, pairs=True, **members):
    vocabulary = {}
    for token in list(first) + [a + b for a, b in merges]:
        vocabulary.setdefault(token, len(vocabulary))
    return {
        "type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None,
        "fuse_unk": False, "byte_fallback": False, "ignore_merges": False, "vocab": vocabulary,
        "merges": [[a, b] for a, b in merges] if pairs else [f"{a} {b}" for a, b in merges], **members,
    }


def text_model(extra=(), merges=MERGES, **members):
    return model(["<unk>", "<s>", "</s>", *extra, *CHARACTERS], merges, **members)


def byte_model(merges=MERGES, extra=(), **members):
    table = byte_characters()
    spelled_merges, known = [], set(table.values())
    for a, b in merges:
        a, b = spelled(a), spelled(b)
        if a in known and b in known and (a, b) not in spelled_merges:
            spelled_merges.append((a, b))
            known.add(a + b)
    return model([*table.values(), *extra], spelled_merges, **members)


def fallback_bytes(values=range(256)):
    return [f"<0x{value:02X}>" for value in values]


def added(identifier, content, **members):
    token = {"id": identifier, "content": content, "single_word": False, "lstrip": False, "rstrip": False}
    return {**token, "normalized": False, "special": True, **members}


def document(model, normalizer=None, pre_tokenizer=None, post_processor=None, tokens=()):
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": list(tokens), "normalizer": normalizer,
        "pre_tokenizer": pre_tokenizer, "post_processor": post_processor, "decoder": None, "model": model,
    }


def sequence(member, *items):
    return {"type": "Sequence", member: list(items)}


def replace(kind, pattern, content):
    return {"type": "Replace", "pattern": {kind: pattern}, "content": content}


def split(kind, pattern, behavior, invert=False):
    return {"type": "Split", "pattern": {kind: pattern}, "behavior": behavior, "invert": invert}


def metaspace(scheme, **members):
    return {"type": "Metaspace", "replacement": MARK, "prepend_scheme": scheme, **members}


def byte_level(prefix=False, regex=True):
    return {"type": "ByteLevel", "add_prefix_space": prefix, "trim_offsets": True, "use_regex": regex}


def template(before=(), after=()):
    piece = lambda name: {"SpecialToken": {"id": name, "type_id": 0}}
    text = lambda name: {"Sequence": {"id": name, "type_id": 0}}
    names = {name: {"id": name, "ids": ids, "tokens": [name] * len(ids)} for name, ids in [*before, *after]}
    single = [piece(name) for name, _ in before] + [text("A")] + [piece(name) for name, _ in after]
    return {"type": "TemplateProcessing", "single": single, "pair": [text("A"), text("B")], "special_tokens": names}


STANDARD = [added(0, "<unk>"), added(1, "<s>"), added(2, "</s>")]
PREPEND = sequence("normalizers", {"type": "Prepend", "prepend": MARK}, replace("String", " ", MARK))
STRIPS = [
    *STANDARD, added(900, "LEFT", lstrip=True), added(901, "RIGHT", rstrip=True), added(902, "BOTH", lstrip=True, rstrip=True),
    added(903, "word", single_word=True), added(904, "[MASK]", lstrip=True, normalized=True, special=False),
    added(905, "<ab>"), added(906, "<abc>"), added(907, "<abcd"), added(908, "hello", normalized=True, single_word=True),
]
UNKNOWN = {"unk_token": "<unk>", "fuse_unk": True}

DOCUMENTS = {
    "sentencepiece": document(
        text_model(fallback_bytes(), byte_fallback=True, pairs=False, **UNKNOWN), PREPEND, None, template([("<s>", [1])]),
        [added(0, "<unk>"), added(1, "<s>"), added(2, "</s>", rstrip=True, special=False)]),
    "partial-fallback": document(
        text_model(fallback_bytes([0xC3, 0xA6, 0xA9, 0xCC, 0x88, 0x00, 0x0D]), byte_fallback=True, unk_token="<unk>"), PREPEND,
        None, None, STANDARD),
    "no-unknown": document(text_model(), None, None, None, STANDARD),
    "marks-inside-tokens": document(
        text_model(merges=[*MERGES, ("b", MARK), ("b" + MARK, MARK), ("s", MARK + "t")], **UNKNOWN), PREPEND, None, None, STANDARD),
    "metaspace-first": document(text_model(**UNKNOWN), None, metaspace("first", split=False), template([("<s>", [1])], [("</s>", [2])]), STANDARD),
    "metaspace-always": document(text_model(**UNKNOWN), None, metaspace("always", split=True), None, STANDARD),
    "metaspace-never": document(text_model(**UNKNOWN), None, metaspace("never"), None, STANDARD),
    "metaspace-after-split": document(
        text_model(**UNKNOWN), None, sequence("pretokenizers", split("String", "\n", "Isolated"), metaspace("first")), None, STANDARD),
    "split-removed": document(text_model(**UNKNOWN), None, split("Regex", r"\s+", "Removed"), None, STANDARD),
    "split-previous": document(text_model(**UNKNOWN), replace("String", "a", "aa"), split("String", " ", "MergedWithPrevious"), None, STANDARD),
    "split-next": document(text_model(**UNKNOWN), None, split("Regex", r"[ \n]", "MergedWithNext"), None, STANDARD),
    "split-contiguous": document(text_model(**UNKNOWN), None, split("Regex", r"[aeiou.]", "Contiguous"), None, STANDARD),
    "split-inverted": document(text_model(**UNKNOWN), None, split("Regex", r"\w+|[^\w\s]+", "Removed", True), None, STANDARD),
    "replace-regex": document(
        text_model(**UNKNOWN), sequence("normalizers", {"type": "NFC"}, replace("Regex", r"\s{2,}", " "), replace("Regex", r"x+|[\s_]\w", "-")),
        None, None, STANDARD),
    "added-tokens": document(text_model(**UNKNOWN), PREPEND, None, None, STRIPS),
    "llama-3": document(
        byte_model(extra=["wor" + "ds", "\u0120two", "caf\u00c3\u00a9"], ignore_merges=True), {"type": "NFC"},
        sequence("pretokenizers", split("Regex", LLAMA_3, "Isolated"), byte_level(regex=False)),
        sequence("processors", byte_level(), template([("<s>", [901])], [("</s>", [902, 903])])),
        [added(901, "<s>"), added(902, "</s>"), added(903, "<|endoftext|>", normalized=True)]),
    "byte-level-prefix": document(
        byte_model(), None, sequence("pretokenizers", {"type": "Digits", "individual_digits": False}, byte_level(prefix=True)), None,
        [added(901, "<|endoftext|>")]),
    "bytes-then-digits": document(
        byte_model(), None, sequence("pretokenizers", byte_level(), {"type": "Digits", "individual_digits": True}), None, []),
}


def main():
    folder = pathlib.Path(sys.argv[1])
    for name, content in DOCUMENTS.items():
        # Ids of added tokens follow the vocabulary, as the library that reads them wants it.
        size = len(content["model"]["vocab"])
        for token in content["added_tokens"]:
            if token["content"] in content["model"]["vocab"]:
                token["id"] = content["model"]["vocab"][token["content"]]
            else:
                old, token["id"] = token["id"], size
                size += 1
                rename(content["post_processor"], old, token["id"])
        (folder / f"{name}.json").write_text(json.dumps(content, ensure_ascii=True, separators=(",", ":")) + "\n")


def rename(value, old, new):
    """Gives an added token its new id wherever a template names it."""
    if isinstance(value, dict):
        if "ids" in value:
            value["ids"] = [new if item == old else item for item in value["ids"]]
        for item in value.values():
            rename(item, old, new)
    elif isinstance(value, list):
        for item in value:
            rename(item, old, new)


if __name__ == "__main__":
    main()
