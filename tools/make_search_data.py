#!/usr/bin/env python3
"""Makes queries and databases that try a protein search: odd queries beside real ones, planted homologs among noise.

usage: make_search_data.py queries REAL.fasta OUT.fasta [--count N]
       make_search_data.py database QUERIES.fasta OUT.fasta [--sequences N] [--residues MEAN] [--family N]

The same arguments make the same files.
"""
import argparse
import random
from pathlib import Path

FREQUENCIES = {"A": .0788, "C": .0152, "D": .0535, "E": .0668, "F": .0397, "G": .0695, "H": .0229, "I": .0590,
               "K": .0594, "L": .0964, "M": .0238, "N": .0414, "P": .0483, "Q": .0396, "R": .0541, "S": .0683,
               "T": .0541, "V": .0673, "W": .0114, "Y": .0304}
LONGEST = 100_000


def letter_table():
    letters, total = [], 0.0
    for letter, share in FREQUENCIES.items():
        total += share
        letters += [letter] * (round(256 * total) - len(letters))
    return "".join((letters + ["L"] * 256)[:256]).encode()


TABLE = letter_table()


def noise(rng, length):
    return rng.randbytes(length).translate(TABLE).decode()


def read_fasta(path):
    records, name = [], None
    for line in Path(path).read_text().splitlines():
        if line.startswith(">"):
            name = line[1:].split()[0]
            records.append([name, []])
        elif line.strip():
            records[-1][1].append(line.strip())
    return [(name, "".join(parts)) for name, parts in records]


def odd_queries(rng, real):
    letters = list(FREQUENCIES)
    for length in (1, 2, 3, 5, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 99, 100, 101, 255, 256, 257, 1000, 1600, 2500):
        yield f"noise{length}", noise(rng, length)
    for i in range(20):
        yield f"multidomain{i}", "".join(rng.choice(real)[1] for _ in range(rng.randint(2, 4)))[:2500]
    for i in range(20):
        yield f"repeat{i}", rng.choice(real)[1][:rng.randint(20, 120)] * rng.randint(2, 8)
    for i in range(15):
        few = rng.sample(letters, rng.randint(1, 4))
        yield f"lowcomplexity{i}", "".join(rng.choices(few, k=rng.randint(20, 300)))
    for i in range(20):
        sequence = list(rng.choice(real)[1])
        for _ in range(1 + len(sequence) // 20):
            sequence[rng.randrange(len(sequence))] = rng.choice("XBZJOU")
        yield f"degenerate{i}", "".join(sequence)
    yield "allX", "X" * 50


def relative(rng, parent):
    """A piece of the parent at 20-95 % identity, with gaps, alone or repeated, between noise."""
    identity, gap = rng.uniform(0.20, 0.95), rng.choice((0.0, 0.005, 0.02))
    length = rng.randint(max(1, len(parent) // 3), len(parent))
    start = rng.randint(0, len(parent) - length)
    piece = parent[start:start + length]
    if rng.random() < 0.1:
        piece *= rng.randint(2, 4)
    out = []
    for letter in piece:
        if rng.random() < gap:
            if rng.random() < 0.5:
                continue
            out.append(noise(rng, rng.randint(1, 12)))
        out.append(letter if rng.random() < identity else noise(rng, 1))
    before, after = noise(rng, rng.randint(0, 120)), noise(rng, rng.randint(0, 120))
    return (before + "".join(out) + after)[:LONGEST]


def write_queries(arguments):
    rng = random.Random(1)
    real = [record for record in read_fasta(arguments.source) if len(record[1]) <= 2500]
    queries = list(odd_queries(rng, real))
    queries += rng.sample(real, max(0, min(len(real), arguments.count - len(queries))))
    with open(arguments.output, "w") as out:
        for name, sequence in queries:
            out.write(f">{name}\n{sequence}\n")


def sequence_of(rng, queries, mean):
    draw = rng.random()
    if draw < 0.04:
        return relative(rng, rng.choice(queries)[1])
    if draw < 0.045:
        few = rng.sample(list(FREQUENCIES), rng.randint(1, 4))
        return "".join(rng.choices(few, k=rng.randint(10, 400)))
    if draw < 0.047:
        return ""
    if draw < 0.04701:
        return noise(rng, LONGEST - 500) + relative(rng, rng.choice(queries)[1])[:500]
    return noise(rng, max(1, min(3000, int(rng.lognormvariate(0, 0.7) * mean * 0.78))))


def write_database(arguments):
    rng = random.Random(2)
    queries = read_fasta(arguments.source)
    family = queries[-1][1] if arguments.family else ""
    places = set(rng.sample(range(arguments.sequences), arguments.family))
    with open(arguments.output, "w") as out:
        for i in range(arguments.sequences):
            sequence = relative(rng, family) if i in places else sequence_of(rng, queries, arguments.residues)
            if rng.random() < 0.01 and sequence:
                at = rng.randrange(len(sequence))
                sequence = sequence[:at] + rng.choice("XBZJOU*") + sequence[at + 1:].lower()
            name = f"seq{i}" if rng.random() > 0.02 else rng.choice((f"twin{i % 50}", f"sp/{i}/part", f"s{i}/1-9"))
            out.write(f">{name} protein {i} of the test\n" if rng.random() > 0.05 else f">{name}\n")
            for start in range(0, len(sequence), 60):
                out.write(sequence[start:start + 60] + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    for name, action in (("queries", write_queries), ("database", write_database)):
        command = commands.add_parser(name)
        command.add_argument("source")
        command.add_argument("output")
        command.set_defaults(action=action)
        command.add_argument("--count", type=int, default=200)
        command.add_argument("--sequences", type=int, default=300_000)
        command.add_argument("--residues", type=float, default=350)
        command.add_argument("--family", type=int, default=0, help="more relatives of the last query")
    arguments = parser.parse_args()
    arguments.action(arguments)


if __name__ == "__main__":
    main()
