#!/usr/bin/env python3
"""batch_test.py PLEAT SOURCE_DIR [PART...]: runs batches as users do, with the demo's small network, and ends them in every way.

Parts are the classes below; all of them run where none is named. PLEAT_BATCH_KILLS sets how many kills the part Killed makes.
A part that can't run here is skipped; the status is 77 where that leaves nothing.
"""
import fcntl
import json
import os
import pty
import random
import re
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest
import zlib
from pathlib import Path

import search_test
from parts import run_parts

PROGRAM = None  # set by main
NETWORK = ('--model_dir', 'demo', '--num_recycles', '1', '--num_diffusion_steps', '2', '--threads', '1')


def job(name, sequence='MKSTYGG', seeds=(1,), **fields):
    msa = {} if 'unpairedMsaPath' in fields else {'unpairedMsa': ''}
    chain = {'id': 'A', 'sequence': sequence, 'pairedMsa': '', 'templates': [], **msa, **fields}
    return {'name': name, 'modelSeeds': list(seeds), 'sequences': [{'protein': chain}], 'dialect': 'alphafold3', 'version': 4}


def ligand_job(name, **ligand):
    return {**job(name), 'sequences': [{'ligand': {'id': 'L', **ligand}}]}


class BatchTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix='pleat_batch_')
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)
        self.inputs = self.folder / 'in'
        self.inputs.mkdir()

    def write(self, *jobs):
        for one in jobs:
            (self.inputs / f'{one["name"]}.json').write_text(json.dumps(one))

    def start(self, *arguments, **options):
        environment = {**os.environ, 'SOURCE_DATE_EPOCH': '1700000000', 'XDG_CACHE_HOME': str(self.folder / 'cache')}
        return subprocess.Popen([PROGRAM, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                errors='replace', env=environment, cwd=self.folder, **options)

    def pleat(self, *arguments, status=0):
        process = self.start(*arguments)
        out, err = process.communicate()
        self.assertEqual(process.returncode, status, err[-3000:])
        return out, err

    def predict(self, *flags):
        return ('predict', '--input_dir', self.inputs, *NETWORK, *flags)

    def files(self, output):
        """The bytes of all results, by path; manifests, reports and batch.json, which hold times, are left out."""
        folder = self.folder / output
        return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob('*')
                if p.is_file() and p.name != 'batch.json' and not p.name.endswith(('_manifest.json', '_report.html'))}

    def assertSameFiles(self, first, second):
        a, b = self.files(first), self.files(second)
        self.assertEqual(sorted(a), sorted(b))
        self.assertEqual([name for name in a if a[name] != b[name]], [])

    def events(self, log='log'):
        path = self.folder / log
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


class Outcomes(BatchTest):
    """40 jobs, 8 of them broken in different ways."""

    def test_bad_jobs_leave_the_others(self):
        self.write(*(job(f'good{i:02}', 'MKSTYGG' + 'AVLK'[i % 4]) for i in range(32)))
        self.write(ligand_job('code', ccdCodes=['NOPE']), job('msa', unpairedMsaPath='absent.a3m'),
                   ligand_job('smiles', smiles='C1CC'), job('zz_large', 'MKST' * 700),
                   {**job('zz_search'), 'sequences': [{'protein': {'id': 'A', 'sequence': 'MKSTYGG'}}]})
        (self.inputs / 'text.json').write_text('{"name": ')
        (self.inputs / 'utf8.json').write_bytes(json.dumps(job('latin')).encode().replace(b'latin', b'lat\xefn'))
        (self.inputs / 'twin.json').write_text(json.dumps(job('good00')))
        places = {'code': 'code.json: $.sequences[0].ligand.ccdCodes', 'msa': 'msa.json: $.sequences[0].protein.unpairedMsaPath',
                  'smiles': 'smiles.json: $.sequences[0].ligand.smiles', 'text': 'text.json: line 1', 'utf8': 'utf8.json: ',
                  'twin': 'twin.json: $.name', 'zz_large': '', 'zz_search': ''}
        _, err = self.pleat(*self.predict('--output_dir', 'out', '--num_diffusion_samples', 1, '--force_output_dir',
                                          '--max_memory', '500M', '--db_dir', 'none'), status=3)
        batch = json.loads((self.folder / 'out' / 'batch.json').read_text())
        self.assertEqual(batch['counts'], {'done': 32, 'kept': 0, 'refused': 6, 'failed': 2, 'stopped': 0, 'elsewhere': 0})
        self.assertIn('40 jobs: 32 done, 6 refused because of their inputs, 2 failed.', err)
        bad = {Path(j['input'].split(':')[0]).stem: j for j in batch['jobs'] if j['outcome'] != 'done'}
        self.assertEqual(sorted(bad), sorted(places))
        for name, place in places.items():
            with self.subTest(name):
                self.assertIn(place, bad[name]['reasons'][0]['place'])
                self.assertTrue(bad[name]['reasons'][0]['problem'])
        self.assertIn('memory', bad['zz_large']['reasons'][0]['problem'])
        for i in range(32):
            self.assertTrue((self.folder / 'out' / f'good{i:02}' / f'good{i:02}_model.cif').exists())

    def test_features_of_two_jobs_of_one_name(self):
        """featurise numbers the names of their files, and predict --features finds each job's own."""
        jobs = [job('one', 'MKSTYGG'), job('one', 'MKSTYGGA')]
        (self.inputs / 'jobs.json').write_text(json.dumps(jobs))
        self.pleat('featurise', '--json_path', self.inputs / 'jobs.json', '--output_dir', 'features')
        flags = ('--output_dir', 'out', '--num_diffusion_samples', 1, *NETWORK, '--features', 'features')
        _, err = self.pleat('predict', '--json_path', self.inputs / 'jobs.json', *flags)
        self.assertIn("Its files are named after 'one_2'.", err)
        (self.inputs / 'jobs.json').unlink()
        for name, alone in zip(('one', 'one_2'), jobs):
            self.write({**alone, 'name': name})
        self.pleat(*self.predict('--output_dir', 'alone', '--num_diffusion_samples', 1))
        models = [f'{name}/seed-1_sample-0/{name}_seed-1_sample-0_confidences.json' for name in ('one', 'one_2')]
        self.assertEqual([self.files('out')[file] for file in models], [self.files('alone')[file] for file in models])

    def test_all_failed_is_status_1(self):
        (self.inputs / 'a.json').write_text('{')
        self.pleat(*self.predict('--output_dir', 'out'), status=1)
        self.assertEqual(json.loads((self.folder / 'out' / 'batch.json').read_text())['counts']['refused'], 1)


class Resume(BatchTest):
    def test_what_is_complete_is_not_made_again(self):
        self.write(job('one', seeds=[3, 4]), job('two'))
        flags = self.predict('--output_dir', 'out', '--num_diffusion_samples', 2, '--save_distogram')
        self.pleat(*flags)
        shutil.copytree(self.folder / 'out', self.folder / 'whole')
        (self.folder / 'out' / 'one' / 'seed-4_sample-1' / 'one_seed-4_sample-1_model.cif').write_text('cut')
        out, _ = self.pleat(*flags, '--resume', '--dry_run')
        self.assertIn('one: MSAs and templates are there; 1 of 2 seeds, 1 sample, in out/one\n', out)
        self.assertIn('two: complete, in out/two\n1 of 2 jobs are complete.\n', out)
        self.pleat(*flags, '--resume', '--log_json', 'log')
        self.assertEqual([(e['job'], e['seed'], e['sample']) for e in self.events() if e['event'] == 'sample_done'],
                         [('one', 4, 1)])
        self.assertSameFiles('out', 'whole')
        _, err = self.pleat(*flags, '--resume')
        self.assertIn('2 jobs: 2 complete before.', err)

    def test_more_samples_and_seeds_go_on_and_have_the_same_bits(self):
        self.write(job('one', seeds=[3]))
        self.pleat(*self.predict('--output_dir', 'out', '--num_diffusion_samples', 1))
        self.write(job('one', seeds=[3, 9]))
        self.pleat(*self.predict('--output_dir', 'out', '--num_diffusion_samples', 3, '--resume', '--log_json', 'log'))
        self.pleat(*self.predict('--output_dir', 'whole', '--num_diffusion_samples', 3))
        self.assertSameFiles('out', 'whole')
        self.assertEqual(sum(e['event'] == 'sample_done' for e in self.events()), 5)

    def test_other_settings_and_inputs_get_a_folder_of_their_own(self):
        self.write(job('one'))
        self.pleat(*self.predict('--output_dir', 'out'))
        before = self.files('out')
        self.pleat(*self.predict('--output_dir', 'out', '--num_recycles', 2, '--resume'))
        self.write(job('one', 'MKSTYGGA'))
        self.pleat(*self.predict('--output_dir', 'out', '--resume'))
        after = self.files('out')
        self.assertEqual({name: after[name] for name in before}, before)
        self.assertEqual(len([p for p in (self.folder / 'out').iterdir() if p.is_dir()]), 3)
        _, err = self.pleat(*self.predict('--output_dir', 'out', '--resume'))
        self.assertIn('1 job: 1 complete before.', err)

    def test_the_network_goes_on_after_the_data_pipeline(self):
        self.write(job('one'))
        self.pleat('search', '--input_dir', self.inputs, '--output_dir', 'out')
        self.pleat(*self.predict('--output_dir', 'out', '--resume'))
        self.assertEqual(sorted(p.name for p in (self.folder / 'out').iterdir()), ['batch.json', 'one'])
        self.assertTrue((self.folder / 'out' / 'one' / 'one_model.cif').exists())

    def test_links_are_not_followed_out_of_the_output_folder(self):
        self.write(job('one'))
        outside = self.folder / 'outside'
        outside.mkdir()
        (self.folder / 'out').mkdir()
        (self.folder / 'out' / 'one').symlink_to(outside)
        for flags in (['--force_output_dir'], ['--resume'], []):
            _, err = self.pleat(*self.predict('--output_dir', 'out', *flags), status=1)
            self.assertIn('a symbolic link leads out of the output folder', err)
            self.assertEqual(list(outside.iterdir()), [])
        (self.folder / 'out' / 'one').unlink()
        (self.folder / 'out' / 'one').mkdir()
        (self.folder / 'out' / 'one' / 'seed-1_sample-0').symlink_to(outside)
        self.pleat(*self.predict('--output_dir', 'out', '--force_output_dir'), status=1)
        self.assertEqual(list(outside.iterdir()), [])


class Watch(BatchTest):
    def test_inputs_that_appear_are_taken(self):
        self.write(job('first'))
        process = self.start(*self.predict('--output_dir', 'out', '--watch', '--log_json', 'log'))
        self.wait_for(process, 1)
        self.write(job('second'))
        (self.inputs / 'third.json').write_text('{')
        self.wait_for(process, 3)
        self.write(job('third'))  # the broken one is mended
        self.wait_for(process, 4)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
        self.assertEqual(process.returncode, 3, err)
        self.assertEqual([(e['job'], e['outcome']) for e in self.events() if e['event'] == 'job_end'],
                         [('first', 'done'), ('', 'refused'), ('second', 'done'), ('third', 'done')])
        self.assertEqual(err.count('Parameters from demo.'), 1)

    def wait_for(self, process, jobs):
        while sum(e['event'] == 'job_end' for e in self.events()) < jobs:
            self.assertIsNone(process.poll())
            time.sleep(0.05)


class Terminal:
    """What a person sees: lines, of which the last few change. Knows what the program's progress uses."""

    WIDTH = 100

    def __init__(self):
        self.lines, self.row, self.column, self.shots = [''], 0, 0, []

    def feed(self, text):
        for part in re.findall('\r|\n|\033\\[[0-9;]*[A-Za-z]|[^\r\n\033]+', text):
            if part == '\r':
                self.column = 0
            elif part == '\n':
                self.row, self.column = self.row + 1, 0
                self.lines += [''] * (self.row + 1 - len(self.lines))
            elif part == '\033[K':
                self.lines[self.row] = self.lines[self.row][:self.column]
            elif part == '\033[A':
                self.row -= 1
            elif not part.startswith('\033'):
                line = self.lines[self.row]
                self.lines[self.row] = line[:self.column] + part + line[self.column + len(part):]
                self.column += len(part)
        self.shots.append(list(self.lines))


class Progress(BatchTest):
    """What runs is shown on a terminal, and nowhere else."""

    def on_terminal(self, *arguments, after=None):
        """Runs pleat on a terminal. `after(terminal, process)` is called whenever something was written."""
        main, side = pty.openpty()
        fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack('HHHH', 40, Terminal.WIDTH, 0, 0))
        process = subprocess.Popen([PROGRAM, *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=side, cwd=self.folder,
                                   env={**os.environ, 'TERM': 'xterm', 'XDG_CACHE_HOME': str(self.folder / 'cache')})
        os.close(side)
        terminal = Terminal()
        with open(main, 'rb', buffering=0) as file:
            while True:
                try:
                    data = file.read(65536)
                except OSError:  # the other end is closed
                    data = b''
                if not data:
                    break
                terminal.feed(data.decode().replace('\r\n', '\n'))
                if after:
                    after(terminal, process)
        process.wait()
        return terminal, process.returncode

    RUNNING = re.compile(r'Job \d of 3, job\d(, seed \d of 2)?: (trunk|diffusion|confidence) \d+ %(, [\d.]+ (blocks|steps|samples)/s)?; '
                         r'[\d.]+ (s|min) left, batch [\d.]+ (s|min)')
    FLAGS = ('--num_diffusion_steps', 100, '--num_diffusion_samples', 2)

    def jobs(self):
        self.write(job('job1', 'MKSTYGGAVLK' * 3, seeds=[1, 2]), job('job2', 'MKSTYGGAVLK' * 3), job('job3', 'MKSTYGGAVLK' * 3))

    def test_a_line_tells_what_runs(self):
        self.jobs()
        terminal, status = self.on_terminal(*self.predict('--output_dir', 'out', *self.FLAGS))
        self.assertEqual(status, 0)
        shown = [[line for line in shot if self.RUNNING.fullmatch(line)] for shot in terminal.shots]
        self.assertLessEqual(max(map(len, shown)), 1, 'an old line stays')
        seen = {line.split(':')[0] for lines in shown for line in lines}
        self.assertEqual(seen, {'Job 1 of 3, job1, seed 1 of 2', 'Job 1 of 3, job1, seed 2 of 2', 'Job 2 of 3, job2', 'Job 3 of 3, job3'})
        self.assertTrue(any('steps/s' in line for lines in shown for line in lines))
        self.assertLess(max(len(line) for lines in shown for line in lines), Terminal.WIDTH)
        self.assertIn('3 jobs: 3 done.', terminal.lines[-2] + terminal.lines[-1])
        for line in terminal.lines:  # what stays is the log
            self.assertRegex(line, r'^\d\d:\d\d:\d\d |^$')

    def test_a_signal_is_answered_on_a_line_of_its_own(self):
        self.jobs()

        def interrupt(terminal, process):
            if any(self.RUNNING.fullmatch(line) for line in terminal.lines) and not self.sent:
                self.sent = True
                process.send_signal(signal.SIGINT)

        self.sent = False
        terminal, status = self.on_terminal(*self.predict('--output_dir', 'out', *self.FLAGS), after=interrupt)
        self.assertEqual(status, 130)
        self.assertIn('pleat stops soon, after writing what is complete. Another signal ends it now.', terminal.lines)
        self.assertRegex('\n'.join(terminal.lines), r'Seed 1 needs some [\d.]+ (s|min) more\. pleat finishes it, then stops\.')

    def test_files_get_the_log_alone(self):
        self.jobs()
        _, err = self.pleat(*self.predict('--output_dir', 'out', *self.FLAGS))
        self.assertNotRegex(err, '[\r\033]')
        self.assertNotIn('steps/s', err)


class Killed(BatchTest):
    """A batch that is killed again and again ends with the bytes of one that is not, and computes nothing twice."""

    KILLS = int(os.environ.get('PLEAT_BATCH_KILLS', 6))

    def flags(self, output, log):
        return self.predict('--output_dir', output, '--num_diffusion_samples', 2, '--resume', '--log_json', log,
                            '--num_diffusion_steps', 20)

    def setUp(self):
        super().setUp()
        self.write(*(job(f'job{i}', 'MKSTYGGAVLK' * 4, seeds=[1, 2]) for i in range(5)))
        started = time.monotonic()
        self.pleat(*self.flags('whole', 'whole.log'))
        self.whole_run = time.monotonic() - started

    def done(self):
        return [(e['job'], e['seed'], e['sample']) for e in self.events() if e['event'] == 'sample_done']

    def check(self):
        self.pleat(*self.flags('out', 'log'))
        self.assertEqual(len(self.done()), len(set(self.done())), 'a sample was computed twice')
        self.assertEqual(len(set(self.done())), 20)
        jobs = [e['job'] for e in self.events() if e['event'] == 'job_end' and e['outcome'] == 'done']
        self.assertEqual(sorted(jobs), sorted(set(jobs)), 'a job was done twice')
        self.assertSameFiles('out', 'whole')

    def in_work(self):
        """Whether the log ends within a seed: it was begun, and not all of its samples are done."""
        events = self.events()
        begun = [i for i, e in enumerate(events) if e['event'] == 'seed_start']
        return bool(begun) and sum(e['event'] == 'sample_done' for e in events[begun[-1]:]) < events[begun[-1]]['samples']

    def test_kill(self):
        chance = random.Random(17)
        killed = in_work = 0
        for _ in range(self.KILLS):
            before = len(self.events())
            process = self.start(*self.flags('out', 'log'))
            starts = chance.random() < 0.1  # while the program starts
            while not starts and process.poll() is None and not any(e['event'] == 'seed_start' for e in self.events()[before:]):
                time.sleep(0.01)
            try:  # soon, so that something is left for the next kill
                process.communicate(timeout=self.whole_run * chance.random() / max(3, self.KILLS / 2))
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                killed += 1
                in_work += len(self.events()) > before and self.in_work()
        print(f'{killed} kills, {in_work} of them while a seed was computed')
        self.assertGreater(in_work, 0)
        self.check()

    def test_terminate(self):
        """The seed in work is written: what was begun is not lost."""
        for fraction in (0.1, 0.4):
            process = self.start(*self.flags('out', 'log'))
            time.sleep(self.whole_run * fraction)
            process.send_signal(signal.SIGTERM)
            _, err = process.communicate()
            if process.returncode == -signal.SIGTERM:  # it came before the program was ready
                continue
            self.assertEqual(process.returncode, 130, err)
            self.assertIn('The same command with --resume goes on where this run stopped.', err)
        begun = [(e['job'], e['seed']) for e in self.events() if e['event'] == 'seed_start']
        written = {(j, s) for j, s, _ in self.done()}
        self.assertEqual(set(begun), written)
        self.assertFalse(any(e['event'] == 'seed_left' for e in self.events()))
        self.check()
        begun = [(e['job'], e['seed']) for e in self.events() if e['event'] == 'seed_start']
        self.assertEqual(len(begun), len(set(begun)), 'a seed was begun twice')

    def wait_for(self, process, log, event, **fields):
        while not any(e['event'] == event and fields.items() <= e.items() for e in self.events(log)):
            self.assertIsNone(process.poll())
            time.sleep(0.02)

    def test_a_long_seed_is_left_and_those_before_it_are_kept(self):
        self.write(job('long', 'MKSTYGGAVLK' * 10, seeds=[1, 2]))
        flags = ('predict', '--json_path', self.inputs / 'long.json', *NETWORK, '--num_diffusion_steps', 400, '--resume')
        process = self.start(*flags, '--output_dir', 'long', '--log_json', 'long.log', '--finish_within', 0)
        self.wait_for(process, 'long.log', 'seed_start', seed=2)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate()
        self.assertEqual(process.returncode, 130, err)
        self.assertRegex(err, r'Seed 2 would need some [\d.]+ (s|min) more, and --finish_within is 0 s\. pleat leaves it to a later run\.')
        self.assertIn('The same command with --resume goes on where this run stopped.', err)
        self.assertEqual([e['seed'] for e in self.events('long.log') if e['event'] == 'seed_left'], [2])
        self.pleat(*flags, '--output_dir', 'long', '--log_json', 'long.log')
        self.assertEqual([e['seed'] for e in self.events('long.log') if e['event'] == 'seed_start'], [1, 2, 2])
        self.pleat(*flags, '--output_dir', 'undisturbed')
        self.assertSameFiles('long', 'undisturbed')

    def test_a_conformer_search_does_not_hold_the_end_up(self):
        self.write(ligand_job('ring', smiles='CO' + 'CCO' * 120 + 'C'))
        process = self.start('predict', '--json_path', self.inputs / 'ring.json', '--output_dir', 'ring', *NETWORK, '--norun_data_pipeline')
        while 'conformer search has taken' not in process.stderr.readline():
            self.assertIsNone(process.poll(), 'the search ended too soon')
        process.send_signal(signal.SIGINT)
        asked = time.monotonic()
        _, err = process.communicate()
        self.assertEqual(process.returncode, 130, err)
        self.assertLess(time.monotonic() - asked, 30)
        self.assertIn('The same command with --resume goes on where this run stopped.', err)

    def test_a_second_signal_ends_the_program_at_once(self):
        self.write(job('long', 'MKSTYGGAVLK' * 10))
        process = self.start(*self.predict('--output_dir', 'long', '--num_diffusion_steps', 100000, '--log_json', 'long.log',
                                           '--finish_within', 1e9))
        self.wait_for(process, 'long.log', 'seed_start')
        process.send_signal(signal.SIGINT)
        while 'Another signal ends it now' not in process.stderr.readline():
            self.assertIsNone(process.poll())
        process.send_signal(signal.SIGTERM)
        process.communicate()
        self.assertEqual(process.returncode, -signal.SIGTERM)


class FullDisk(BatchTest):
    """A disk that is full at some moment ends a job with a clear error, and no file is cut short."""

    def setUp(self):
        super().setUp()
        self.disk = self.folder / 'disk'
        self.disk.mkdir()
        mounted = subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=2m', 'pleat_test', self.disk], capture_output=True)
        if mounted.returncode != 0:
            self.skipTest('skipped: no small disk can be mounted here (it takes root)')
        self.addCleanup(subprocess.run, ['umount', self.disk], check=True)

    def fill(self, left):
        """Leaves so many bytes of the disk free."""
        filler = self.disk / 'filler'
        filler.write_bytes(b'')
        space = os.statvfs(self.disk)
        filler.write_bytes(bytes(max(0, space.f_bavail * space.f_frsize - left)))

    def test_every_stage(self):
        """With some pages more each time, the disk is full at each file of a run in turn, until the run goes through. (Files of
        one page are never the first without room: the manifest, which is written anew beside the old one, needs more.)"""
        self.write(job('one', 'MKSTYGGAVLK' * 3, unpairedMsa='>query\n' + ('MKSTYGGAVLK' * 3 + '\n>row\n') * 500 + 'MKSTYGGAVLK' * 3))
        flags = ('--num_diffusion_samples', 2)
        self.pleat(*self.predict('--output_dir', 'whole', *flags))
        expected = self.files('whole')
        flags = self.predict('--output_dir', 'disk/out', '--resume', '--nocheck_disk', *flags)
        places, status, left = set(), 1, 0
        while status != 0:
            shutil.rmtree(self.disk / 'out', ignore_errors=True)
            self.fill(left)
            process = self.start(*flags, '--noreport')
            _, err = process.communicate()
            status, left = process.returncode, left + 3 * 4096
            self.assertIn(status, (0, 1), err)
            if status == 1:
                self.assertIn('No space left on device', err)
                places.update(re.findall(r'one_(?:seed-1_sample-\d_)?(\w+)\.\w+: [^\n]*No space left on device', err))
            for name, data in self.files('disk/out').items():
                self.assertEqual(data, expected[name], f'{name} with {left} bytes left')
            self.fill(1 << 20)
            self.pleat(*flags)
            self.assertSameFiles('disk/out', 'whole')
        self.assertLessEqual({'data', 'manifest', 'model', 'confidences'}, places)
        shutil.rmtree(self.disk / 'out')
        self.fill(left + 8192)  # enough for all but the report
        _, err = self.pleat(*flags)
        self.assertRegex(err, r'warning: the report is not written: .*No space left on device')
        shutil.rmtree(self.disk / 'out')  # of two MiB, the next results find less than they need
        self.fill(40000)
        _, err = self.pleat(*self.predict('--output_dir', 'disk/other'), status=1)
        self.assertIn('disk/other: the results will take some ', err)
        self.assertFalse((self.disk / 'other').exists())


class Overlap(BatchTest):
    """Searches of later jobs run while the network computes earlier ones."""

    def setUp(self):
        super().setUp()
        if not shutil.which('hmmsearch'):
            self.skipTest('skipped: HMMER is not installed')

    def searched_meanwhile(self, err):
        """The searches that ended while a job was in the network, by job."""
        found, current = {}, None
        for line in err.splitlines():
            if started := re.search(r'Job (\w+) starts\.', line):
                current = started[1]
            elif ended := re.search(r'Job (\w+) is done', line):
                self.assertEqual(ended[1], current)
                current = None
            elif current and 'Searched ' in line:
                found[current] = found.get(current, 0) + 1
        return found

    def test_searches_with_real_databases(self):
        databases = search_test.SearchTest.databases(None)
        for i in range(4):
            chain = {'id': 'A', 'sequence': search_test.UBIQUITIN[i:] + 'AVLK'[:i]}
            self.write({**job(f'job{i}'), 'sequences': [{'protein': chain}]})
        flags = ('--num_diffusion_samples', 1, '--num_diffusion_steps', 200, *databases)
        _, err = self.pleat(*self.predict('--output_dir', 'out', *flags))
        meanwhile = self.searched_meanwhile(err)
        print(f'searches that ended while a job was in the network: {meanwhile}')
        self.assertGreater(meanwhile['job0'], 0)
        self.pleat('search', '--input_dir', self.inputs, '--output_dir', 'searched', *databases)
        self.pleat('predict', *(word for i in range(4) for word in ('--json_path', f'searched/job{i}/job{i}_data.json')), *NETWORK,
                   '--output_dir', 'apart', *flags)
        self.assertSameFiles('out', 'apart')


class Hardened(BatchTest):
    """Inputs that would take all memory end in an error, in bounded time and memory."""

    def refused(self, place, problem):
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        _, err = self.pleat(*self.predict('--output_dir', 'out'), status=1)
        self.assertIn(f'pleat: error: {self.inputs}/one.json: {place}', err)
        self.assertIn(problem, err)
        self.assertLess(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, max(before, 5 << 20), 'KiB')

    def sparse(self, name):
        with open(self.inputs / name, 'wb') as file:
            file.truncate(10 << 30)

    def test_an_msa_of_10_gib(self):
        self.sparse('large.a3m')
        self.write(job('one', unpairedMsaPath='large.a3m'))
        self.refused('$.sequences[0].protein.unpairedMsaPath', 'it has 10.0 GiB, more than the ')

    def test_a_template_of_10_gib(self):
        self.sparse('large.cif')
        template = {'mmcifPath': 'large.cif', 'queryIndices': [0], 'templateIndices': [0]}
        self.write(job('one', templates=[template]))
        self.refused('$.sequences[0].protein.templates[0].mmcifPath', 'it has 10.0 GiB, more than the ')

    def test_a_json_of_10_gib(self):
        self.sparse('one.json')
        self.refused('it has 10.0 GiB', 'more than the ')

    def test_a_bomb(self):
        stream = zlib.compressobj(9, wbits=31)
        block = bytes(1 << 20)
        data = b''.join(stream.compress(block) for _ in range(2200)) + stream.flush()
        (self.inputs / 'bomb.a3m').write_bytes(data)
        self.write(job('one', unpairedMsaPath='bomb.a3m'))
        self.refused('$.sequences[0].protein.unpairedMsaPath', 'uncompressed it has more than the ')

    def test_a_million_entities(self):
        entity = job('one')['sequences'][0]
        self.write({**job('one'), 'sequences': [entity] * 1_000_000})
        self.refused('$.sequences', 'found a list of 1000000 items. Give at most 20000.')

    def test_names_lead_nowhere(self):
        self.write(job('one'))
        for name in ('..', '../../elsewhere', '/etc/x', 'a/../../b'):
            (self.inputs / 'one.json').write_text(json.dumps({**job('one'), 'name': name}))
            self.start(*self.predict('--output_dir', 'out/deep')).communicate()
        self.assertEqual(sorted(p.name for p in self.folder.iterdir()), ['in', 'out'])
        self.assertEqual([p.name for p in (self.folder / 'out').iterdir()], ['deep'])


class Many(BatchTest):
    """A thousand inputs."""

    def test_validation(self):
        self.write(*(job(f'job{i:04}', 'MKSTYGGAVLK' * 4) for i in range(1000)))
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        out, _ = self.pleat('predict', '--input_dir', self.inputs, '--output_dir', 'out', '--norun_data_pipeline', *NETWORK,
                            '--dry_run')
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.assertIn('0 of 1000 jobs are complete.', out)
        print(f'1000 inputs: {after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime:.2f} s of processor time, '
              f'{after.ru_maxrss / 1024:.0f} MiB')


def main():
    global PROGRAM
    PROGRAM, _, *parts = sys.argv[1:]
    PROGRAM = str(Path(PROGRAM).resolve())
    run_parts(parts)


if __name__ == '__main__':
    main()
