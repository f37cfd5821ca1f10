"""Prints medians of both tools and the ratio pair by pair, as a Markdown table.

usage: summarize.py TIMES.txt      (lines: CASE TOOL WALL USER SYSTEM KILOBYTES, those of a pair after one another)"""
import statistics
import sys

runs = {}
for line in open(sys.argv[1]):
    case, tool, wall, user, system, kilobytes = line.split()
    figures = float(wall), float(user) + float(system), float(kilobytes) * 1024 / 1e6
    runs.setdefault(case, {}).setdefault(tool, []).append(figures)

print("| recipe | figure | Pare | llm-compressor | ratio | smallest – largest |")
print("|---|---|---:|---:|---:|---:|")
for case, tools in runs.items():
    name = case.removeprefix("accuracy/")
    for place, (figure, unit, digits) in enumerate([("wall", "s", 2), ("CPU", "s", 2), ("peak memory", "MB", 0)]):
        ours, theirs = ([run[place] for run in tools[tool]] for tool in ("pare", "llm-compressor"))
        ratios = [b / a for a, b in zip(ours, theirs, strict=True)]
        print(f"| {name if place == 0 else ''} | {figure} "
              f"| {statistics.median(ours):,.{digits}f} {unit} | {statistics.median(theirs):,.{digits}f} {unit} "
              f"| {statistics.median(ratios):.2f} | {min(ratios):.2f} – {max(ratios):.2f} |")
