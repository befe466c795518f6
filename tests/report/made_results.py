"""Folders of results as pleat predict writes them, made up: bundles of helices with ligands, errors and scores that look
like a prediction's. For tests and pictures of the report; nothing predicted them.
"""
import json
import math
import random
from pathlib import Path

# The backbone of an alpha helix in cylindrical coordinates, of residue 0: radius, degrees, height (angstroms).
HELIX = {'N': ('N', 1.57, -27.6, -0.88), 'CA': ('C', 2.29, 0.0, 0.0), 'C': ('C', 1.66, 25.9, 1.12), 'O': ('O', 2.03, 22.2, 2.33)}
RISE, TURN, SPACING = 1.5, 100.0, 9.5


def cross(a, b):
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


def beta_carbon(n, ca, c):
    """Where an L-amino acid has its CB, to a tenth of an angstrom."""
    b, d = [q - p for p, q in zip(n, ca)], [q - p for p, q in zip(ca, c)]
    return tuple(o - 0.583 * x + 0.568 * y - 0.541 * z for o, x, y, z in zip(ca, cross(b, d), b, d))


def residue(number, at, tilt):
    """The atoms of residue `number` of a helix along x through `at`, turned by `tilt` around y."""
    made = []
    for name, (element, radius, angle, height) in HELIX.items():
        turned = math.radians(angle + TURN * number)
        x, y, z = height + RISE * number, radius * math.cos(turned), radius * math.sin(turned)
        x, z = x * math.cos(tilt) + z * math.sin(tilt), z * math.cos(tilt) - x * math.sin(tilt)
        made.append((name, element, (x + at[0], y + at[1], z + at[2])))
    n, ca, c, _ = (point for *_, point in made)
    return made + [('CB', 'C', beta_carbon(n, ca, c))]


class Job:
    """Atoms and tokens, and the order of chains."""

    def __init__(self, name):
        self.name, self.chains, self.atoms, self.tokens = name, [], [], []

    def helices(self, chain, helices, length, at=(0, 0, 0)):
        """A protein chain of helices side by side in two layers; numbers leave a gap of two between them."""
        self.chains.append((chain, 'polypeptide(L)'))
        for h in range(helices):
            place = (at[0], at[1] + SPACING * (h // 2), at[2] + SPACING * (h % 2))
            for r in range(length):
                number = h * (length + 2) + r + 1
                self.tokens.append((chain, number))
                plddt = min(97.0, 55 + 7 * min(r, length - 1 - r) + 3 * math.sin(h + r))
                for atom, element, point in residue(r, place, 0.35 * (h % 2) - 0.1):
                    self.atoms.append((chain, 'ALA', number, atom, element, point, plddt, len(self.tokens) - 1))

    def ligand(self, chain, component, atoms, at):
        """A ligand of one residue; atoms are (name, element, point)."""
        self.chains.append((chain, 'non-polymer'))
        for atom, element, point in atoms:
            self.tokens.append((chain, 1))
            self.atoms.append((chain, component, 1, atom, element, tuple(p + d for p, d in zip(point, at)), 81.0, len(self.tokens) - 1))

    def cif(self, shift):
        text = [f'data_{self.name}', '_software.name pleat', '_software.version "made up for a test"']
        text += ['loop_', '_entity.id', '_entity.type']
        text += [f'{e} {"polymer" if kind.startswith("poly") else kind}' for e, (_, kind) in enumerate(self.chains, 1)]
        text += ['loop_', '_entity_poly.entity_id', '_entity_poly.type']
        text += [f"{e} '{kind}'" for e, (_, kind) in enumerate(self.chains, 1) if kind.startswith('poly')]
        text += ['loop_'] + ['_atom_site.' + key for key in (
            'group_PDB id type_symbol label_atom_id label_comp_id label_asym_id label_entity_id auth_seq_id Cartn_x Cartn_y '
            'Cartn_z B_iso_or_equiv').split()]
        entity = {chain: e for e, (chain, _) in enumerate(self.chains, 1)}
        for i, (chain, component, number, atom, element, point, plddt, _) in enumerate(self.atoms, 1):
            x, y, z = (p + shift * math.sin(i * (k + 1)) for k, p in enumerate(point))
            text.append(f'ATOM {i} {element} "{atom}" {component} {chain} {entity[chain]} {number} {x:.3f} {y:.3f} {z:.3f} {plddt:.2f}')
        return '\n'.join(text) + '\n#\n'

    def errors(self, sample):
        """PAE that grows with the distance of tokens, more between chains, and contacts of near ones. Noise that is larger where
        the PAE is keeps it from packing better than a prediction's: some 5 bits a pair."""
        at = {}
        for *_, point, _, token in self.atoms:
            at.setdefault(token, point)
        noise = random.Random(sample)
        pae, contacts = [], []
        for i, (a, _) in enumerate(self.tokens):
            row, near = [], []
            for j, (b, _) in enumerate(self.tokens):
                apart = math.dist(at[i], at[j])
                error = 0.8 + 0.14 * apart + (5 if a != b else 0)
                row.append(round(min(31.7, max(0.2, error + noise.gauss(0, 0.1 + 0.03 * error))), 1))
                near.append(round(1 / (1 + math.exp(apart - 8)), 2))
            pae.append(row)
            contacts.append(near)
        return pae, contacts

    def write(self, folder, samples=2):
        folder = Path(folder) / self.name
        n = len(self.chains)
        rows = []
        for sample in range(samples):
            score = round(0.83 - 0.04 * sample, 2)
            place = f'seed-1_sample-{sample}'
            prefix = folder / place / f'{self.name}_{place}'
            prefix.parent.mkdir(parents=True, exist_ok=True)
            Path(f'{prefix}_model.cif').write_text(self.cif(0.02 * sample))
            pae, contacts = self.errors(sample)
            Path(f'{prefix}_confidences.json').write_text(json.dumps({
                'atom_chain_ids': [atom[0] for atom in self.atoms], 'atom_plddts': [atom[6] for atom in self.atoms],
                'contact_probs': contacts, 'pae': pae, 'token_chain_ids': [chain for chain, _ in self.tokens],
                'token_res_ids': [number for _, number in self.tokens]}))
            Path(f'{prefix}_summary_confidences.json').write_text(json.dumps({
                'chain_iptm': [0.7] * n, 'chain_ptm': [0.8] * n, 'fraction_disordered': 0.03, 'has_clash': 0.0,
                'chain_pair_iptm': [[0.8 if a == b else round(0.75 - 0.06 * abs(a - b), 2) for b in range(n)] for a in range(n)],
                'chain_pair_pae_min': [[0.8 if a == b else 3.1 + abs(a - b) for b in range(n)] for a in range(n)],
                'iptm': 0.71 if n > 1 else None, 'ptm': 0.8, 'ranking_score': score}))
            rows.append(f'1,{sample},{score}\r\n')
        (folder / f'{self.name}_ranking_scores.csv').write_text('seed,sample,ranking_score\r\n' + ''.join(rows), newline='')
        return folder
