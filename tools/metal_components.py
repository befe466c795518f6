#!/usr/bin/env python3
"""metal_components.py COMPONENTS.cif FOLDER: what RDKit 2025.9.4 makes of bonds between nitrogens and metals.

COMPONENTS.cif is the PDB's Chemical Component Dictionary. For every component in which a metal is bonded to a nitrogen
with four or more bonds, FOLDER/metal_components.cif.zst gets its definition and FOLDER/metal_components.tsv a line: its
code, whether RDKit accepts it (1 or 0), and the dative bonds "DONOR>METAL" in alphabetical order. Needs rdkit==2025.9.4,
gemmi and the program zstd.
"""
import subprocess
import sys
from pathlib import Path

import gemmi
import rdkit
from rdkit import Chem, RDLogger

VERSION = '2025.09.4'
ORDERS = {'SING': Chem.BondType.SINGLE, 'DOUB': Chem.BondType.DOUBLE, 'TRIP': Chem.BondType.TRIPLE}
NON_METALS = {1, 2, 5, 6, 7, 8, 9, 10, 14, 15, 16, 17, 18, 33, 34, 35, 36, 52, 53, 54, 85, 86}
WEIGHT = {'SING': 1, 'DOUB': 2, 'TRIP': 3}
ATOM = ['atom_id', 'type_symbol', 'charge', 'pdbx_model_Cartn_x_ideal', 'pdbx_model_Cartn_y_ideal',
        'pdbx_model_Cartn_z_ideal']
BOND = ['atom_id_1', 'atom_id_2', 'value_order', 'pdbx_aromatic_flag']


def table(block, category, columns):
    return [[gemmi.cif.as_string(value) or '?' for value in row] for row in block.find(category, columns)]


def is_wanted(atoms, bonds):
    element = {atom[0]: gemmi.Element(atom[1]).atomic_number for atom in atoms}
    valence, bound = dict.fromkeys(element, 0), set()
    for first, second, order, _ in bonds:
        for atom, other in ((first, second), (second, first)):
            valence[atom] += WEIGHT.get(order, 1)
            if element[atom] == 7 and element[other] not in NON_METALS:
                bound.add(atom)
    return any(valence[atom] >= 4 for atom in bound)


def molecule(atoms, bonds):
    """As AlphaFold 3 assembles a molecule. Raises what RDKit raises, and ValueError."""
    result, index = Chem.RWMol(), {}
    conformer = Chem.Conformer(len(atoms))
    for name, element, charge, *position in atoms:
        atom = Chem.Atom('*' if element == 'X' else element.capitalize())
        atom.SetNoImplicit(True)
        atom.SetFormalCharge(int(charge))
        atom.SetProp('name', name)
        index[name] = result.AddAtom(atom)
        conformer.SetAtomPosition(index[name], [float(x) for x in position])
    for first, second, order, aromatic in bonds:
        if order not in ORDERS or aromatic not in 'YN':
            raise ValueError(order)
        count = result.AddBond(index[first], index[second], ORDERS[order])
        result.GetBondWithIdx(count - 1).SetIsAromatic(aromatic == 'Y')
    result.UpdatePropertyCache(strict=False)
    result.AddConformer(conformer)
    Chem.AssignStereochemistryFrom3D(result)
    Chem.SanitizeMol(result)
    return result


def dative_bonds(result):
    return sorted(f'{bond.GetBeginAtom().GetProp("name")}>{bond.GetEndAtom().GetProp("name")}'
                  for bond in result.GetBonds() if bond.GetBondType() == Chem.BondType.DATIVE)


def main(components, folder):
    assert rdkit.__version__ == VERSION, f'RDKit {VERSION} is needed, not {rdkit.__version__}'
    RDLogger.DisableLog('rdApp.*')
    kept, lines = gemmi.cif.Document(), []
    for block in gemmi.cif.read(components):
        atoms, bonds = table(block, '_chem_comp_atom.', ATOM), table(block, '_chem_comp_bond.', BOND)
        if not is_wanted(atoms, bonds):
            continue
        try:
            line = f'{block.name}\t1\t' + ' '.join(dative_bonds(molecule(atoms, bonds)))
        except (ValueError, RuntimeError):
            line = f'{block.name}\t0\t'
        lines.append(line)
        copy = kept.add_new_block(block.name)
        copy.set_pair('_chem_comp.id', block.name)
        copy.init_loop('_chem_comp_atom.', ATOM).set_all_values(
            [[gemmi.cif.quote(row[i]) for row in atoms] for i in range(len(ATOM))])
        copy.init_loop('_chem_comp_bond.', BOND).set_all_values(
            [[gemmi.cif.quote(row[i]) for row in bonds] for i in range(len(BOND))])
    Path(folder, 'metal_components.tsv').write_text('\n'.join(lines) + '\n')
    subprocess.run(['zstd', '-q', '-f', '-19', '-o', Path(folder, 'metal_components.cif.zst')], check=True,
                   input=kept.as_string().encode())


if __name__ == '__main__':
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
