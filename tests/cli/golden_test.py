#!/usr/bin/env python3
"""golden_test.py PLEAT [PART...]: runs the program on the golden cases and compares what it writes with the
reference's, by the golden data's own comparisons and tolerances.

The golden data is tests/golden. The folder named by PLEAT_SHARED, or else ../shared beside the sources, may add cases, and arrays
of large cases, in its golden/.
Parts are the classes below; all of them run where none is named.
"""
import importlib.util
import json
import math
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np

PROGRAM = None  # set by main
GOLDEN = Path(__file__).resolve().parent.parent / 'golden'
SHARED = Path(os.environ.get('PLEAT_SHARED', GOLDEN.parent.parent.parent / 'shared'))
E2E_BUCKETS = {'e2e_ubq20': 24, 'e2e_modified': 64}  # as e2e/ was made with


def pleat(*arguments, isa=''):
    run = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True,
                         env={**os.environ, **({'PLEAT_ISA': isa} if isa else {})})
    if run.returncode != 0:
        raise AssertionError(f'pleat {" ".join(map(str, arguments))}\nended with {run.returncode}:\n{run.stderr[-2000:]}')
    return run.stdout


def compare(tool, *arguments):
    run = subprocess.run([sys.executable, GOLDEN / tool, *map(str, arguments)], capture_output=True, text=True)
    if run.returncode != 0:
        raise AssertionError(run.stdout[-4000:] + run.stderr[-2000:])


def load_tool(name):
    """A comparison of the golden data as a module."""
    spec = importlib.util.spec_from_file_location(name, GOLDEN / f'{name}.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def cases_with(file):
    folders = {path.parent.name: path.parent for jobs in (GOLDEN / 'jobs', SHARED / 'golden')
               for path in jobs.glob(f'*/{file}')}
    return [folders[name] for name in sorted(folders)]


class GoldenTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix='pleat_golden_')
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)

    def infer(self, case, result='result', isa='', steps=None, precision='float32', **flags):
        """Runs the network with the settings of a golden result; returns the file with our arrays."""
        settings = json.loads((case / f'{result}.json').read_text())
        weights = 'demo' if 'model_dir' in settings else f'synthetic:{settings["weights_seed"]}'
        output = self.folder / 'result.npz'
        pleat('infer', '--features', case / 'features.npz', '--model_dir', weights, '--seed', settings['seed'],
              '--num_recycles', settings['recycles'], '--num_diffusion_samples', settings['samples'],
              '--num_diffusion_steps', steps or settings['steps'], '--output', output, '--precision', precision,
              *(f'--{name}={value}' for name, value in flags.items()), isa=isa)
        return output

    def predict(self, name, precision):
        """Predicts a job of e2e/ with the settings of its results; returns the folder with ours."""
        pleat('predict', '--json_path', GOLDEN / 'e2e' / f'{name}.input.json', '--output_dir', self.folder,
              '--model_dir', 'synthetic:1', '--noreport', '--features', GOLDEN / 'e2e', '--norun_data_pipeline',
              '--num_recycles=1', '--num_diffusion_samples=2', '--save_embeddings', '--save_distogram',
              f'--buckets={E2E_BUCKETS[name]}', f'--precision={precision}')
        (self.folder / name / f'{name}_manifest.json').unlink()  # pleat's own: the reference writes none
        return self.folder / name


class Features(GoldenTest):
    """Every case's features, from its input JSON."""

    def test_features(self):
        for case in cases_with('features.npz'):
            with self.subTest(case.name):
                bucket = len(np.load(case / 'features.npz')['token_index'])
                output = self.folder / case.name
                pleat('featurise', '--json_path', case / 'input.json', '--output_dir', output, f'--buckets={bucket}')
                [ours] = output.iterdir()
                compare('compare_golden.py', 'features', case, ours)


class Network(GoldenTest):
    """Every case's float32 result, from the reference's features."""

    def test_results(self):
        for case in cases_with('result.npz'):
            with self.subTest(case.name):
                compare('compare_golden.py', 'result', case, self.infer(case))


class Bfloat16(GoldenTest):
    """bfloat16 stays at least as near to float32 as the reference's own bfloat16."""

    def test_results(self):
        for case in cases_with('result_bf16.npz'):
            with self.subTest(case.name):
                compare('compare_golden.py', 'result', case,
                        self.infer(case, 'result_bf16', precision='bfloat16'), '--bf16')


class EmulatedAmx(GoldenTest):
    """Whole runs on AMX's products, with its three instructions in plain loops."""

    def test_bfloat16(self):
        case = GOLDEN / 'jobs' / 'ubq20_bare'
        ours = self.infer(case, 'result_bf16', isa='amx_emulated', precision='bfloat16')
        compare('compare_golden.py', 'result', case, ours, '--bf16')

    def test_threads(self):
        case = GOLDEN / 'jobs' / 'small_network'
        one, two = (self.infer(case, isa='amx_emulated', precision='bfloat16', steps=5, threads=threads).read_bytes()
                    for threads in (1, 2))
        self.assertTrue(one == two)


class Gpu(GoldenTest):
    """Whole runs of the GPU's kernels: emulated, or on the GPU that PLEAT_TEST_DEVICE names."""

    DEVICE = os.environ.get('PLEAT_TEST_DEVICE', 'cuda_emulated')

    def test_float32(self):
        case = GOLDEN / 'jobs' / 'small_network'
        compare('compare_golden.py', 'result', case, self.infer(case, device=self.DEVICE))

    def test_threads_and_repetition(self):
        case = GOLDEN / 'jobs' / 'small_network'
        one, two = (self.infer(case, steps=2, precision='bfloat16', device=self.DEVICE, threads=threads).read_bytes()
                    for threads in (1, 2))
        self.assertTrue(one == two)


class GpuBfloat16(GoldenTest):
    """The same in bfloat16, whose diffusion is in two parts of bfloat16."""

    def test_bfloat16(self):
        case = GOLDEN / 'jobs' / 'ubq20_bare'
        compare('compare_golden.py', 'result', case,
                self.infer(case, 'result_bf16', precision='bfloat16', device=Gpu.DEVICE), '--bf16')


class GpuTf32(GoldenTest):
    """A trunk in bfloat16 and a diffusion in TF32, as the reference on a GPU."""

    def test_tf32(self):
        case = GOLDEN / 'jobs' / 'ubq20_bare'
        compare('compare_golden.py', 'result', case,
                self.infer(case, 'result_bf16', precision='tf32', device=Gpu.DEVICE), '--bf16')

    def test_processors_refuse(self):
        case = GOLDEN / 'jobs' / 'small_network'
        with self.assertRaisesRegex(AssertionError, 'does not multiply TF32'):
            self.infer(case, precision='tf32')


class Outputs(GoldenTest):
    """Whole output folders, from input JSON and the reference's features.

    The reference made these folders in bfloat16, so numbers agree within bfloat16's noise only; that they agree in
    float32 is the part of OutputsFloat32. Texts, shapes, names and types are equal. The files at the root are copies of the best
    sample, and which sample is best hangs on differences below that noise: there the numbers are left out.
    """

    NOISE = {'atom_plddts': 1.5, 'pae': 1.0, 'chain_pair_pae_min': 1.0}
    OTHER_NOISE = 0.15
    CIF_NOISE = {'Cartn_x': 1.5, 'Cartn_y': 1.5, 'Cartn_z': 1.5, 'B_iso_or_equiv': 1.5, 'metric_value': 1.5}
    RMS_NOISE = 0.05  # of arrays, relative

    def test_output_folders(self):
        for name in E2E_BUCKETS:
            with self.subTest(name):
                ours = self.predict(name, 'bfloat16')
                self.assertEqual(list(self.differences(GOLDEN / 'e2e' / name, ours)), [])

    def differences(self, expected, ours):
        tool = load_tool('compare_outputs')
        files = tool.files(expected)
        if files != tool.files(ours):
            yield f'files: {sorted(files ^ tool.files(ours))} are in one folder only'
            return
        for file in sorted(files):
            a, b = expected / file, ours / file
            numbers = '/' in file
            if file.endswith('_data.json'):
                found = [] if a.read_bytes() == b.read_bytes() else ['bytes differ']
            elif file.endswith('.json'):
                found = self.json_differences(json.loads(a.read_text()), json.loads(b.read_text()), numbers)
            elif file.endswith('.cif'):
                tool.TOLERANCE = self.CIF_NOISE if numbers else dict.fromkeys(self.CIF_NOISE, math.inf)
                found = tool.compare_cif(a, b)
            elif file.endswith('.npz'):
                found = self.npz_differences(np.load(a), np.load(b))
            else:
                found = tool.compare_csv(a, b)
            yield from (f'{file}: {difference}' for difference in found)

    def json_differences(self, a, b, numbers, path='$', key=''):
        if isinstance(a, dict) and isinstance(b, dict) and list(a) == list(b):
            for k in a:
                yield from self.json_differences(a[k], b[k], numbers, f'{path}.{k}', k)
        elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
            for i, (x, y) in enumerate(zip(a, b)):
                yield from self.json_differences(x, y, numbers, f'{path}[{i}]', key)
        elif isinstance(a, float) and isinstance(b, float):
            if numbers and abs(a - b) > self.NOISE.get(key, self.OTHER_NOISE):
                yield f'{path}: {b}, expected {a}'
        elif a != b:
            yield f'{path}: {b!r}, expected {a!r}'

    def npz_differences(self, a, b):
        if a.files != b.files:
            yield f'arrays {b.files}, expected {a.files}'
            return
        for k in a.files:
            if a[k].shape != b[k].shape or a[k].dtype != b[k].dtype:
                yield f'{k}: {b[k].dtype}{b[k].shape}, expected {a[k].dtype}{a[k].shape}'
                continue
            x, y = a[k].astype(float), b[k].astype(float)
            if not np.sqrt(np.mean((x - y) ** 2)) <= self.RMS_NOISE * np.sqrt(np.mean(x ** 2)):
                yield f'{k}: differs by more than {self.RMS_NOISE} of its size'


class OutputsFloat32(GoldenTest):
    """The same jobs in float32, where the reference's numbers can be met: tests/golden/README.md tells whose they are."""

    def test_output_folders(self):
        for name in E2E_BUCKETS:
            with self.subTest(name):
                compare('compare_outputs.py', GOLDEN / 'e2e_float32' / name,
                        self.predict(name, 'float32'))


def without_search(job):
    """The job with the query alone wherever something would be searched for."""
    for entity in job['sequences']:
        for kind, fields in (('protein', {'unpairedMsa': '', 'pairedMsa': '', 'templates': []}), ('rna', {'unpairedMsa': ''})):
            if kind in entity:
                entity[kind].update(fields)
    return job


class Examples(GoldenTest):
    """AlphaFold 3's example inputs are valid and make features of the size that validate tells."""

    def test_examples(self):
        examples = sorted((GOLDEN / 'examples').glob('*.json'))
        self.assertEqual(len(examples), 13)
        for example in examples:
            with self.subTest(example.name):
                report = pleat('validate', example)
                self.assertIn('no problems', report)
                tokens, bucket = map(int, re.search(r'(\d+) tokens, .* bucket (\d+);', report).groups())
                job = self.folder / example.name
                job.write_text(json.dumps(without_search(json.loads(example.read_text()))))
                output = self.folder / example.stem
                pleat('featurise', '--json_path', job, '--output_dir', output)
                [file] = output.iterdir()
                features = np.load(file)
                self.assertEqual(features['seq_mask'].sum(), tokens)
                self.assertEqual(features['seq_mask'].shape, (bucket,))
                self.assertTrue(np.isfinite(features['ref_pos']).all())
                self.assertGreater(features['ref_mask'].sum(), tokens)


class SameBytes(GoldenTest):
    """Equal runs write equal bytes, whatever the number of threads."""

    def test_threads_and_repetition(self):
        case = GOLDEN / 'jobs' / 'small_network'
        for precision in ('float32', 'bfloat16'):
            first = self.infer(case, threads=1, precision=precision).read_bytes()
            for threads in (1, 2, 3):
                with self.subTest(threads=threads, precision=precision):
                    self.assertTrue(self.infer(case, threads=threads, precision=precision).read_bytes() == first)


def main():
    global PROGRAM
    PROGRAM, *parts = sys.argv[1:]
    unittest.main(argv=[sys.argv[0], *parts], warnings='ignore')


if __name__ == '__main__':
    main()
