#!/usr/bin/env python3
"""embedded_components.py CODES COMPONENTS.cif COMPONENTS.bcif DESCRIPTORS.bcif OUTPUT.cif: the components that the program embeds.

CODES (data/embedded_codes.txt) lists their codes; lines that start with '#' are comments. A component that
COMPONENTS.cif has (tests/golden/components_subset.cif.zst, unpacked) is taken from it as it stands, without SMILES;
every other one from COMPONENTS.bcif, the Chemical Component Dictionary in the package biotite 2.0.0
(biotite/structure/info/components.bcif), which leaves SMILES out. Those come from DESCRIPTORS.bcif, the dictionary in the source
package datasets-bio 0.1.4 (src/bio_datasets/structure/library/components.bcif; beside it is cc-counts.tdd, how many entries of
the PDB had each component in 2025).
`pleat ccd build OUTPUT.cif --output data/ccd_subset.bin` makes the file of them. Needs biotite and gemmi.
"""
import sys
from pathlib import Path

import gemmi
import numpy as np
from biotite.structure.io.pdbx import BinaryCIFFile

COLUMNS = {
    'chem_comp': ['formula', 'formula_weight', 'id', 'mon_nstd_parent_comp_id', 'name', 'pdbx_modified_date',
                  'pdbx_synonyms', 'type'],
    'chem_comp_atom': ['atom_id', 'charge', 'comp_id', 'model_Cartn_x', 'model_Cartn_y', 'model_Cartn_z',
                       'pdbx_model_Cartn_x_ideal', 'pdbx_model_Cartn_y_ideal', 'pdbx_model_Cartn_z_ideal',
                       'type_symbol'],
    'chem_comp_bond': ['atom_id_1', 'atom_id_2', 'comp_id', 'pdbx_aromatic_flag', 'value_order'],
}


def codes_in(file):
    lines = Path(file).read_text().splitlines()
    return sorted({code for line in lines if not line.startswith('#') for code in line.split()})


def texts(column, rows):
    """Values of a column of a binary CIF file as they stand in CIF text."""
    values = column.data.array[rows]
    text = '{:.3f}'.format if values.dtype.kind == 'f' else str
    unknown = np.zeros(len(values), int) if column.mask is None else column.mask.array[rows]
    return ['.?'[state - 1] if state else gemmi.cif.quote(text(value)) for value, state in zip(values, unknown)]


DESCRIPTORS = {'pdbx_chem_comp_descriptor': ['comp_id', 'type', 'program', 'program_version', 'descriptor']}


class Dictionary:
    """Components of a binary CIF file in which the rows of each stand together."""

    def __init__(self, file, columns):
        self.block, self.columns = BinaryCIFFile.read(file).block, columns
        self.rows = {}
        for category in columns:
            owners = self.block[category]['id' if category == 'chem_comp' else 'comp_id'].as_array(str)
            starts = np.flatnonzero(np.r_[True, owners[1:] != owners[:-1]])
            ends = np.r_[starts[1:], len(owners)]
            self.rows[category] = {owners[start]: slice(start, end) for start, end in zip(starts, ends)}

    def has(self, code):
        return code in self.rows['chem_comp']

    def add_to(self, block, code):
        """Adds what there is of a component to its gemmi block."""
        for category, names in self.columns.items():
            rows = self.rows[category].get(code)
            if rows is None:  # an ion has no bonds
                continue
            table = [texts(self.block[category][name], rows) for name in names]
            block.init_loop(f'_{category}.', names).set_all_values(table)


def main(codes, components, binary, descriptors, output):
    complete = gemmi.cif.read(components)
    dictionary, smiles = Dictionary(binary, COLUMNS), Dictionary(descriptors, DESCRIPTORS)
    document, missing = gemmi.cif.Document(), []
    for code in codes_in(codes):
        block = complete.find_block(code)
        if block:
            document.add_copied_block(block)
        elif dictionary.has(code):
            block = document.add_new_block(code)
            dictionary.add_to(block, code)
            smiles.add_to(block, code)
        else:
            missing.append(code)
    document.write_file(output)
    print(f'{len(document)} components in {output}')
    if missing:
        sys.exit('In neither: ' + ' '.join(missing))


if __name__ == '__main__':
    if len(sys.argv) != 6:
        sys.exit(__doc__)
    main(*sys.argv[1:])
