"""Prints time and memory by size, the line of least squares through each, and the largest distance from it, in Markdown.

usage: fit_growth.py TIMES.txt      (lines: SERIES SIZE WALL USER SYSTEM KILOBYTES)"""
import statistics
import sys

# Name, unit, digits, and the unit of a thousandth, in which slopes are readable.
FIGURES = [("wall", "s", 2, "ms"), ("CPU", "s", 2, "ms"), ("peak memory", "MB", 1, "kB")]
series = {}
for line in open(sys.argv[1]):
    name, size, wall, user, system, kilobytes = line.split()
    figures = float(wall), float(user) + float(system), float(kilobytes) * 1024 / 1e6
    series.setdefault(name, {}).setdefault(int(size), []).append(figures)

medians = {
    name: {size: [statistics.median(figure) for figure in zip(*runs)] for size, runs in sorted(sizes.items())}
    for name, sizes in series.items()}

for name, sizes in medians.items():
    print(f"| {name} | " + " | ".join(figure for figure, *_ in FIGURES) + " |")
    print("|---:|---:|---:|---:|")
    for size, figures in sizes.items():
        cells = (f"{value:,.{digits}f} {unit}" for value, (_, unit, digits, _) in zip(figures, FIGURES))
        print(f"| {size:,} | " + " | ".join(cells) + " |")
    print()

print("| figure | by | at size 0 | for each | largest distance from the line | largest size ÷ smallest: figure | size |")
print("|---|---|---:|---:|---:|---:|---:|")
for name, sizes in medians.items():
    counts = list(sizes)
    for place, (figure, unit, digits, thousandth) in enumerate(FIGURES):
        values = [sizes[count][place] for count in counts]
        slope, intercept = statistics.linear_regression(counts, values)
        distance = max(abs(value / (intercept + slope * count) - 1) for count, value in zip(counts, values))
        print(f"| {figure} | {name} | {intercept:,.{digits}f} {unit} | {1000 * slope:,.3g} {thousandth} | {100 * distance:.1f} % "
              f"| {values[-1] / values[0]:.2f} | {counts[-1] / counts[0]:.2f} |")
