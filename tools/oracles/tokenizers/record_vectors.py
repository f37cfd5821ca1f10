"""Records what Hugging Face's `tokenizers` makes of many texts, as fixtures for Pare's own tokenizer.

Usage: python3 record_vectors.py OUTPUT TOKENIZER_JSON [SEED COUNT]

Writes JSON Lines: the first line says what recorded them, each other line is one text with its `ids`, and with `framed`
ids where the special tokens that the file sets around every text make a difference. SEED and COUNT add that many texts
put together at random from the fragments below.
"""

import json
import random
import sys

import tokenizers

TEXTS = [
    "", " ", "  ", "   ", "\t", "\n", "\n\n", "\r\n", " \n ", "a", " a", "a ", "Hello world", " Hello", "  two  spaces ",
    "1234 56", "a\n\nb", "don't I'll we've they'd I'm you're it's", "DON'T I'LL WE'VE THEY'D I'M YOU'RE IT'S",
    "it'\u017f \u212a's", "na\u00efve caf\u00e9", "nai\u0308ve cafe\u0301", "e\u0301", "\u0301e", " \u0301", "a\u0301\u0323\u0302b",
    "\u1e69 s\u0323\u0307 s\u0307\u0323", "\u212b \u2126 \u00c5 A\u030a", "\ufb01 \uf900 \U0002f800", "\u1112\u1161\u11ab \ud55c \uac00\u11a8",
    "\u0958 \u0915\u093c", "\u0344 \u0308\u0301", "\u4f60\u597d\uff0c\u4e16\u754c\u3002", "\u3053\u3093\u306b\u3061\u306f \u4e16\u754c", "\ud55c\uad6d\uc5b4 \ud14d\uc2a4\ud2b8",
    "\u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645 \u0661\u0662\u0663", "\u0928\u092e\u0938\u094d\u0924\u0947 \u0967\u0968\u0969", "\u05e9\u05b8\u05c1\u05dc\u05d5\u05b9\u05dd", "\u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440!",
    "\U0001f642", "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 \U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7 \U0001f44d\U0001f3fd \u2764\ufe0f", "x\u00a0y \u00a0z\u2003\u2003w\u3000v", "a\u180eb \u180e c", "a\u200bb\u200cc\u200dd\ufeffe",
    "a\u0085b\u2028c\u2029d\x0be\x0cf", "\u00bd \u2167 \u00b2\u00b3 \u2460 \u0e51\u0e52 \U0001d7d8\U0001d7d9 \u3007\u4e00", "x=1;\r\n\r\n  y", "\r\n\r\n\r\n", "a\r\rb\n\r\nc", "tab\there\t\tand\t",
    "if (x) {\n    return y;\n\t}\n", "    indented\n        more\n", "http://example.com/?a=b&c=%20#frag", "snake_case camelCase kebab-case SCREAMING_CASE", "!@#$%^&*()_+-=[]{}|;':\",./<>?`~", "...---!!!???",
    "3.14159 1,000,000 0x1F 1e-10 12345678901234567890", "nul\0nul\0", "\x01\x02\x1b[31m\x7f", "\u0000", "\ufffd\ufffe", "\U0010ffff \ue000", "\u2581", "\u2581\u2581a \u2581", "a\u2581b", "Hello\u2581 \u2581world",
    "<s>", "</s>", "<unk>", "<pad>", "<|endoftext|>", "<|im_start|>user\nhi<|im_end|>\n", "a<|endoftext|>b", " <|endoftext|> ", "<|endoftext|><|endoftext|>", "<|end|>", "x <|end|> y", "<|endoftext", "|endoftext|>", "<|user|>\nhello<|end|>\n<|assistant|>\n", "</s>x", "</s>  x</s>\n\ny", "<s> <s>x", "<bos>hi<eos>",
    "[MASK]", "a [MASK] b", "a[MASK]b", "word", "sword", "words", "a word.", "word word", "word_", "w\u00f6rd word\u0301", "aword worda word", "LEFT", "x  LEFT  y", "RIGHT", "x  RIGHT \n y", "\u3000LEFT\u3000RIGHT\u3000", "BOTH", " BOTH BOTH  BOTH ", "RIGHT LEFT", "RIGHT  BOTH  LEFT", "<ab><abc><abcd>", "<ab<abc",
    "<0x41>", "<0x0A>", "a" * 150, "ab" * 90, " " * 70, "\n" * 40, "\u00e9" * 60, "=" * 97, "supercalifragilisticexpialidocious" * 4, "a b " * 30, "the quick brown fox jumps over the lazy dog " * 2,
    "The year is 2026, and it's 23:59:59.", "Once upon a time, there was a little girl named Lily.", "E=mc\u00b2 \u2200x\u2208\u211d: \u2308x\u2309", "\u00df \u1e9e \u0130 \u0131 \u01c5", "\u00e6\u00f8\u00e5 \u00c6\u00d8\u00c5", "\u2019s \u2018t don\u2019t", "'s's's ''s 's' s'", "'S 'T 'RE 'Ve 'lL", "a's b'S \u00e9's \u4f60's 1's", "A\u0308\u0304 \u0226\u0304 \u1e14\u0300", "\u0f71\u0f72\u0f74 \u0f73",
]

FRAGMENTS = TEXTS + [
    " ", " ", " ", "  ", "\n", "\r\n", "\t", "a", "b", "e", "s", "the", " the", " and", "ing", "'s", "'", "\"", ".", ",", "1", "22", "333", "\u00e9", "\u0301", "\u0308", "\u00a0", "\u4e2d", "\u6587", "\u3042", "\u043f", "\u0440",
    "\u0627", "\u0644", "\U0001f600", "\u200d", "\ufe0f", "\u1100", "\u1161", "\u11a8", "<", ">", "|", "_", "-", "\u2581", "\0", "\u0e01", "\u0e31", "\u0967", "\u00bd", "word", "LEFT", "RIGHT", "BOTH", "<s>", "</s>", "<|endoftext|>",
]


def main():
    output, path = sys.argv[1:3]
    texts = list(TEXTS)
    if len(sys.argv) > 3:
        source = random.Random(int(sys.argv[3]))
        for _ in range(int(sys.argv[4])):
            texts.append("".join(source.choice(FRAGMENTS) for _ in range(source.randint(2, 12))))
    tokenizer = tokenizers.Tokenizer.from_file(path)
    with open(output, "w", encoding="ascii") as file:
        file.write(json.dumps({"recorder": "tokenizers", "version": tokenizers.__version__}) + "\n")
        for text in texts:
            line = {"text": text, "ids": tokenizer.encode(text, add_special_tokens=False).ids}
            framed = tokenizer.encode(text, add_special_tokens=True).ids
            if framed != line["ids"]:
                line["framed"] = framed
            file.write(json.dumps(line, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
