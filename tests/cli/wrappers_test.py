#!/usr/bin/env python3
"""wrappers_test.py PLEAT SOURCE_DIR: command lines with which public wrappers run AlphaFold 3, through a stand-in for the
container program: it runs run_alphafold.py in a folder that is laid out as AlphaFold 3's image, with the mounted folders
under their names in the container."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

PROGRAM = SOURCES = None  # set by main

STAND_IN = '''#!{python}
"""docker run, singularity exec: OPTIONS IMAGE COMMAND."""
import os, sys
words, mounts, image = sys.argv[2:], {{}}, {image!r}
while words[0].startswith('-'):
    option = words.pop(0)
    if option in ('--volume', '--bind'):
        outside, inside = words.pop(0).split(':')
        mounts[inside] = outside
    elif option == '--gpus':
        words.pop(0)
assert words.pop(0) in ('alphafold3', 'alphafold3.sif')
mounts['/app/alphafold'] = image
for inside, outside in mounts.items():
    words = [word.replace(inside, outside) for word in words]
os.environ['PYTHONPATH'] = image
if sys.argv[1] == 'run':
    os.chdir(image)
os.execv({python!r}, words)
'''

ABCFOLD_CALL = (' python {app}run_alphafold.py --json_path=/root/af_input/{json} --model_dir=/root/models '
                '--output_dir=/root/af_output ')
ABCFOLD_END = '--num_diffusion_samples 1        --num_recycles 1        --save_distogram false'
ABCFOLD = {
    'docker': ('docker run  --volume {input}:/root/af_input --volume {output}:/root/af_output '
               '--volume {weights}:/root/models --volume {databases}:/root/public_databases --gpus all alphafold3'
               + ABCFOLD_CALL + ABCFOLD_END),
    'singularity': ('singularity exec --nv --bind {input}:/root/af_input --bind {output}:/root/af_output '
                    '--bind {weights}:/root/models --bind {databases}:/root/public_databases alphafold3.sif'
                    + ABCFOLD_CALL + '--db_dir=/root/public_databases ' + ABCFOLD_END),
}
ABCFOLD_HELP = {'docker': 'docker run  alphafold3 python run_alphafold.py --help',
                'singularity': 'singularity exec alphafold3.sif python /app/alphafold/run_alphafold.py --help'}
VERSION_CALL = " python -c 'from alphafold3.version import __version__ ; print(__version__)'"
ABCFOLD_VERSION = {'docker': 'docker run alphafold3' + VERSION_CALL,
                   'singularity': 'singularity exec alphafold3.sif' + VERSION_CALL}

PROTEINFOLD = '''python3 {image}/run_alphafold.py \\
    --json_path={json} \\
    --model_dir=./params \\
    --uniref90_database_path=./uniref90/uniref90_2022_05.fa \\
    --mgnify_database_path=./mgnify/mgy_clusters_2022_05.fa \\
    --pdb_database_path=./mmcif_files \\
    --small_bfd_database_path=./small_bfd/bfd-first_non_consensus_sequences.fasta \\
    --uniprot_cluster_annot_database_path=./uniprot/uniprot_all_2021_04.fa \\
    --seqres_database_path=./pdb_seqres/pdb_seqres_2022_09_28.fasta \\
    --output_dir=$PWD \\
    --num_diffusion_samples=1 --num_recycles=1
'''

# What nf-core/proteinfold's process does around the call, in Nextflow's shell: it looks for the databases by their names,
# writes into its own folder, and ranks copies of the models. (Its release 2.0.0 reads the file names of AlphaFold 3.0.0;
# here they are those of 3.0.4.)
PROTEINFOLD_AROUND = '''
first() {{ for file in "$@"; do if [[ -f $file ]]; then echo "$file"; return; fi; done; }}
python3 {image}/run_alphafold.py --json_path=job.json --model_dir=./params \\
    --uniref90_database_path=$(first ./uniref90/uniref90*.fa ./uniref90/uniref90*.fasta) \\
    --mgnify_database_path=$(first ./mgnify/mgy_clusters*.fa) --pdb_database_path=./mmcif_files \\
    --small_bfd_database_path=./small_bfd/bfd-first_non_consensus_sequences.fasta \\
    --uniprot_cluster_annot_database_path=$(first ./uniprot/uniprot.fasta ./uniprot/uniprot*.fa) \\
    --seqres_database_path=$(first ./pdb_seqres/pdb_seqres.txt ./pdb_seqres/pdb_seqres_2022_09_28.fasta) \\
    --output_dir=$PWD --num_diffusion_samples=3 --num_recycles=1 --num_diffusion_steps=50
name=$(python3 -c 'import json; print(json.load(open("job.json"))["name"])')
cp -n "$name/${{name}}_model.cif" top.cif
mkdir -p raw
rank=0
tail -n +2 "$name/${{name}}_ranking_scores.csv" | sort -t, -k3 -nr | while IFS=, read -r seed sample score; do
    cp -n "$name/seed-${{seed}}_sample-${{sample}}/${{name}}_seed-${{seed}}_sample-${{sample}}_model.cif" "raw/ranked_$rank.cif"
    rank=$((rank + 1))
done
mv $name/* raw/
'''

JOB = {'name': 'small job', 'modelSeeds': [1], 'dialect': 'alphafold3', 'version': 4,
       'sequences': [{'protein': {'id': 'A', 'sequence': 'MKSTYVLIG', 'unpairedMsa': '', 'pairedMsa': '',
                                  'templates': []}}]}


class WrappersTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix='pleat_wrappers_')
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)
        for name in ('bin', 'image', 'input', 'output', 'params', 'databases'):
            (self.folder / name).mkdir()
        (self.folder / 'image/run_alphafold.py').symlink_to(PROGRAM.with_name('run_alphafold.py'))
        (self.folder / 'image/alphafold3').symlink_to(SOURCES / 'compat/alphafold3')
        (self.folder / 'input/job.json').write_text(json.dumps(JOB))
        shutil.copy(SOURCES / 'data/demo_weights/demo.bin.zst', self.folder / 'params/af3.bin.zst')
        for name in ('docker', 'singularity'):
            file = self.folder / 'bin' / name
            file.write_text(STAND_IN.format(python=sys.executable, image=str(self.folder / 'image')))
            file.chmod(0o755)

    def shell(self, command):
        path = f'{self.folder / "bin"}:{os.environ["PATH"]}'
        return subprocess.run(command, shell=True, capture_output=True, text=True, cwd=self.folder,
                              env={**os.environ, 'PATH': path})

    def expect_results(self, run):
        self.assertEqual(run.returncode, 0, run.stderr)
        models = list(self.folder.glob('**/small_job_model.cif'))
        self.assertEqual(len(models), 1)
        folder = models[0].parent
        self.assertTrue((folder / 'seed-1_sample-0/small_job_seed-1_sample-0_model.cif').exists())
        self.assertTrue((folder / 'small_job_ranking_scores.csv').exists())
        # What public scripts look for.
        self.assertRegex(run.stdout, r'(?m)^Running model inference with seed 1 took \d+\.\d\d seconds\.$')
        self.assertRegex(run.stdout, r'(?m)^Extracting 1 inference samples with seed 1 took \d+\.\d\d seconds\.$')
        self.assertRegex(run.stdout, r'(?m)^Featurising data with seed 1 took \d+\.\d\d seconds\.$')
        self.assertRegex(run.stdout, r'(?m)^Running fold job small job\.\.\.$')
        self.assertRegex(run.stdout, r'(?m)^Fold job small job done, output written to .*/small_job$')
        self.assertRegex(run.stdout, r'(?m)^Done running 1 fold jobs\.$')

    def test_abcfold(self):
        for container in ('docker', 'singularity'):
            with self.subTest(container):
                self.assertEqual(self.shell(ABCFOLD_HELP[container]).returncode, 1)
                self.assertEqual(self.shell(ABCFOLD_VERSION[container]).stdout, '3.0.4\n')
                shutil.rmtree(self.folder / 'output')
                (self.folder / 'output').mkdir()
                run = self.shell(ABCFOLD[container].format(
                    app='' if container == 'docker' else '/app/alphafold/', json='job.json', input=self.folder / 'input',
                    output=self.folder / 'output', weights=self.folder / 'params', databases=self.folder / 'databases'))
                self.expect_results(run)
                self.assertFalse(list(self.folder.glob('output/**/*distogram*')))

    def test_proteinfold(self):
        self.expect_results(self.shell(PROTEINFOLD.format(image=self.folder / 'image', json='input/job.json')))

    def test_around_proteinfold(self):
        """A job that is searched for, in the miniature databases under the names that the process looks for."""
        databases = SOURCES / 'tests/golden/databases'
        for name, target in {'uniref90/uniref90_2022_05.fa': 'uniref90__subsampled_1000.fasta',
                             'mgnify/mgy_clusters_2022_05.fa': 'mgy_clusters__subsampled_1000.fa',
                             'small_bfd/bfd-first_non_consensus_sequences.fasta':
                                 'bfd-first_non_consensus_sequences__subsampled_1000.fasta',
                             'uniprot/uniprot_all_2021_04.fa': 'uniprot_all__subsampled_1000.fasta',
                             'pdb_seqres/pdb_seqres_2022_09_28.fasta': 'pdb_seqres_2022_09_28__subsampled_1000.fasta',
                             'mmcif_files': 'pdb_mmcif'}.items():
            (self.folder / name).parent.mkdir(exist_ok=True)
            (self.folder / name).symlink_to(databases / target)
        complete = {'unpairedMsa': '', 'pairedMsa': '', 'templates': []} if not shutil.which('hmmsearch') else {}
        job = {**JOB, 'name': 'T1024', 'sequences': [{'protein': {'id': 'A', 'sequence': 'MKSTYVLIGWMKSTYVLIGW', **complete}}]}
        (self.folder / 'job.json').write_text(json.dumps(job))
        (self.folder / 'script').write_text(PROTEINFOLD_AROUND.format(image=self.folder / 'image'))
        run = self.shell('bash -ue script')
        self.assertEqual(run.returncode, 0, run.stderr)
        raw = self.folder / 'raw'
        self.assertEqual((self.folder / 'top.cif').read_bytes(), (raw / 'ranked_0.cif').read_bytes())
        self.assertEqual(sorted(path.name for path in raw.glob('ranked_*')), ['ranked_0.cif', 'ranked_1.cif', 'ranked_2.cif'])
        self.assertTrue((raw / 'T1024_data.json').exists())

    def test_statuses(self):
        script = f'{sys.executable} image/run_alphafold.py'
        self.assertEqual(self.shell(f'{script} --no_such_flag').returncode, 1)
        self.assertEqual(self.shell(f'{script} --json_path=absent.json --output_dir=out').returncode, 1)
        self.assertEqual(self.shell(f'{script} --only_check_args --output_dir=out').returncode, 0)
        run = self.shell(f'{script} --json_path=input/job.json --output_dir=out --norun_inference')
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn('\nSkipping model inference...\n', run.stdout)

    def test_a_script_alone_says_what_is_missing(self):
        shutil.copy(SOURCES / 'compat/run_alphafold.py', self.folder / 'run_alphafold.py')
        run = subprocess.run([sys.executable, self.folder / 'run_alphafold.py'], capture_output=True, text=True,
                             env={'PATH': '/nowhere'})
        self.assertEqual(run.returncode, 1)
        self.assertRegex(run.stderr, 'there is no program pleat in .* nor in PATH')


if __name__ == '__main__':
    PROGRAM, SOURCES = (Path(argument).resolve() for argument in sys.argv[1:3])
    unittest.main(argv=sys.argv[:1])
