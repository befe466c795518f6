#!/usr/bin/env python3
"""search_test.py PLEAT [PART...]: runs the program's searches as users do: with HMMER and the miniature databases of
the golden data, and with programs that fail.

A part whose programs are absent is skipped; the status is 77 where that leaves nothing. Parts are the classes below; all of
them run where none is named.
"""
import heapq
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

PROGRAM = None  # set by main
GOLDEN = Path(__file__).resolve().parent.parent / 'golden'

DATABASES = {  # flag: file of the miniature databases
    'uniref90': 'uniref90__subsampled_1000.fasta',
    'small_bfd': 'bfd-first_non_consensus_sequences__subsampled_1000.fasta',
    'mgnify': 'mgy_clusters__subsampled_1000.fa',
    'uniprot_cluster_annot': 'uniprot_all__subsampled_1000.fasta',
    'ntrna': 'nt_rna_2023_02_23_clust_seq_id_90_cov_80_rep_seq__subsampled_1000.fasta',
    'rfam': 'rfam_14_4_clustered_rep_seq__subsampled_1000.fasta',
    'rna_central': 'rnacentral_active_seq_id_90_cov_80_linclust__subsampled_1000.fasta',
    'seqres': 'pdb_seqres_2022_09_28__subsampled_1000.fasta',
    'pdb': 'pdb_mmcif',
}
PROTEIN_DATABASES = ('uniref90', 'small_bfd', 'mgnify', 'uniprot_cluster_annot')
UBIQUITIN = 'MQIFVKTLTGKTITLEVEPSDTIENVKAKIQDKEGIPPDQQRLIFAGKQLEDGRTLSDYNIQKESTLHLVLRLRGG'
STARTS, ENDS = re.compile(r'Searching (.*), \d+ threads?\.'), re.compile(r'Searched .*, (\d+\.\d) s\. \d+ queued')


class SearchTest(unittest.TestCase):
    needs_hmmer = True

    @classmethod
    def setUpClass(cls):
        if cls.needs_hmmer and not shutil.which('jackhmmer'):
            raise unittest.SkipTest('HMMER is not installed')

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix='pleat_search_')
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)
        self.scratch = self.folder / 'tmp'  # where the program's temporary files go
        self.scratch.mkdir()
        self.here = self.folder / 'here'  # the program's current folder, in which it has no business
        self.here.mkdir()

    def databases(self, **instead):
        folder = GOLDEN / 'databases'
        flags = [f'--{name}_database_path={instead.get(name, "${DB_DIR}/" + file)}' for name, file in DATABASES.items()]
        return [f'--db_dir={folder}', *flags]

    def start(self, *arguments):
        environment = {**os.environ, 'TMPDIR': str(self.scratch), 'XDG_CACHE_HOME': str(self.folder / 'cache')}
        return subprocess.Popen([PROGRAM, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                env=environment, cwd=self.here)

    def pleat(self, *arguments, status=0):
        """Runs the program to its end; returns what it wrote to stdout and stderr."""
        process = self.start(*arguments)
        out, err = process.communicate()
        self.assertEqual(process.returncode, status, err[-3000:])
        self.assertEqual(list(self.scratch.iterdir()), [], 'temporary files are left')
        self.assertEqual(list(self.here.iterdir()), [], 'files are written into the current folder')
        return out, err

    def write_jobs(self, sequences):
        """A folder of jobs, one for each {name: [protein sequences]}."""
        folder = self.folder / 'jobs'
        folder.mkdir(exist_ok=True)
        for name, chains in sequences.items():
            entities = [{'protein': {'id': chr(65 + i), 'sequence': s}} for i, s in enumerate(chains)]
            job = {'name': name, 'modelSeeds': [1], 'sequences': entities, 'dialect': 'alphafold3', 'version': 4}
            (folder / f'{name}.json').write_text(json.dumps(job))
        return folder

    def data(self, name, output='out'):
        return self.folder / output / name / f'{name}_data.json'


class Pipeline(SearchTest):
    """Every case of the reference's data pipeline, in one run."""

    def test_cases_with_hmmer(self):
        self.check_cases('hmmer')

    def test_cases_with_the_native_engine(self):
        self.check_cases('native')

    def test_cases_with_packed_databases(self):
        packed = {}
        for name in PROTEIN_DATABASES:
            packed[name] = self.folder / f'{name}.pleatdb'
            self.pleat('db', 'pack', GOLDEN / 'databases' / DATABASES[name], '--output', packed[name])
        out, _ = self.pleat('db', 'check', *self.databases(**packed))
        self.assertRegex(out, r'uniref90 +ok +1000 sequences, 340860 residues')
        self.check_cases('auto', **packed)
        bytes_ = bytearray(packed['mgnify'].read_bytes())
        bytes_[1000] ^= 1
        packed['mgnify'].write_bytes(bytes_)
        out, _ = self.pleat('db', 'check', *self.databases(**packed), status=1)
        self.assertIn('mgnify.pleatdb: block 0 of the file is damaged. Pack the database again with pleat db pack.', out)

    def check_cases(self, engine, **databases):
        cases = sorted((GOLDEN / 'pipeline').iterdir())
        inputs = self.folder / 'inputs'
        inputs.mkdir()
        for case in cases:
            shutil.copy(case / 'input.json', inputs / f'{case.name}.json')
        self.pleat('search', '--input_dir', inputs, '--output_dir', self.folder / 'out', '--search_engine', engine,
                   *self.databases(**databases))
        for case in cases:
            with self.subTest(case.name):
                name = json.loads((case / 'input.json').read_text())['name']
                run = subprocess.run([sys.executable, GOLDEN / 'compare_golden.py', 'data_json',
                                      case / 'expected_data.json', self.data(name)], capture_output=True, text=True)
                self.assertEqual(run.returncode, 0, run.stdout[-3000:] + run.stderr[-3000:])

    def test_one_command_finds_what_search_finds(self):
        case = GOLDEN / 'pipeline' / 'ubiquitin_monomer'
        self.pleat('predict', '--norun_inference', '--json_path', case / 'input.json', '--output_dir', self.folder / 'out',
                   *self.databases())
        self.assertEqual(json.loads(self.data('ubiquitin_monomer').read_text()),
                         json.loads((case / 'expected_data.json').read_text()))


class Shards(SearchTest):
    """Sharded databases give what the reference's rules for merging shards give; both are redone here."""

    SHARDS, Z = 4, 1000

    def test_protein_databases_with_hmmer(self):
        self.check_protein_databases('hmmer')

    def test_protein_databases_with_the_native_engine(self):
        self.check_protein_databases('native')

    def check_protein_databases(self, engine):
        shards = {name: self.split(name) for name in PROTEIN_DATABASES}
        flags = [f'--{name}_z_value={self.Z}' for name in shards]
        paths = {name: f'{self.folder}/{name}.fasta@{self.SHARDS}' for name in shards}
        queries = {case: json.loads((GOLDEN / 'pipeline' / case / 'input.json').read_text())['sequences'][0]['protein']['sequence']
                   for case in ('prot_db0', 'prot_6s61_m', 'ubiquitin_monomer', '5tgy')}
        jobs = self.write_jobs({case: [query] for case, query in queries.items()})
        self.pleat('search', '--input_dir', jobs, '--output_dir', self.folder / 'out', '--jackhmmer_max_parallel_shards=2',
                   '--search_engine', engine, *flags, *self.databases(**paths))
        for case, query in queries.items():
            with self.subTest(case):
                limits = {'uniref90': 10000, 'small_bfd': 5000, 'mgnify': 5000, 'uniprot_cluster_annot': 50000}
                merged = {name: self.merge([self.jackhmmer(query, shard) for shard in shards[name]], query, limits[name])
                          for name in shards}
                chain = json.loads(self.data(case).read_text())['sequences'][0]['protein']
                paired = merged['uniprot_cluster_annot']
                unpaired = self.deduplicated(merged['uniref90'] + merged['small_bfd'] + merged['mgnify'])
                self.assertEqual(chain['pairedMsa'], ''.join(f'>{header}\n{row}\n' for header, row in paired))
                self.assertEqual(chain['unpairedMsa'], ''.join(f'>{header}\n{row}\n' for header, row in unpaired))

    def test_check_of_databases(self):
        shards = self.split('uniref90')
        path = self.databases(uniref90=f'{self.folder}/uniref90.fasta@{self.SHARDS}')
        out, _ = self.pleat('db', 'check', *path, '--uniref90_z_value=1000')
        self.assertRegex(out, r'uniref90 +ok +1000 sequences, 340860 residues, .*, 4 shards')
        out, _ = self.pleat('db', 'check', *path, status=1)
        self.assertIn('--uniref90_z_value: the flag is missing, and shards need it. Give 1000.', out)
        whole = shards[3].read_bytes()
        shards[3].write_bytes(whole[:whole.rindex(b'>') + 10])
        self.assertIn('is truncated', self.pleat('db', 'check', *path, '--uniref90_z_value=1000', status=1)[0])
        shards[3].unlink()
        self.assertIn('1 of 4 shards', self.pleat('db', 'check', *path, '--uniref90_z_value=1000', status=1)[0])

    def split(self, name):
        records = (GOLDEN / 'databases' / DATABASES[name]).read_text().split('>')[1:]
        shards = []
        for i in range(self.SHARDS):
            shards.append(self.folder / f'{name}.fasta-{i:05}-of-{self.SHARDS:05}')
            shards[-1].write_text(''.join('>' + record for record in records[i::self.SHARDS]))
        return shards

    def jackhmmer(self, query, shard):
        """The rows after the query, as (header, row), and the table of hits by name."""
        fasta, sto, table = (self.folder / name for name in ('query.fasta', 'out.sto', 'out.tbl'))
        fasta.write_text(f'>query\n{query}\n')
        subprocess.run(['jackhmmer', '-o', '/dev/null', '-A', sto, '--tblout', table, '--noali', '--F1', '0.0005', '--F2',
                        '5e-05', '--F3', '5e-07', '--cpu', '1', '-N', '1', '-E', '0.0001', '--incE', '0.0001', '-Z', str(self.Z),
                        '--domZ', str(self.Z), fasta, shard], check=True)
        rows, descriptions = {}, {}
        for line in sto.read_text().splitlines():
            if line.startswith('#=GS') and line.split()[2] == 'DE':
                descriptions[line.split()[1]] = (line.split(maxsplit=3) + [''])[3]
            elif line and line[0] not in '#/':
                name, part = line.split()
                rows[name] = rows.get(name, '') + part
        aligned_query = next(iter(rows.values()))
        found = []
        for name, row in list(rows.items())[1:]:
            letters = (c if q != '-' else c.lower().replace('-', '') for c, q in zip(row, aligned_query))
            found.append((f'{name} {descriptions.get(name, "")}', ''.join(letters).replace('.', '')))
        table_lines = [line for line in table.read_text().splitlines() if not line.startswith('#')]
        return found, {line.split()[0]: line.split() for line in table_lines}

    def merge(self, results, query, limit):
        table = {}
        for _, of_shard in results:
            table.update(of_shard)
        name = lambda hit: hit[0].split(' ')[0].split('/')[0]
        key = lambda hit: (float(table[name(hit)][4]), -float(table[name(hit)][5]), name(hit))
        kept = [[hit for hit in hits if name(hit) in table] for hits, _ in results]
        return [('query', query), *list(heapq.merge(*kept, key=key))[:limit - 1]]

    def deduplicated(self, hits):
        seen = set()
        return [hit for hit in hits
                if (row := re.sub('[a-z]', '', hit[1])) not in seen and not seen.add(row)]


class Stages(SearchTest):
    """Search, features, network and files in one command; the same in two gives the same bytes."""

    def test_one_and_two_stages(self):
        network = ['--model_dir=demo', '--num_recycles=1', '--num_diffusion_samples=1', '--num_diffusion_steps=4']
        source = GOLDEN / 'examples' / 'ubiquitin_monomer.json'
        one, searched, two = (self.folder / name for name in ('one', 'searched', 'two'))
        self.pleat('predict', '--json_path', source, '--output_dir', one, *network, *self.databases())
        self.pleat('search', '--json_path', source, '--output_dir', searched, '--search_cache_dir=none', *self.databases())
        self.pleat('predict', '--json_path', self.data('ubiquitin_monomer', 'searched'), '--output_dir', two, *network)
        files = sorted(path.relative_to(one) for path in one.rglob('*') if path.is_file())
        self.assertEqual(files, sorted(path.relative_to(two) for path in two.rglob('*') if path.is_file()))
        self.assertGreater(len(files), 6)
        clock = re.compile(rb'3\.0\.4 @ [^)]*\)')  # mmCIF files tell the time at which they were made
        for file in files:
            if file.name.endswith(('_manifest.json', '_report.html')):
                continue  # these tell how the results were made
            with self.subTest(str(file)):
                self.assertTrue(clock.sub(b'', (one / file).read_bytes()) == clock.sub(b'', (two / file).read_bytes()))


class OwnTemplate(SearchTest):
    """A chain of an mmCIF file becomes what the data pipeline makes of it."""

    FILE = GOLDEN / 'databases/pdb_mmcif/7rye.cif'
    SEQUENCE = 'MATPWSGYLDDVSAKFDTGVDNLQTQVTEALDKLAAKPSDPALLAAYQSKLSEYNLYRNAQSNTVKVFKDIDAAIIQNFR'

    def test_an_entry_that_validate_takes(self):
        out, _ = self.pleat('template', self.FILE, '--chain', 'J', '--sequence', 'AAA' + self.SEQUENCE)
        entry = json.loads(out)
        self.assertEqual(len(entry['queryIndices']), len(entry['templateIndices']))
        self.assertGreater(len(entry['queryIndices']), 40)
        self.assertEqual({query - template for query, template in
                          zip(entry['queryIndices'], entry['templateIndices'])}, {3})
        protein = {'id': 'A', 'sequence': 'AAA' + self.SEQUENCE, 'unpairedMsa': '', 'pairedMsa': '', 'templates': [entry]}
        (self.folder / 'job.json').write_text(json.dumps({
            'name': 'job', 'modelSeeds': [1], 'sequences': [{'protein': protein}], 'dialect': 'alphafold3', 'version': 4}))
        self.assertIn('no problems', self.pleat('validate', self.folder / 'job.json')[0])

    def test_a_file_without_a_date(self):
        lines = self.FILE.read_text().splitlines(keepends=True)
        file = self.folder / 'undated.cif'
        file.write_text(''.join(line.replace('_pdbx_audit_revision_history', '_other') for line in lines))
        call = ['template', file, '--chain', 'J', '--sequence', self.SEQUENCE]
        self.assertIn('undated.cif', self.pleat(*call, status=1)[1])
        self.assertIn('2020-05-06', json.loads(self.pleat(*call, '--release_date=2020-05-06')[0])['mmcif'])

    def test_what_can_not_be_a_template(self):
        call = ['template', self.FILE, '--sequence']
        self.assertIn('it has no polymer chain Z', self.pleat(*call, self.SEQUENCE, '--chain=Z', status=1)[1])
        self.assertIn("can't be aligned", self.pleat(*call, 'W' * 30, '--chain=J', status=1)[1])


class Queue(SearchTest):
    """Equal searches of all jobs are done once, and not at all by a second run."""

    CHAINS = [UBIQUITIN, UBIQUITIN[::-1], UBIQUITIN[:60]]

    def write_ten_jobs(self):
        return self.write_jobs({f'job{i}': [self.CHAINS[i % 3], self.CHAINS[(i + 1) % 3]] for i in range(10)})

    def search(self, jobs, output, *flags):
        _, err = self.pleat('search', '--input_dir', jobs, '--output_dir', self.folder / output, *flags, *self.databases())
        return STARTS.findall(err)

    def test_ten_jobs_of_three_chains(self):
        jobs = self.write_ten_jobs()
        for engine, passes in (('hmmer', 3), ('native', 1)):  # native: the chains together
            searches = self.search(jobs, engine, '--search_engine', engine)
            for database in PROTEIN_DATABASES:
                self.assertEqual(sum(search.startswith(database) for search in searches), passes, database)
            self.assertEqual(sum(search.startswith('seqres') for search in searches), 3)
            self.assertEqual(len(searches), 4 * passes + 3)
        self.assertEqual(self.search(jobs, 'again'), [])
        for i in range(10):
            for output in ('native', 'again'):
                self.assertEqual(self.data(f'job{i}', 'hmmer').read_bytes(), self.data(f'job{i}', output).read_bytes())

    def test_parts_meet_in_the_cache(self):
        for parts in (2, 3):  # by chain, by database
            jobs = self.write_ten_jobs() if parts == 2 else self.write_jobs({'urgent': [UBIQUITIN[5:]]})
            searches = []
            for part in range(parts, 0, -1):
                searches += self.search(jobs, f'out{parts}', '--part', f'{part}/{parts}', '--force_output_dir')
                self.assertEqual(self.search(jobs, f'out{parts}', '--part', f'{part}/{parts}', '--force_output_dir'), [])
            rest = self.search(jobs, 'whole', '--force_output_dir')
            self.assertTrue(all(search.startswith('seqres') for search in rest), rest)
            self.search(jobs, 'fresh', '--force_output_dir', '--search_cache_dir=none')
            self.assertEqual(len({search.split(' for ')[0] for search in searches}), 5 if parts == 2 else 4 + (not rest))
            for data in (self.folder / 'whole').glob('*/*_data.json'):
                self.assertEqual(data.read_bytes(), self.data(data.parent.name, 'fresh').read_bytes())
            shutil.rmtree(jobs)
            shutil.rmtree(self.folder / 'whole')
        jobs = self.write_ten_jobs()
        for bad in ('0/2', '3/2', '1', 'x/2', '1/2/3'):
            self.assertIn('give i/n', self.pleat('search', '--input_dir', jobs, '--output_dir', self.folder / 'out', '--part', bad,
                                                 status=2)[1])


class Killed(SearchTest):
    """After kill -9 at any moment the next run succeeds, with the result of one that was left alone, and removes
    the temporary files of the killed one."""

    RUNS = 20

    def test_kill(self):
        source = GOLDEN / 'pipeline' / 'ubiquitin_monomer'
        arguments = ['search', '--json_path', source / 'input.json', '--output_dir', self.folder / 'out', '--force_output_dir',
                     *self.databases()]
        start = time.monotonic()
        self.pleat(*arguments, '--search_cache_dir=none')
        usual = time.monotonic() - start
        undisturbed = self.data('ubiquitin_monomer').read_bytes()
        moments = random.Random(1)
        for run in range(self.RUNS):
            cache = self.folder / f'cache{run}'
            killed = self.start(*arguments, '--search_cache_dir', cache)
            time.sleep(moments.uniform(0, usual))
            killed.kill()
            killed.communicate()
            self.data('ubiquitin_monomer').unlink(missing_ok=True)
            self.pleat(*arguments, '--search_cache_dir', cache)
            self.assertTrue(self.data('ubiquitin_monomer').read_bytes() == undisturbed, f'run {run}')

    def test_processes_share_the_cache(self):
        source = GOLDEN / 'pipeline' / 'ubiquitin_monomer'
        runs = [self.start('search', '--json_path', source / 'input.json', '--output_dir', self.folder / f'out{i}',
                           *self.databases()) for i in range(3)]
        for run in runs:
            _, err = run.communicate()
            self.assertEqual(run.returncode, 0, err[-3000:])
        self.assertEqual(len({self.data('ubiquitin_monomer', f'out{i}').read_bytes() for i in range(3)}), 1)


class Programs(SearchTest):
    """Programs that are missing, fail, are killed or take long; databases and HMMER are made up."""

    needs_hmmer = False

    def setUp(self):
        super().setUp()
        for name in DATABASES:
            (self.folder / name).write_text('>a\nMK\n')
        (self.folder / 'pdb').unlink()
        (self.folder / 'pdb').mkdir()
        self.jobs = self.write_jobs({'protein': ['MKV']})
        complete = {'id': 'A', 'sequence': 'MKV', 'unpairedMsa': '', 'pairedMsa': '', 'templates': []}
        (self.jobs / 'complete.json').write_text(json.dumps({
            'name': 'complete', 'modelSeeds': [1], 'sequences': [{'protein': complete}], 'dialect': 'alphafold3', 'version': 4}))

    def program(self, body):
        """A jackhmmer of our own."""
        path = self.folder / 'jackhmmer'
        path.write_text(f'#!/bin/sh\ncase "$*" in *-h*) echo "# HMMER 3.3.2"; exit 0;; esac\n{body}\n')
        path.chmod(0o755)
        return path

    # The body of a program that finds nothing. At its end $1 is the query's file, $2 the database.
    FINDS_NOTHING = """while [ $# -gt 2 ]; do [ "$1" = -A ] && out="$2"; shift; done
printf '# STOCKHOLM 1.0\\n\\nquery %s\\n//\\n' "$(tail -n 1 "$1")" > "$out"
"""

    def search(self, program, status, *flags):
        databases = [f'--{name}_database_path={self.folder / name}' for name in DATABASES]
        return self.pleat('search', '--input_dir', self.jobs, '--output_dir', self.folder / 'out', '--run_template_search=false',
                          '--search_engine=hmmer', '--jackhmmer_binary_path', program, *databases, *flags, status=status)[1]

    def errors(self, err):
        return [line for line in err.splitlines() if line.startswith('pleat: error:')]

    def test_failures_end_their_job_only(self):
        for body, message in (('echo "it is too hot" >&2; exit 3', ('search of ', 'status 3', 'it is too hot')),
                              ('kill -9 $$', ('search of ', 'signal 9')),
                              (None, ('/nowhere/jackhmmer', '--jackhmmer_binary_path'))):
            with self.subTest(message[-1]):
                program = self.program(body) if body else '/nowhere/jackhmmer'
                shutil.rmtree(self.folder / 'out', ignore_errors=True)
                err = self.search(program, status=3)
                self.assertEqual(len(self.errors(err)), 1, err)
                for part in ('protein: ', *message):
                    self.assertIn(part, self.errors(err)[0])
                self.assertFalse(self.data('protein').exists())
                self.assertTrue(self.data('complete').exists())

    def test_what_is_missing_is_told_before_any_search(self):
        rna = {'id': 'R', 'sequence': 'ACGU'}
        (self.jobs / 'rna.json').write_text(json.dumps({
            'name': 'rna', 'modelSeeds': [1], 'sequences': [{'rna': rna}], 'dialect': 'alphafold3', 'version': 4}))
        err = self.search(self.program(self.FINDS_NOTHING), 3, '--nhmmer_binary_path=/nowhere/nhmmer',
                          '--hmmalign_binary_path=/nowhere/hmmalign', '--ntrna_database_path=/nowhere/ntrna')
        missing = ('/nowhere/nhmmer', '/nowhere/hmmalign', '--ntrna_database_path: /nowhere/ntrna')
        self.assertEqual([error.split(': ')[2] for error in self.errors(err)], ['rna'] * 3, err)
        for error in missing:
            self.assertIn(f'pleat: error: rna: {error}', err)
            self.assertLess(err.index(error), err.index('Searching'))
        self.assertTrue(self.data('protein').exists())

    def test_a_failed_search_is_told_at_once(self):
        self.write_jobs({'again': ['MKV', 'MVV'], 'other': ['MKL']})
        (self.folder / 'mgnify').write_text('>a\n' + 1000 * 'M' + '\n')  # goes first
        fails_for_one = 'case "$2" in *mgnify) grep MKV "$1" && exit 3;; esac; true'
        err = self.search(self.program(self.FINDS_NOTHING + fails_for_one), 3, '--threads=1')
        self.assertEqual([line.split(': ')[2] for line in self.errors(err)], ['again, protein'], err)
        self.assertEqual(len(STARTS.findall(err[:err.index(self.errors(err)[0])])), 1, err)
        self.assertEqual(len(STARTS.findall(err)), 1 + len(PROTEIN_DATABASES), err)  # and those of the other job

    def test_without_a_folder_results_are_not_kept(self):
        for flags in (['--search_cache_dir', ''], ['--search_cache_dir=', '--threads=2'], ['--search_cache_dir=none']):
            err = self.search(self.program(self.FINDS_NOTHING), 0, '--force_output_dir', *flags)
            self.assertEqual(len(STARTS.findall(err)), len(PROTEIN_DATABASES))
            self.assertFalse((self.folder / 'cache').exists())

    def test_interrupts_leave_nothing_behind(self):
        pids = self.folder / 'pids'
        program = self.program(f'echo $$ >> {pids}; sleep 100; echo late >> {pids}')
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number.name):
                pids.unlink(missing_ok=True)
                databases = [f'--{name}_database_path={self.folder / name}' for name in DATABASES]
                run = self.start('search', '--input_dir', self.jobs, '--output_dir', self.folder / 'out',
                                 '--search_engine=hmmer', '--jackhmmer_binary_path', program, *databases)
                while not pids.exists():
                    time.sleep(0.01)
                run.send_signal(number)
                _, err = run.communicate(timeout=20)
                self.assertEqual(run.returncode, 130, err)
                self.assertEqual(self.errors(err), ['pleat: error: interrupted'])
                self.assertIn('Searching uniref90 for chain A of protein (3 residues)', err)
                self.assertEqual(list(self.scratch.iterdir()), [])
                for pid in pids.read_text().split():
                    self.assertFalse(Path('/proc', pid).exists(), 'a search program is left')

    def test_fasta_records_are_jobs(self):
        fasta = self.folder / 'many.fasta'
        fasta.write_text('>one a protein\nMKV\nLL*\n>two\nACGU\n>three\nACGT\n>one again\nMKV\n>four\nM1V\n')
        _, err = self.pleat('search', '--fasta_path', fasta, '--output_dir', self.folder / 'out', '--norun_msa_search',
                            '--norun_template_search', status=3)
        sequences = {name: json.loads(self.data(name).read_text())['sequences'][0] for name in ('one', 'two', 'three')}
        self.assertEqual(sequences['one']['protein']['sequence'], 'MKVLL')
        self.assertEqual(sequences['one']['protein']['unpairedMsa'], '>Original query\nMKVLL\n')
        self.assertEqual(sequences['two']['rna']['sequence'], 'ACGU')
        self.assertEqual(sequences['three']['dna']['sequence'], 'ACGT')
        self.assertEqual(len(self.errors(err)), 2)
        self.assertIn('many.fasta: record 4 (one again): an earlier record has the same name', self.errors(err)[0])
        self.assertIn("many.fasta: record 5 (four): the sequence has '1'", self.errors(err)[1])

    def test_folders_of_databases_are_looked_through_in_order(self):
        second = self.folder / 'second'
        second.mkdir()
        (self.folder / 'uniref90').rename(second / 'uniref90')
        flags = ['--uniref90_database_path=${DB_DIR}/uniref90', '--mgnify_database_path', '${DB_DIR}/mgnify']
        out, _ = self.pleat('db', 'check', f'--db_dir={self.folder}', '--db_dir', second, *flags, status=1)
        self.assertIn(f'{second}/uniref90\n', out)
        self.assertIn(f'{self.folder}/mgnify\n', out)

    def test_check_names_every_missing_database(self):
        out, _ = self.pleat('db', 'check', '--db_dir', self.folder, status=1)
        self.assertEqual(len(re.findall(r'PROBLEM', out)), len(DATABASES))
        self.assertIn('--uniref90_database_path: ${DB_DIR}/uniref90_2022_05.fa is in none of the folders', out)


def main():
    global PROGRAM
    PROGRAM, *parts = sys.argv[1:]
    run = unittest.main(argv=[sys.argv[0], *parts], warnings='ignore', exit=False).result
    if run.skipped and run.testsRun == 0 and run.wasSuccessful():
        sys.exit(77)
    sys.exit(not run.wasSuccessful())


if __name__ == '__main__':
    main()
