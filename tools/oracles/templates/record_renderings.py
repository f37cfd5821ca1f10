"""Records what transformers renders of chat templates, and Jinja of small pieces of its language.

Run from the repository root with transformers 5.17.0 and jinja2 3.1.6 installed:

    python tools/oracles/templates/record_renderings.py [FOLDER…]

Reads Tests/ChatTemplatesTests/Fixtures/templates/*.jinja and snippets.txt, one piece a line, and writes renderings.json and
snippets.json beside them. Folders hold tokenizers with templates of their own, whose renderings go to tokenizers.json.
"""

import datetime
import json
import pathlib
import sys

import jinja2
from transformers.utils.chat_template_utils import _compile_jinja_template

FIXTURES = pathlib.Path("Tests/ChatTemplatesTests/Fixtures")
TOKENS = {"bos_token": "<s>", "eos_token": "</s>"}
DATE = datetime.datetime(2024, 7, 26)

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Gets the weather.\nIn a place.",
        "parameters": {
            "type": "object",
            "properties": {
                "place": {"type": "string", "description": "The place,\nwith its country"},
                "unit": {"type": "string", "enum": ["celsius", "kelvin"], "default": "celsius"},
                "days": {"type": "integer"},
                "Zones": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {"id": {"type": "number"}, "on": {"type": "boolean"}},
                        "required": ["id"],
                    },
                },
                "either": {"type": ["string", "null"], "default": None},
            },
            "required": ["place"],
        },
    },
}
NOTHING = {"type": "function", "function": {"name": "nothing", "description": "Does \"nothing\" — <ever>."}}
CONVERSATIONS = [
    {"messages": [{"role": "user", "content": " Hello there \n"}]},
    {
        "messages": [
            {"role": "system", "content": "Be brief.\n"},
            {"role": "user", "content": "What is 2 + 2?"},
            {"role": "assistant", "content": "<think>\nAdd them.\n</think>\n\n4 😀"},
            {"role": "user", "content": "And naïve café?\r\n\ttabs"},
            {"role": "assistant", "content": "yes"},
        ]
    },
    {
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "one"}, {"type": "image"}, {"type": "text", "text": "two"}]},
            {"role": "assistant", "content": "both"},
        ]
    },
    {
        "messages": [
            {"role": "user", "content": "Weather in Oslo?"},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {"function": {"name": "get_weather", "arguments": {"place": "Oslo", "days": 3, "x": [1.5, True, None, "é\"\n"]}}},
                    {"function": {"name": "nothing", "arguments": "{}"}},
                ],
            },
            {"role": "tool", "content": "cold"},
            {"role": "tool", "content": "dark"},
            {"role": "assistant", "content": "It is cold.", "reasoning_content": "\nAsk.\n"},
        ],
        "tools": [WEATHER, NOTHING],
    },
    {"messages": [{"role": "assistant", "content": "I begin."}, {"role": "user", "content": ""}]},
]
VARIABLES = {
    "s": "Hello, World",
    "u": "naïve 😀 café",
    "sp": " \n a b  c\t",
    "i": 7,
    "n": -7,
    "f": 2.5,
    "t": True,
    "z": None,
    "l": [3, 1, 2],
    "m": ["b", "A", "c", "a"],
    "d": {"b": 1, "a": [1, "x", None, True, 2.0], "items": "own"},
    "e": {},
    "rows": [{"k": "x", "v": 1, "in": {"w": 5}}, {"k": "y", "v": 0}, {"k": "X", "v": 2, "in": {"w": 3}}],
}


def compiled(source):
    template = _compile_jinja_template(source)
    template.globals["strftime_now"] = lambda form: DATE.strftime(form)
    return template


def rendering(source, variables):
    """The text, or the kind of error."""
    try:
        return {"text": compiled(source).render(**variables)}
    except jinja2.exceptions.TemplateSyntaxError as error:
        return {"fault": "syntax", "line": error.lineno}
    except jinja2.exceptions.UndefinedError:
        return {"fault": "undefined"}
    except jinja2.exceptions.SecurityError:
        return {"fault": "other"}
    except jinja2.exceptions.TemplateError as error:
        return {"fault": "raised", "message": error.message}
    except Exception:
        return {"fault": "other"}


def conversations(source):
    records = []
    for conversation in CONVERSATIONS:
        given = {"documents": None, "tools": None, "add_generation_prompt": False, **conversation}
        records.append({**conversation, **rendering(source, {**TOKENS, **given})})
    return records


def write(name, value):
    (FIXTURES / name).write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def main():
    templates = sorted((FIXTURES / "templates").glob("*.jinja"))
    write("renderings.json", {path.stem: conversations(path.read_text(encoding="utf-8")) for path in templates})
    lines = (FIXTURES / "snippets.txt").read_text(encoding="utf-8").splitlines()
    pieces = [line for line in lines if line and not line.startswith("##")]
    write(
        "snippets.json",
        {"variables": VARIABLES, "pieces": [{"source": piece, **rendering(piece, VARIABLES)} for piece in pieces]},
    )
    if len(sys.argv) > 1:
        records = {}
        for folder in map(pathlib.Path, sys.argv[1:]):
            config = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
            records[folder.name] = conversations(config["chat_template"])
        write("tokenizers.json", records)


main()
