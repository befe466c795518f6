#!/usr/bin/env python3
"""report_test.py PLEAT SOURCE_DIR [PART...]: opens reports in Chromium, without a window, and works them as a person does.

Status 77, "skipped", where there is no Chromium (Debian's package chromium). With PLEAT_SCREENSHOTS=FOLDER pictures are
left there.
"""
import base64
import json
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path

from made_results import Job, cross

PROGRAM = SOURCE = CHROMIUM = None  # set by main
SCREENSHOTS = os.environ.get('PLEAT_SCREENSHOTS')


class Browser:
    """Chromium, spoken to over its pipe (the DevTools protocol): JSON messages that end with a zero byte."""

    FLAGS = ['--headless=new', '--no-sandbox', '--remote-debugging-pipe', '--use-angle=swiftshader', '--enable-unsafe-swiftshader',
             '--disable-background-networking', '--disable-component-update', '--no-first-run', '--disable-extensions']

    def __init__(self, profile):
        to_browser, self.out = os.pipe()
        self.into, from_browser = os.pipe()

        def descriptors():  # Chromium reads from 3 and writes to 4
            os.dup2(to_browser, 10)
            os.dup2(from_browser, 11)
            os.dup2(10, 3)
            os.dup2(11, 4)

        self.process = subprocess.Popen([CHROMIUM, *self.FLAGS, f'--user-data-dir={profile}', 'about:blank'], close_fds=False,
                                        preexec_fn=descriptors, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self.replies, self.events, self.last, self.arrived = {}, [], 0, threading.Condition()
        threading.Thread(target=self.read, daemon=True).start()
        target = next(t for t in self.call('Target.getTargets')['targetInfos'] if t['type'] == 'page')
        self.session = None
        self.session = self.call('Target.attachToTarget', targetId=target['targetId'], flatten=True)['sessionId']
        for domain in ('Page', 'Runtime', 'Network', 'Log'):
            self.call(f'{domain}.enable')

    def read(self):
        rest = b''
        while chunk := os.read(self.into, 1 << 20):
            *messages, rest = (rest + chunk).split(b'\0')
            with self.arrived:
                for message in map(json.loads, messages):
                    if 'id' in message:
                        self.replies[message['id']] = message
                    else:
                        self.events.append(message)
                self.arrived.notify_all()

    def call(self, method, **parameters):
        self.last += 1
        number, message = self.last, {'id': self.last, 'method': method, 'params': parameters}
        if getattr(self, 'session', None):
            message['sessionId'] = self.session
        os.write(self.out, json.dumps(message).encode() + b'\0')
        with self.arrived:
            if not self.arrived.wait_for(lambda: number in self.replies, timeout=120):
                raise AssertionError(f'Chromium does not answer {method}')
        reply = self.replies.pop(number)
        if 'error' in reply:
            raise AssertionError(f'{method}: {reply["error"]}')
        return reply['result']

    def value(self, expression):
        reply = self.call('Runtime.evaluate', expression=expression, returnByValue=True, awaitPromise=True)
        if 'exceptionDetails' in reply:
            raise AssertionError(f'{expression}: {reply["exceptionDetails"]}')
        return reply['result'].get('value')

    def open(self, file, scheme='light'):
        self.events.clear()
        self.call('Emulation.setDeviceMetricsOverride', width=1400, height=1000, deviceScaleFactor=1, mobile=False)
        self.call('Emulation.setEmulatedMedia', features=[{'name': 'prefers-color-scheme', 'value': scheme}])
        self.call('Page.navigate', url=file.resolve().as_uri())
        with self.arrived:
            if not self.arrived.wait_for(lambda: any(e['method'] == 'Page.loadEventFired' for e in self.events), timeout=120):
                raise AssertionError(f'{file} does not load')
        self.value('pleatReport.ready')

    def mouse(self, kind, x, y):
        self.call('Input.dispatchMouseEvent', type=kind, x=x, y=y, button='left', buttons=int(kind != 'mouseReleased'), clickCount=1)

    def drag(self, start, end):
        self.mouse('mousePressed', *start)
        self.mouse('mouseMoved', *end)
        self.mouse('mouseReleased', *end)

    def key(self, name):
        for kind in ('keyDown', 'keyUp'):
            self.call('Input.dispatchKeyEvent', type=kind, key=name, code=name, windowsVirtualKeyCode={'Enter': 13}.get(name, 0))

    def picture(self, name, whole=False):
        if SCREENSHOTS:
            image = self.call('Page.captureScreenshot', captureBeyondViewport=whole)['data']
            Path(SCREENSHOTS, f'{name}.png').write_bytes(base64.b64decode(image))

    def close(self):
        self.call('Browser.close')
        self.process.wait(timeout=30)


def pleat(*arguments):
    run = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True)
    if run.returncode != 0:
        raise AssertionError(f'pleat {" ".join(map(str, arguments))}\nended with {run.returncode}:\n{run.stderr[-2000:]}')
    return run.stdout


def ring_with_tail():
    """The atoms of a made-up ligand: a ring of six and a tail of four."""
    ring = [(f'C{i + 1}', 'C', (1.39 * math.cos(math.pi * i / 3), 1.39 * math.sin(math.pi * i / 3), 0.0)) for i in range(6)]
    return ring + [(f'{element}{i + 7}', element, (2.9 + 1.25 * i, 0.75 * (i % 2), 0.0)) for i, element in enumerate('CNCO')]


class ReportTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix='pleat_report_'))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.browser = Browser(cls.folder / 'profile')
        cls.addClassCleanup(cls.browser.close)

    def predicted(self, name, sequences):
        """The demo's network on a job: whole files of a whole run, though no prediction."""
        job = {'name': name, 'modelSeeds': [1], 'dialect': 'alphafold3', 'version': 4, 'sequences': sequences}
        path = self.folder / f'{name}.json'
        path.write_text(json.dumps(job))
        pleat('predict', '--json_path', path, '--output_dir', self.folder, '--model_dir', 'demo', '--norun_data_pipeline',
              '--num_recycles=1', '--num_diffusion_samples=2', '--num_diffusion_steps=20', '--threads=2')
        return self.folder / name

    def opened(self, folder, scheme='light'):
        file = folder / f'{folder.name}_report.html'
        self.browser.open(file, scheme)
        self.assert_quiet(file)
        return file

    def assert_quiet(self, file):
        """Nothing was said on the console, and nothing but the file itself was asked for."""
        for event in self.browser.events:
            method, parameters = event['method'], event['params']
            if method == 'Network.requestWillBeSent':
                url = parameters['request']['url']
                self.assertTrue(url == file.resolve().as_uri() or url.startswith(('data:', 'blob:')), url)
            self.assertNotEqual(method, 'Runtime.exceptionThrown', parameters)
            self.assertNotEqual(method, 'Runtime.consoleAPICalled', parameters)
            self.assertNotEqual(method, 'Log.entryAdded', parameters)

    def place(self, row, column):
        """Where a pair of tokens is on the screen."""
        box = self.browser.value("document.getElementById('overlay').scrollIntoView({block: 'center'}),"
                                 "(({x, y, width, height}) => [x, y, width, height])(document.getElementById('overlay').getBoundingClientRect())")
        count = self.browser.value('pleatReport.count')
        return box[0] + (column + 0.5) / count * box[2], box[1] + (row + 0.5) / count * box[3]

    def residues(self):
        """Chain and residue number of all atoms that are marked in 3D."""
        return {(name.split()[0], int(name.split()[2])) for name in self.browser.value('pleatReport.marked()')}

    def check_marking(self, tokens):
        """Clicks and drags; `tokens` are the chain and number of each."""
        n = len(tokens)
        rows, columns = n // 4, n - 2
        self.browser.drag(self.place(rows, columns), self.place(rows, columns))
        state = self.browser.value('[pleatReport.state.rows, pleatReport.state.columns]')
        # A pixel may hold several tokens.
        self.assertLessEqual(abs(state[0][0] - rows), 1 + n // 300)
        self.assertLessEqual(abs(state[1][0] - columns), 1 + n // 300)
        self.assertEqual(self.residues(), {tokens[state[0][0]], tokens[state[1][0]]})
        self.browser.drag(self.place(2, n // 2), self.place(n // 5, n // 2 + 3))
        state = self.browser.value('[pleatReport.state.rows, pleatReport.state.columns]')
        self.assertEqual(self.residues(), {tokens[t] for first, last in state for t in range(first, last + 1)})
        self.assertGreater(len(self.residues()), n // 5 - 3 if n < 100 else 20)
        if n < 300:
            self.assertEqual(state, [[2, n // 5], [n // 2, n // 2 + 3]])


class Predicted(ReportTest):
    def test_monomer(self):
        self.predicted('ubiquitin', json.loads((Path(SOURCE) / 'examples/ubiquitin_demo.json').read_text())['sequences'])
        file = self.opened(self.folder / 'ubiquitin')
        self.assertIn('cannot predict other structures', self.browser.value("document.getElementById('warning').textContent"))
        self.check_marking([('A', i + 1) for i in range(76)])
        self.browser.value("document.getElementById('overlay').focus()")
        for key in ('Escape', 'ArrowDown', 'ArrowRight', 'ArrowRight', 'Enter'):
            self.browser.key(key)
        self.assertEqual(self.residues(), {('A', 2), ('A', 3)})
        self.browser.value("document.querySelectorAll('#sample-table button')[1].click()")
        self.browser.value('new Promise(done => setTimeout(done, 300))')
        self.assertEqual(self.browser.value('pleatReport.state.sample'), 1)
        self.assert_quiet(file)

    def test_protein_and_ligand(self):
        self.predicted('with_ligand', [
            {'protein': {'id': 'A', 'sequence': 'MQIFVKTLTGKTITLEVEPS', 'unpairedMsa': '', 'pairedMsa': '', 'templates': []}},
            {'ligand': {'id': 'B', 'ccdCodes': ['ATP']}}, {'ligand': {'id': 'C', 'smiles': 'C[C@H](N)C(=O)O'}}])
        file = self.opened(self.folder / 'with_ligand')
        self.check_marking([('A', i + 1) for i in range(20)] + [('B', 1)] * 31 + [('C', 1)] * 6)
        self.assertIn('ligand ATP', self.browser.value("document.getElementById('geometry').textContent"))
        self.assert_quiet(file)

    def test_protein_and_nucleic_acids(self):
        self.predicted('with_dna', [
            {'protein': {'id': 'A', 'sequence': 'MQIFVKTLTGKTITLEVEPS', 'unpairedMsa': '', 'pairedMsa': '', 'templates': []}},
            {'dna': {'id': 'D', 'sequence': 'ACGTACGTAC'}}, {'rna': {'id': 'R', 'sequence': 'GGCUACGC', 'unpairedMsa': ''}}])
        file = self.opened(self.folder / 'with_dna')
        self.check_marking([('A', i + 1) for i in range(20)] + [('D', i + 1) for i in range(10)] + [('R', i + 1) for i in range(8)])
        self.assert_quiet(file)


class MadeUp(ReportTest):
    def report_of_chains(self, name, chains, across, samples):
        """The page, the folder and the job of chains that have 200 residues each and stand `across` in a row."""
        job = Job(name)
        for i, chain in enumerate(chains):
            job.helices(chain, 5, 40, (0, 30 * (i % across), 25 * (i // across)))
        folder = job.write(self.folder, samples=samples)
        pleat('report', folder)
        return self.opened(folder), folder, job

    def test_thousand_tokens(self):
        file, _, job = self.report_of_chains('thousand', 'ABCDE', across=2, samples=5)
        self.assertLess(file.stat().st_size, 15e6 * 5 / 8)  # of so many tokens the page holds eight samples
        print(f'{len(job.tokens)} tokens: {file.stat().st_size / 1e6:.1f} MB')
        self.check_marking(job.tokens)
        self.assert_quiet(file)

    def test_many_tokens(self):
        """Large matrices are drawn from a picture, and large proteins without side chains until some are marked."""
        file, folder, job = self.report_of_chains('many', 'ABCDEFGHIJK', across=3, samples=1)
        marks = self.browser.value("performance.getEntriesByType('mark').map(mark => `${mark.name} ${(mark.startTime / 1000).toFixed(1)} s`)")
        print(f'{len(job.tokens)} tokens: {file.stat().st_size / 1e6:.1f} MB; {", ".join(marks)}')
        self.assertEqual(self.browser.value("document.getElementById('matrix').width"), 1000)
        atoms = 'pleatReport.atoms()'
        self.assertEqual(self.browser.value(atoms), 4 * len(job.tokens))
        self.check_marking(job.tokens)
        self.browser.value('pleatReport.select([2, 3], [500, 501])')
        self.assertEqual(self.browser.value(atoms), 5 * len(job.tokens))
        # The readout says what the matrix holds, not what the picture does.
        self.browser.value('pleatReport.whole()')
        pae = json.loads(next(folder.glob('*/*_confidences.json')).read_text())['pae']
        for row, column in ((7, 1900), (300, 40), (1200, 1300), (2199, 1000), (900, 2100)):
            self.browser.value(f'pleatReport.select([{row}, {row}], [{column}, {column}])')
            readout = self.browser.value("document.getElementById('readout').textContent")
            self.assertAlmostEqual(float(re.search(r': ([\d.]+) Å', readout).group(1)), pae[row][column], delta=0.12)
        self.assert_quiet(file)

    def test_light_and_dark(self):
        job = Job('bundle')
        job.helices('A', 6, 24)
        job.helices('B', 4, 20, (3, 34, 3))
        job.ligand('C', 'UNL', ring_with_tail(), (14, 26.5, 3))
        folder = job.write(self.folder)
        pleat('report', folder)
        for scheme in ('light', 'dark'):
            file = self.opened(folder, scheme)
            self.browser.picture(f'report_{scheme}')
            self.assert_quiet(file)

    def damaged(self, job, sample_name, change):
        """A copy of a job's folder in whose model `change` has moved atoms: {(chain, number, atom): (x, y, z)}."""
        folder = job.write(self.folder / sample_name, samples=1)
        [model] = folder.glob('*/*_model.cif')
        lines = model.read_text().splitlines()
        rows = {(row[5], int(row[7]), row[3].strip('"')): (i, row) for i, row in enumerate(map(str.split, lines)) if row and row[0] == 'ATOM'}
        places = {key: tuple(map(float, row[8:11])) for key, (_, row) in rows.items()}
        for key, place in change(places).items():
            i, row = rows[key]
            lines[i] = ' '.join(row[:8] + [f'{x:.3f}' for x in place] + row[11:])
        model.write_text('\n'.join(lines) + '\n')
        pleat('report', folder)
        self.opened(folder)
        return self.browser.value("document.getElementById('geometry').textContent")

    def test_damage_is_named(self):
        job = Job('complex')
        job.helices('A', 4, 16)
        job.ligand('B', 'UNL', ring_with_tail(), (12, 24, 5))
        self.assertNotIn('and A ALA', self.damaged(job, 'whole', lambda places: {}))

        def inverted(places):  # one centre: CB on the other side of the plane of N, CA and C
            n, ca, c, cb = (places['A', 5, atom] for atom in ('N', 'CA', 'C', 'CB'))
            normal = cross([a - b for a, b in zip(n, ca)], [a - b for a, b in zip(c, ca)])
            height = sum(x * (a - b) for x, a, b in zip(normal, cb, ca)) / sum(x * x for x in normal)
            return {('A', 5, 'CB'): tuple(a - 2 * height * x for a, x in zip(cb, normal))}

        text = self.damaged(job, 'inverted', inverted)
        self.assertIn('1 inverted centre', text)
        self.assertIn('A ALA 5 CA', text)
        self.assertIn('1 of 64', text)
        target = {}

        def moved(places):  # the ligand onto a residue of the protein
            goal, start = places['A', 9, 'CB'], places['B', 1, 'C1']
            target.update({key: tuple(a + g - s for a, g, s in zip(place, goal, start)) for key, place in places.items() if key[0] == 'B'})
            return target

        text = self.damaged(job, 'moved', moved)
        self.assertRegex(text, r'\d+ clash(es)? of ligands')
        self.assertIn('B UNL 1 C1 and A ALA 9 CB: 0.00', text)

    def test_names_of_others_are_text(self):
        job = Job('job')
        job.helices('A<script>alert(1)</script>', 1, 8)
        folder = job.write(self.folder)
        pleat('report', folder)
        file = self.opened(folder)
        self.assertIn('A<script>', self.browser.value('pleatReport.tokenName(0)'))
        self.assertEqual(self.browser.value("document.querySelectorAll('main script').length"), 0)
        self.assert_quiet(file)


def main():
    global PROGRAM, SOURCE, CHROMIUM
    PROGRAM, SOURCE, *parts = sys.argv[1:]
    CHROMIUM = shutil.which('chromium')
    if not CHROMIUM:
        print("skipped: no Chromium (Debian's package chromium)")
        sys.exit(77)
    unittest.main(argv=[sys.argv[0], *parts], warnings='ignore')


if __name__ == '__main__':
    main()
