#!/usr/bin/env python3
"""docs_test.py PLEAT [PART...]: holds README.md and docs/ to the program: every command that they show runs, every table of flags is
the program's own, and every message and link is there.

Commands run in a folder where job.json and other files that pages name exist, with the demo's weights as ~/models, the
miniature databases as ~/public_databases, and a network of few steps. Parts are the classes below.
"""
import json
import os
import pty
import re
import select
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

PROGRAM = None  # set by main
ROOT = Path(__file__).resolve().parent.parent.parent
GOLDEN = ROOT / 'tests' / 'golden'
PAGES = [ROOT / 'README.md', *sorted((ROOT / 'docs').glob('*.md'))]

RUN = ('pleat', 'build/release/pleat')  # first words of commands that the test runs
# Commands that it does not run: they change the machine, or need what a test has not.
NOT_RUN = ('apptainer', 'apt-get', 'docker', 'git', 'pip', 'python', 'qsub', 'sbatch', 'squeue', 'srun', 'sudo')

# Appended to what a page shows, so that it ends soon. Of repeated flags the last one counts.
FEW_STEPS = '--num_recycles=1 --num_diffusion_samples=1 --num_diffusion_steps=2'
SHORTER = {'cluster slurm': '--dry_run --time_limit=60',
           'predict': FEW_STEPS,
           'run_alphafold': FEW_STEPS,
           'infer': FEW_STEPS,
           'bench': '--tokens=16 --isa=avx2',
           'weights synthesise': '--only_check_args'}  # it would write a gigabyte

DATABASES = {  # AlphaFold 3's names: files of the miniature databases
    'uniref90_2022_05.fa': 'uniref90__subsampled_1000.fasta',
    'bfd-first_non_consensus_sequences.fasta': 'bfd-first_non_consensus_sequences__subsampled_1000.fasta',
    'mgy_clusters_2022_05.fa': 'mgy_clusters__subsampled_1000.fa',
    'uniprot_all_2021_04.fa': 'uniprot_all__subsampled_1000.fasta',
    'nt_rna_2023_02_23_clust_seq_id_90_cov_80_rep_seq.fasta': 'nt_rna_2023_02_23_clust_seq_id_90_cov_80_rep_seq__subsampled_1000.fasta',
    'rfam_14_9_clust_seq_id_90_cov_80_rep_seq.fasta': 'rfam_14_4_clustered_rep_seq__subsampled_1000.fasta',
    'rnacentral_active_seq_id_90_cov_80_linclust.fasta': 'rnacentral_active_seq_id_90_cov_80_linclust__subsampled_1000.fasta',
    'pdb_seqres_2022_09_28.fasta': 'pdb_seqres_2022_09_28__subsampled_1000.fasta',
    'mmcif_files': 'pdb_mmcif'}
JOB = {'name': 'job', 'modelSeeds': [1], 'dialect': 'alphafold3', 'version': 4,
       'sequences': [{'protein': {'id': 'A', 'sequence': 'MQIFVKTLTG', 'unpairedMsa': '', 'pairedMsa': '', 'templates': []}}]}


def blocks(text):
    """The code of a page: lines of indented blocks and of fences without a language or for shells."""
    fence, before = None, ''
    for line in text.splitlines():
        mark = re.match(r' *```(\w*)', line)
        if mark:
            fence = None if fence is not None else mark.group(1)
        elif fence in ('', 'sh', 'bash'):
            yield line.strip()
        elif fence is None and line.startswith('    ') and (not before.strip() or before.startswith('    ')):
            yield line.strip()
        before = line


def commands(text):
    """The command lines of a page, each in one line, without its comment."""
    lines = iter(blocks(text))
    for line in lines:
        while line.endswith('\\'):
            line = line[:-1] + next(lines)
        line = re.sub(r'\s+#\s.*', '', line)
        if line.split(' ')[0] in (*RUN, 'make'):
            yield line


def saved_files(text):
    """The files that a page tells its reader to save."""
    return re.findall(r'[Ss]ave this as `([^`]+)`:\n\n```\w*\n(.*?)```', text, re.S)


class Commands(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix='pleat_docs_')
        self.addCleanup(temporary.cleanup)
        self.home = Path(temporary.name)
        (self.home / 'models').mkdir()
        (self.home / 'models' / 'af3.bin.zst').symlink_to(ROOT / 'data' / 'demo_weights' / 'demo.bin.zst')
        (self.home / 'public_databases').mkdir()
        for name, file in DATABASES.items():
            (self.home / 'public_databases' / name).symlink_to(GOLDEN / 'databases' / file)
        (self.home / 'bin').mkdir()
        cases = ''.join(f'"{words}"*) exec {PROGRAM} "$@" {flags};;\n' for words, flags in SHORTER.items())
        (self.home / 'bin' / 'pleat').write_text(f'#!/bin/sh\ncase "$*" in\n*help*) ;;\n{cases}esac\nexec {PROGRAM} "$@"\n')
        (self.home / 'bin' / 'pleat').chmod(0o755)

    def folder_for(self, page):
        """A folder with the files that pages name."""
        folder = self.home / page.stem
        for name in ('jobs', 'more', 'searched/job', 'build/release'):
            (folder / name).mkdir(parents=True)
        for name in ('job.json', 'jobs/one.json', 'more/two.json', 'searched/job/job_data.json'):
            (folder / name).write_text(json.dumps({**JOB, 'name': Path(name).stem.removesuffix('_data')}))
        (folder / 'sequences.fasta').write_text('>one\nMQIFVKTLTG\n')
        (folder / 'build' / 'release' / 'pleat').symlink_to(self.home / 'bin' / 'pleat')
        for name in ('uniref90_2022_05.fa', 'uniref90.fa.zst'):
            (folder / name).symlink_to(self.home / 'public_databases' / 'uniref90_2022_05.fa')
        for name in ('components.cif', 'components.cif.gz'):  # its compression is seen in its bytes
            (folder / name).symlink_to(GOLDEN / 'components_subset.cif.zst')
        for name in ('examples', 'tests', 'tools'):
            (folder / name).symlink_to(ROOT / name)
        for name, text in saved_files(page.read_text()):
            (folder / name).write_text(text)
        return folder

    def test_every_command_runs(self):
        environment = {**os.environ, 'HOME': str(self.home), 'PATH': f'{self.home}/bin:{os.environ["PATH"]}', 'XDG_CACHE_HOME': ''}
        count = 0
        for page in PAGES:
            folder = self.folder_for(page)
            for command in commands(page.read_text()):
                count += 1
                with self.subTest(page=page.name, command=command):
                    if command.startswith('make'):
                        run = subprocess.run(['make', '-n', *shlex.split(command)[1:]], cwd=ROOT, capture_output=True, text=True)
                    else:
                        run = subprocess.run(['bash', '-c', command], cwd=folder, capture_output=True, text=True, env=environment, timeout=120)
                    self.assertEqual(run.returncode, 0, run.stdout[-1000:] + run.stderr[-1000:])
        self.assertGreater(count, 30)

    def test_no_command_is_overlooked(self):
        """What a block shows is run, is known not to be run, or is no command."""
        for page in PAGES:
            for line in blocks(page.read_text()):
                word = line.split(' ')[0]
                if re.fullmatch(r'[\w./-]*(cmake|ninja|hmmer|wget|curl|source)|tools/.*', word):
                    self.fail(f'{page.name}: "{line}" is neither run nor named in NOT_RUN')


class Tables(unittest.TestCase):
    def help(self, *arguments):
        return subprocess.run([PROGRAM, 'help', *arguments], capture_output=True, text=True, check=True).stdout

    def test_the_page_of_commands_is_the_programs(self):
        self.assertEqual((ROOT / 'docs' / 'commands.md').read_text(), self.help('--format', 'markdown'), 'Run make docs.')

    def test_every_flag_named_in_the_text_exists(self):
        known = set(re.findall(r'--\w+', self.help('--format', 'markdown'))) | {'--version'}
        own = re.compile(r'`(?:pleat [^`]*|--(?!flag|NAME)[^`]*)`')
        for page in PAGES:
            for code in own.findall(page.read_text()):
                for flag in re.findall(r'(?<![\w-])--\w+', code):
                    self.assertTrue(flag in known or flag.replace('--no', '--', 1) in known, f'{page.name}: {code} names {flag}')

    def test_every_flag_of_alphafold3_has_its_row(self):
        source = (ROOT / 'tests' / 'cli' / 'command_line_test.cc').read_text()
        reference = re.findall(r'\{"--(?:no)?(\w+)[^"]*"(, Effect::none)?\}', source[source.index('kReferenceFlags = {'):])
        rows = {}
        for line in (ROOT / 'docs' / 'from-alphafold3.md').read_text().splitlines():
            if line.startswith('| `--'):
                flags, effect = line.strip('| ').split(' | ', 1)
                rows.update({flag: effect for flag in re.findall(r'--(\w+)', flags)})
        self.assertEqual(set(rows), {flag for flag, _ in reference})
        for flag, none in reference:
            self.assertEqual(rows[flag].startswith('no effect'), bool(none), flag)

    def test_every_message_of_troubleshooting_is_the_programs(self):
        literals = ' '.join(re.sub(r'"\s*\n\s*"', '', path.read_text()) for path in (ROOT / 'src').rglob('*.cc'))
        not_ours = ('Killed', 'error while loading shared libraries', 'GLIBC_2.3x not found')
        text = (ROOT / 'docs' / 'troubleshooting.md').read_text()
        for row in re.findall(r'^\| (`.*?) \|', text, re.M):
            for message in re.findall(r'`([^`]+)`', row):
                if message in not_ours:
                    continue
                for part in re.split(r'\.\.\.|: | N | \d+', message):
                    part = part.strip(" '`,-_")
                    if len(part) > 3:
                        self.assertTrue(part in literals, f'{message}: the program never says "{part}"')

    def test_links_lead_somewhere(self):
        for page in PAGES:
            for target in re.findall(r'\]\((?!https?:)([^)#]*)', page.read_text()):
                if target:
                    self.assertTrue((page.parent / target).exists(), f'{page.name}: {target}')


class Zsh:
    """A real zsh on a terminal, into which keys are typed."""

    SETUP = """
        PS1='' LISTMAX=10000 fpath=({folder} $fpath)
        autoload -Uz compinit && compinit -u -D
        line_to_file() {{ print -r -- "$BUFFER" >> {folder}/lines; BUFFER= }}
        zle -N line_to_file && bindkey '^X' line_to_file
        print -n > {folder}/lines
        """

    def __init__(self, program, folder):
        script = subprocess.run([PROGRAM, 'help', '--format', 'zsh'], capture_output=True, text=True, check=True).stdout
        (folder / '_pleat').write_text(script)
        (folder / 'setup').write_text(self.SETUP.format(folder=folder))
        self.lines, self.shown = folder / 'lines', b''
        self.main, side = pty.openpty()
        self.process = subprocess.Popen([program, '-f', '-i'], stdin=side, stdout=side, stderr=side, cwd=ROOT, start_new_session=True,
                                        env={'PATH': os.environ['PATH'], 'HOME': str(folder), 'TERM': 'xterm', 'LC_ALL': 'C'})
        os.close(side)
        os.write(self.main, f'source {folder}/setup\n'.encode())
        self.wait(lambda: self.lines.exists())

    def wait(self, done):
        end = time.monotonic() + 60
        while not done():
            if time.monotonic() > end:
                raise AssertionError(f'zsh does not answer: {self.shown[-2000:]}')
            if select.select([self.main], [], [], 0.05)[0]:
                self.shown += os.read(self.main, 65536)

    def complete(self, typed):
        """The line after a tab, and what was listed below it."""
        count = len(self.lines.read_text().splitlines())
        self.shown = b''
        os.write(self.main, f'{typed}\t\x18'.encode())
        self.wait(lambda: len(self.lines.read_text().splitlines()) > count)
        return self.lines.read_text().splitlines()[-1], self.shown.decode(errors='replace')

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.main)


class Completion(unittest.TestCase):
    """What shells offer after some words."""

    def complete(self, *words):
        script = subprocess.run([PROGRAM, 'help', '--format', 'bash'], capture_output=True, text=True, check=True).stdout
        typed = ' '.join(shlex.quote(word) for word in words)
        run = subprocess.run(['bash', '-c', f'{script}\nCOMP_WORDS=({typed}); COMP_CWORD={len(words) - 1}\n_pleat\n'
                              'printf "%s\\n" "${COMPREPLY[@]}"'], capture_output=True, text=True, check=True, cwd=ROOT)
        self.assertEqual(run.stderr, '')
        return run.stdout.split()

    def test_bash(self):
        self.assertIn('predict', self.complete('pleat', ''))
        self.assertEqual(self.complete('pleat', 'val'), ['validate'])
        self.assertEqual(self.complete('pleat', 'weights', 'i'), ['info'])
        self.assertEqual(self.complete('pleat', 'predict', '--json'), ['--json_path'])
        self.assertEqual(self.complete('pleat', 'predict', '--norun_inf'), ['--norun_inference'])
        self.assertEqual(self.complete('pleat', 'predict', '--precision', 'b'), ['bfloat16'])
        self.assertEqual(self.complete('pleat', 'predict', '--precision', '=', 'b'), ['bfloat16'])
        self.assertEqual(self.complete('pleat', 'predict', '--json_path', 'READ'), ['README.md'])
        self.assertEqual(self.complete('pleat', 'predict', '--output_dir', 'exam'), ['examples'])
        self.assertEqual(self.complete('pleat', 'weights', 'info', '--num'), [])

    def test_zsh(self):
        program = shutil.which('zsh')
        if not program:
            self.skipTest("skipped: no zsh (Debian's package zsh)")
        temporary = tempfile.TemporaryDirectory(prefix='pleat_zsh_')
        self.addCleanup(temporary.cleanup)
        zsh = Zsh(program, Path(temporary.name))
        self.addCleanup(zsh.close)
        for typed, line in {
                'pleat val': 'pleat validate ',
                'pleat weights i': 'pleat weights info ',
                'pleat predict --json': 'pleat predict --json_path=',
                'pleat predict --norun_inf': 'pleat predict --norun_inference ',
                'pleat predict --precision=b': 'pleat predict --precision=bfloat16 ',
                'pleat predict --json_path=READ': 'pleat predict --json_path=README.md ',
                'pleat predict --json_path READ': 'pleat predict --json_path README.md ',
                'pleat predict --output_dir=exam': 'pleat predict --output_dir=examples/',
                'pleat validate READ': 'pleat validate README.md ',
                'pleat weights info --num': 'pleat weights info --num'}.items():
            with self.subTest(typed):
                self.assertEqual(zsh.complete(typed)[0].rstrip(), line.rstrip())
        _, shown = zsh.complete('pleat ')
        for command in ('predict', 'validate', 'weights'):
            self.assertIn(command, shown)
        _, shown = zsh.complete('pleat predict --num_')
        self.assertRegex(shown, r'--num_seeds +-- ')

    def test_the_manual_page_has_every_command(self):
        page = subprocess.run([PROGRAM, 'help', '--format', 'man'], capture_output=True, text=True, check=True).stdout
        for name in re.findall(r'^  (\w+(?: \w+)?)  ', subprocess.run([PROGRAM, 'help'], capture_output=True, text=True).stdout, re.M):
            self.assertIn(f'\n.SS pleat {name}', page)


def main():
    global PROGRAM
    PROGRAM, *parts = sys.argv[1:]
    PROGRAM = os.path.abspath(PROGRAM)
    unittest.main(argv=[sys.argv[0], *parts], warnings='ignore')


if __name__ == '__main__':
    main()
