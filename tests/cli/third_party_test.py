#!/usr/bin/env python3
"""third_party_test.py PLEAT SOURCE_DIR PART: programs that others wrote for AlphaFold 3, with pleat in its place. Makers
write inputs of every kind, which `pleat validate` takes. Readers read the results of six predictions. ABCFold runs
pleat. Their packages stand in build/test_packages (tools/install_test_packages.sh); without them the status is 77."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

PROGRAM = SOURCES = None  # set by main

PROTEIN = 'GMTEYKLVVVGAGNVTKSALTIQ'
COMPLETE = {'unpairedMsa': '', 'pairedMsa': '', 'templates': []}
JOBS = {
    'monomer': [{'protein': {'id': 'A', 'sequence': PROTEIN, **COMPLETE}}],
    'smiles_ligand': [{'protein': {'id': 'A', 'sequence': PROTEIN, **COMPLETE}},
                      {'ligand': {'id': 'L', 'smiles': 'CC(=O)Oc1ccccc1C(=O)O'}}],
    'glycan': [{'protein': {'id': 'A', 'sequence': PROTEIN, **COMPLETE}},
               {'ligand': {'id': 'G', 'ccdCodes': ['NAG', 'NAG', 'BMA']}}],
    'covalent_ligand': [{'protein': {'id': 'A', 'sequence': PROTEIN.replace('A', 'C', 1), **COMPLETE}},
                        {'ligand': {'id': 'L', 'ccdCodes': ['HEC']}}],
    'rna': [{'rna': {'id': 'R', 'sequence': 'GGCACUUCGGUGCC', 'unpairedMsa': ''}},
            {'protein': {'id': 'A', 'sequence': PROTEIN, **COMPLETE}}],
    'ions': [{'protein': {'id': ['A', 'B'], 'sequence': PROTEIN, **COMPLETE}},
             {'ligand': {'id': ['M', 'N'], 'ccdCodes': ['MG']}}, {'ligand': {'id': 'Z', 'ccdCodes': ['ZN']}}],
}
BONDS = {
    'glycan': [[['A', 14, 'ND2'], ['G', 1, 'C1']], [['G', 1, 'O4'], ['G', 2, 'C1']], [['G', 2, 'O4'], ['G', 3, 'C1']]],
    'covalent_ligand': [[['A', 12, 'SG'], ['L', 1, 'CAB']]],
}
SAMPLES = 2


def pleat(*arguments):
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True)


class FolderTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix='pleat_third_party_')
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)


class Makers(FolderTest):
    def validate(self, file):
        run = pleat('validate', file)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        return run.stdout

    def test_af3jobs_standalone(self):
        from af3jobs import Job
        alignment = self.folder / 'msa.a3m'
        alignment.write_text('>query\nMVLSEGEWQL\n>hit\nMVLAEGDW-L\n')
        job = Job(name='all kinds', model_seeds=[42, 43])
        protein = job.add_protein_chain('MVLSEGEWQL', count=2)
        protein.add_modification('SEP', 4).add_msa_from_a3m(str(alignment)).set_paired_msa('').set_empty_templates()
        job.add_protein_chain('GNGNG', ids='P').set_unpaired_msa_path('msa2.a3m').set_paired_msa('').set_empty_templates()
        (self.folder / 'msa2.a3m').write_text('>query\nGNGNG\n')
        job.add_dna_chain('GATTACA', ids='D').add_modification('6OG', 1)
        job.add_rna_chain('GUAC', ids='R').add_modification('2MG', 1)
        job.add_ligand(ccd_codes='HEM', ids=['X', 'Y'])
        job.add_ligand(ccd_codes=['NAG', 'NAG'], ids='G')
        job.add_ligand(smiles='CC(=O)O', ids='L')
        job.add_bonded_atom_pair('P', 2, 'ND2', 'G', 1, 'C1')
        job.add_bonded_atom_pair('G', 1, 'O4', 'G', 2, 'C1')
        job.write_af3_json(str(self.folder / 'job.json'), indent=2)
        self.assertIn('HEM (chains X, Y)', self.validate(self.folder / 'job.json'))

    def test_af3jobs_server(self):
        from af3jobs import ServerJob
        job = ServerJob(name='server')
        protein = job.add_protein_chain('PREACHINGS', count=1, max_template_date='2018-01-20')
        protein.add_modification('CCD_HY3', 1).add_modification('CCD_P1L', 5).add_glycan('NAG(NAG)(BMA)', 8)
        job.add_protein_chain('REACHER', count=1, use_structure_template=False)
        job.add_dna_chain('GATTACA').add_modification('CCD_6OG', 1).add_modification('CCD_6MA', 2)
        job.add_rna_chain('GUAC').add_modification('CCD_2MG', 1)
        job.add_ligand('CCD_ATP')
        job.add_ion('MG', count=2)
        (self.folder / 'job.json').write_text(json.dumps([job.to_dict()]))
        self.assertIn('ATP (chain E)', self.validate(self.folder / 'job.json'))

    def test_af3cli(self):
        from af3cli import (MSA, Atom, Bond, CCDLigand, DNASequence, InputBuilder, NucleotideModification, ProteinSequence,
                            ResidueModification, RNASequence, SMILigand)
        protein = ProteinSequence('GNGNG', seq_id=['A'], modifications=[ResidueModification('SEP', 1)],
                                  msa=MSA(paired='', unpaired='>query\nSNGNG\n'), description='a chain')
        dna = DNASequence('AATTTTCC')
        builder = InputBuilder()
        builder.set_name('jobname').set_version(4).set_seeds([1, 2])
        for sequence in (protein, dna, dna.reverse_complement(),
                         RNASequence('GUAC', modifications=[NucleotideModification('2MG', 1)])):
            builder.add_sequence(sequence)
        builder.add_ligand(CCDLigand(['NAG'], seq_id=['G'])).add_ligand(SMILigand('CCC')).add_ligand(CCDLigand(['MG'], num=2))
        builder.add_bonded_atom_pair(Bond(Atom('A', 2, 'ND2'), Atom('G', 1, 'C1')))
        builder.build().write(self.folder / 'job.json')
        self.assertIn('NAG (chain G)', self.validate(self.folder / 'job.json'))


class Readers(FolderTest):
    def setUp(self):
        super().setUp()
        inputs = self.folder / 'inputs'
        inputs.mkdir()
        for name, sequences in JOBS.items():
            job = {'name': name, 'modelSeeds': [1], 'dialect': 'alphafold3', 'version': 4, 'sequences': sequences,
                   'bondedAtomPairs': BONDS.get(name)}
            (inputs / f'{name}.json').write_text(json.dumps(job))
        run = pleat('predict', '--input_dir', inputs, '--output_dir', self.folder / 'out', '--model_dir', 'demo',
                    '--num_recycles=1', f'--num_diffusion_samples={SAMPLES}', '--num_diffusion_steps=5')
        self.assertEqual(run.returncode, 0, run.stderr)

    def models(self):
        """Each model of each job, with its job and the part that the names of its files share."""
        for name in JOBS:
            for file in sorted((self.folder / 'out' / name).rglob('*_model.cif')):
                yield name, file, str(file).removesuffix('_model.cif')

    def chain_ids(self, name):
        ids = [list(entity.values())[0]['id'] for entity in JOBS[name]]
        return [chain for chains in ids for chain in ([chains] if isinstance(chains, str) else chains)]

    def test_readers(self):
        """All readers on the same trees."""
        for check in (self.check_gemmi, self.check_modelcif, self.check_foldmetrics, self.check_af3io):
            with self.subTest(check.__name__):
                check()

    def check_gemmi(self):
        import gemmi
        count = 0
        for name, file, prefix in self.models():
            confidences = json.loads(Path(prefix + '_confidences.json').read_text())
            structure = gemmi.read_structure(str(file))
            self.assertEqual(sorted(chain.name for chain in structure[0]), sorted(self.chain_ids(name)))
            self.assertEqual(structure[0].count_atom_sites(), len(confidences['atom_plddts']))
            atoms = [atom.atom for atom in structure[0].all()]
            for atom, plddt in zip(atoms, confidences['atom_plddts']):
                self.assertAlmostEqual(atom.b_iso, plddt, delta=0.02)
            self.assertEqual(len(structure.connections), len(BONDS.get(name) or []))
            count += 1
        self.assertEqual(count, len(JOBS) * (SAMPLES + 1))

    def check_modelcif(self):
        import modelcif.qa_metric
        import modelcif.reader
        for name, file, _ in self.models():
            with open(file) as text:
                [system] = modelcif.reader.read(text)
            self.assertEqual(sorted(unit.id for unit in system.asym_units), sorted(self.chain_ids(name)))
            [model] = [model for group in system.model_groups for model in group]
            for scope in (modelcif.qa_metric.Global, modelcif.qa_metric.Local):
                self.assertTrue(any(isinstance(metric, scope) for metric in model.qa_metrics), name)
            self.assertTrue(any(software.name == 'pleat' for software in system.software))

    def check_foldmetrics(self):
        import foldmetrics
        for name in JOBS:
            table = foldmetrics.evaluate(str(self.folder / 'out' / name))
            self.assertEqual(set(table['tool']), {'alphafold3'})
            self.assertGreaterEqual(len(table), SAMPLES)
            best = json.loads((self.folder / 'out' / name / f'{name}_summary_confidences.json').read_text())
            self.assertIn(best['ptm'], list(table['ptm'].round(2)))
            self.assertTrue(table['plddt_mean'].between(0, 100).all())

    def check_af3io(self):
        from af3io import Predictions
        for name in JOBS:
            archive = shutil.make_archive(self.folder / name, 'zip', self.folder / 'out', name)
            predictions = Predictions(archive)
            table = predictions.read_summary_confidences()
            self.assertEqual(list(table['sample']), list(range(SAMPLES)))
            for path in predictions.ranking_scores[['model_path', 'confidences_path']].to_numpy().flatten():
                self.assertIn(path, predictions.file_list)
            self.assertTrue((table['ranking_score'] < 2).all())


class Wrappers(FolderTest):
    def test_abcfold(self):
        """ABCFold's own code, up to the end of its run."""
        import wrappers_test
        from abcfold.alphafold3.run_alphafold3 import run_alphafold3
        wrappers_test.PROGRAM, wrappers_test.SOURCES = PROGRAM, SOURCES
        place = wrappers_test.WrappersTest()
        place.setUp()
        self.addCleanup(place.doCleanups)
        before = os.environ['PATH']
        self.addCleanup(os.environ.__setitem__, 'PATH', before)
        os.environ['PATH'] = f'{place.folder / "bin"}:{before}'
        done = run_alphafold3(place.folder / 'input/job.json', place.folder / 'output', place.folder / 'params',
                              place.folder / 'databases', None, {'af3_version': '3.0.1', 'af3_docker_env': 'alphafold3'},
                              number_of_models=1, num_recycles=1)
        self.assertTrue(done)
        self.assertTrue((place.folder / 'output/small_job/small_job_model.cif').exists())


def main():
    global PROGRAM, SOURCES
    PROGRAM, SOURCES = (Path(argument).resolve() for argument in sys.argv[1:3])
    packages = SOURCES / 'build/test_packages'
    if not (packages / 'installed.txt').exists():
        print('skipped: the packages of tests/cli/third_party.txt are not there (tools/install_test_packages.sh)')
        sys.exit(77)
    if Path(sys.prefix) != packages:
        os.execv(packages / 'bin/python', [packages / 'bin/python', *sys.argv])
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])


if __name__ == '__main__':
    main()
