#!/usr/bin/env python3
"""Compares the native protein search with jackhmmer: hits, order, rows, scores, E-values, stage counts.

usage: compare_search.py PROGRAM QUERIES.fasta DATABASE.fasta [--count N] [--size Z] [--open] [--threads N]

PROGRAM is the build's profile_search_cli. Exits with 1 when any query differs.
"""
import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

STAGES = ("Passed MSV filter", "Passed bias filter", "Passed Vit filter", "Passed Fwd filter")


def queries(path):
    name, letters = None, []
    for line in Path(path).read_text().splitlines():
        if line.startswith(">"):
            if name:
                yield name, "".join(letters)
            name, letters = (line[1:].split() or [""])[0], []
        else:
            letters.append(line.strip())
    if name:
        yield name, "".join(letters)


def stockholm_rows(path):
    rows, descriptions = {}, {}
    for line in Path(path).read_text().splitlines() if Path(path).exists() else []:
        if line.startswith("#=GS"):
            _, name, tag, text = (line.split(None, 3) + [""])[:4]
            if tag == "DE":
                descriptions[name] = text
        elif line and line[0] not in "#/":
            name, text = line.split()
            rows[name] = rows.get(name, "") + text
    if not rows:
        return []
    first = next(iter(rows.values()))
    result = []
    for name, row in rows.items():
        letters = [c if q != "-" else c.lower() for q, c in zip(first, row) if not (q == "-" and c == "-")]
        result.append((f"{name} {descriptions.get(name, '')}", "".join(letters)))
    return result


def a3m_rows(path):
    lines = Path(path).read_text().splitlines()
    return [(header[1:], row) for header, row in zip(lines[::2], lines[1::2])]


def table_rows(path):
    rows = []
    for line in Path(path).read_text().splitlines():
        if not line.startswith("#"):
            words = line.split()
            rows.append([words[0], *[f"{float(x):g}" for x in words[4:10]]])
    return rows


def compare(arguments, folder, letters):
    (folder / "q.fa").write_text(">query\n" + letters + "\n")
    command = ["jackhmmer", "-o", str(folder / "out"), "-A", str(folder / "a.sto"), "--tblout", str(folder / "t")]
    command += ["--noali", "--F1", "0.0005", "--F2", "5e-05", "--F3", "5e-07", "--cpu", "1", "-N", "1"]
    limit = "1e9" if arguments.open else "0.0001"
    command += ["-E", limit, "--incE", limit]
    if arguments.open:
        command += ["--domE", limit, "--incdomE", limit]
    if arguments.size:
        command += ["-Z", arguments.size, "--domZ", arguments.size]
    (folder / "a.sto").unlink(missing_ok=True)
    subprocess.run(command + [str(folder / "q.fa"), arguments.database], check=True)
    native = [arguments.program, letters, arguments.database, str(folder / "a3m"), str(folder / "n"),
              str(arguments.threads), arguments.size or "-"] + ([limit] if arguments.open else [])
    run = subprocess.run(native, check=True, capture_output=True, text=True)
    summary = (folder / "out").read_text()
    counts = [int(re.search(re.escape(stage) + r":\s+(\d+)", summary).group(1)) for stage in STAGES]
    differences = []
    mine = [int(x) for x in run.stdout.split()][1:]
    if mine != counts:
        differences.append(f"stages {mine}, jackhmmer {counts}")
    for what, a, b in (("table", table_rows(folder / "n"), table_rows(folder / "t")),
                       ("rows", a3m_rows(folder / "a3m"), stockholm_rows(folder / "a.sto"))):
        if a != b:
            at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
            differences.append(f"{what}: {len(a)} and {len(b)}, first at {at}: {a[at:at + 1]} {b[at:at + 1]}")
    return differences, len(mine) and mine[-1], len(table_rows(folder / "t"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("queries")
    parser.add_argument("database")
    parser.add_argument("--count", type=int, default=0)
    parser.add_argument("--size")
    parser.add_argument("--open", action="store_true")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    bad = hits = done = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, letters in queries(arguments.queries):
            if arguments.count and done == arguments.count:
                break
            done += 1
            differences, _, found = compare(arguments, Path(folder), letters)
            hits += found
            bad += bool(differences)
            for difference in differences:
                print(f"{name} ({len(letters)}): {difference[:400]}")
    print(f"{done} queries, {hits} hits, {bad} queries differ")
    return 1 if bad or not done else 0


if __name__ == "__main__":
    sys.exit(main())
