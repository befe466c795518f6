#!/usr/bin/env python3
"""calpha_rmsd.py MODEL.cif REFERENCE.tsv: prints the RMSD of the C-alpha atoms of a model to reference coordinates.

The model is moved and turned onto the reference first, never mirrored. REFERENCE.tsv has a line "residue x y z" for
each atom; the method is Horn's quaternions (J. Opt. Soc. Am. A 4, 629, 1987).
"""
import sys


def reference_atoms(path):
    with open(path) as lines:
        rows = [line.split() for line in lines if not line.startswith('#')]
    return {int(row[0]): [float(x) for x in row[1:4]] for row in rows}


def model_atoms(path):
    columns, atoms = [], {}
    with open(path) as lines:
        for line in lines:
            if line.startswith('_atom_site.'):
                columns.append(line.split()[0].split('.')[1])
            elif line.startswith(('ATOM', 'HETATM')):
                row = dict(zip(columns, line.split()))
                if row['label_atom_id'] == 'CA':
                    atoms[int(row['label_seq_id'])] = [float(row['Cartn_' + axis]) for axis in 'xyz']
    return atoms


def centred(points):
    middle = [sum(axis) / len(points) for axis in zip(*points)]
    return [[x - m for x, m in zip(point, middle)] for point in points]


def largest_eigenvalue(matrix, bound):
    """By power iteration; `bound` exceeds every eigenvalue's size, so that the shifted matrix has none below 0."""
    vector, value = [1.0, 0.7, 0.4, 0.2], 0.0
    for _ in range(5000):
        product = [sum(m * v for m, v in zip(row, vector)) + bound * own for row, own in zip(matrix, vector)]
        value = sum(x * x for x in product) ** 0.5
        vector = [x / value for x in product]
    return value - bound


def rmsd(model, reference):
    a, b = centred(model), centred(reference)
    s = [[sum(p[i] * q[j] for p, q in zip(a, b)) for j in range(3)] for i in range(3)]
    (xx, xy, xz), (yx, yy, yz), (zx, zy, zz) = s
    horn = [[xx + yy + zz, yz - zy, zx - xz, xy - yx],
            [yz - zy, xx - yy - zz, xy + yx, zx + xz],
            [zx - xz, xy + yx, yy - xx - zz, yz + zy],
            [xy - yx, zx + xz, yz + zy, zz - xx - yy]]
    squares = sum(x * x for point in a + b for x in point)
    return (max(0.0, squares - 2 * largest_eigenvalue(horn, squares)) / len(a)) ** 0.5


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    model, reference = model_atoms(sys.argv[1]), reference_atoms(sys.argv[2])
    if sorted(model) != sorted(reference):
        sys.exit(f'{sys.argv[1]}: its residues are not those of {sys.argv[2]}.')
    residues = sorted(model)
    print(f'{rmsd([model[r] for r in residues], [reference[r] for r in residues]):.2f}')


if __name__ == '__main__':
    main()
