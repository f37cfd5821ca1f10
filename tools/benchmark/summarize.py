"""Prints medians of both tools and the ratio pair by pair.

usage: summarize.py TIMES.txt      (lines: RECIPE TOOL WALL USER SYSTEM KILOBYTES)"""
import statistics
import sys

runs = {}
for line in open(sys.argv[1]):
    recipe, tool, wall, user, system, kilobytes = line.split()
    figures = float(wall), float(user) + float(system), float(kilobytes) / 1000
    runs.setdefault(recipe, {}).setdefault(tool, []).append(figures)

names = ["wall seconds", "CPU seconds", "peak MB"]
print(f"{'recipe':<16}{'figure':<14}{'pare':>10}{'llm-compressor':>16}   ratio: median (smallest - largest)")
for recipe, tools in runs.items():
    for place, name in enumerate(names):
        ours, theirs = ([run[place] for run in tools[tool]] for tool in ("pare", "llm-compressor"))
        ratios = [b / a for a, b in zip(ours, theirs)]
        print(f"{recipe:<16}{name:<14}{statistics.median(ours):>10.2f}{statistics.median(theirs):>16.2f}   "
              f"{statistics.median(ratios):.2f} ({min(ratios):.2f} - {max(ratios):.2f})")
