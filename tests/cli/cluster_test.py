#!/usr/bin/env python3
"""cluster_test.py PLEAT SOURCE_DIR [PART...]: batches on a cluster: real slurmctld and slurmd (two nodes on this machine), and Snakemake.

Parts are the classes below. A part whose programs are missing or can't be started is skipped; the status is 77 where that leaves nothing.
"""
import collections
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from parts import run_parts

PROGRAM = SOURCE = None  # set by main
NETWORK = ('--model_dir', 'demo', '--num_recycles', '1', '--num_diffusion_samples', '1')
CONFIG = """
ClusterName=pleat
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=batch_sched_delay=0,sched_interval=1
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=2
InactiveLimit=0
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={port1} CPUs=1 RealMemory=8000
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={port2} CPUs=1 RealMemory=8000
PartitionName=all Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
"""


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(('127.0.0.1', 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def job(name, sequence='MKSTYGGAVLKMKSTYGG'):
    chain = {'id': 'A', 'sequence': sequence, 'unpairedMsa': '', 'pairedMsa': '', 'templates': []}
    return {'name': name, 'modelSeeds': [1], 'sequences': [{'protein': chain}], 'dialect': 'alphafold3', 'version': 4}


class ClusterTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix='pleat_cluster_')
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)
        self.inputs = self.folder / 'in'
        self.inputs.mkdir()
        self.environment = {**os.environ, 'SOURCE_DATE_EPOCH': '1700000000', 'XDG_CACHE_HOME': str(self.folder / 'cache')}

    def run_program(self, *command, status=0):
        run = subprocess.run([str(word) for word in command], capture_output=True, text=True, env=self.environment, cwd=self.folder)
        self.assertEqual(run.returncode, status, run.stdout[-2000:] + run.stderr[-2000:])
        return run.stdout

    def pleat(self, *arguments, status=0):
        return self.run_program(PROGRAM, *arguments, status=status)

    def files(self, output):
        folder = self.folder / output
        return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob('*') if p.is_file() and 'slurm' not in p.parts
                and p.name != 'batch.json' and not p.name.endswith(('_manifest.json', '_report.html', '.failed'))}


class Slurm(ClusterTest):
    JOBS = 20

    def setUp(self):
        super().setUp()
        missing = [name for name in ('munged', 'slurmctld', 'slurmd', 'sbatch') if not shutil.which(name, path=self.path())]
        if missing:
            self.skipTest(f'skipped: {", ".join(missing)} of slurm-wlm and munge are not installed')
        if os.getuid() != 0:
            self.skipTest('skipped: the daemons of Slurm take root')
        self.environment['PATH'] = self.path()
        self.start_slurm()

    def path(self):
        return os.environ['PATH'] + ':/usr/sbin:/sbin'

    def start_slurm(self):
        port, port1, port2 = free_ports(3)
        host = socket.gethostname().split('.')[0]
        slurm = self.folder / 'slurm'
        slurm.mkdir()
        (slurm / 'state').mkdir()
        (slurm / 'slurm.conf').write_text(CONFIG.format(host=host, port=port, port1=port1, port2=port2, user='root', folder=slurm))
        (slurm / 'munge.key').write_bytes(os.urandom(128))
        (slurm / 'munge.key').chmod(0o400)
        os.chmod(self.folder, 0o755)
        self.environment['SLURM_CONF'] = str(slurm / 'slurm.conf')
        self.daemon('munged', '--foreground', '--force', f'--key-file={slurm}/munge.key', f'--socket={slurm}/munge.socket',
                    f'--pid-file={slurm}/munge.pid', f'--log-file={slurm}/munge.log', f'--seed-file={slurm}/munge.seed')
        self.wait(lambda: (slurm / 'munge.socket').exists(), 'munged')
        self.daemon('slurmctld', '-D')
        self.nodes = {node: self.daemon('slurmd', '-D', '-N', node) for node in ('n1', 'n2')}
        self.wait(lambda: self.try_run('sinfo', '-h', '-o', '%t %D') == 'idle 2', 'slurmctld and two slurmd')

    def daemon(self, *command):
        process = subprocess.Popen(command, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        return process

    def wait(self, done, what, seconds=60):
        end = time.monotonic() + seconds
        while not done():
            if time.monotonic() > end:
                self.skipTest(f'skipped: {what} can not be started here')
            time.sleep(0.2)

    def try_run(self, *command):
        return subprocess.run(command, capture_output=True, text=True, env=self.environment).stdout.strip()

    def pids(self):
        """The pleat processes of the tasks."""
        found = []
        for entry in Path('/proc').iterdir():
            try:
                line = (entry / 'cmdline').read_bytes().split(b'\0') if entry.name.isdigit() else []
            except OSError:
                continue
            if len(line) > 1 and line[1] == b'predict' and str(self.folder / 'out').encode() in line:
                found.append(int(entry.name))
        return found

    def counts(self):
        words = self.pleat('cluster', 'status', 'out').splitlines()[-1].rstrip('.').replace(',', '').split()
        return {name: int(count) for count, name in zip(words[2::2], words[3::2])}

    def queue(self):
        return self.try_run('squeue', '-h', '-o', '%i %t')

    def test_nothing_is_lost_and_nothing_is_done_twice(self):
        for i in range(self.JOBS):
            (self.inputs / f'job{i:02}.json').write_text(json.dumps(job(f'job{i:02}')))
        (self.inputs / 'large.json').write_text(json.dumps(job('large', 'MKST' * 700)))
        (self.inputs / 'broken.json').write_text('{')
        steps = ('--num_diffusion_steps', 800, '--max_memory', '500M')
        flags = ('--input_dir', self.inputs, '--output_dir', self.folder / 'out', *NETWORK, *steps)
        log = self.folder / 'log'
        submit = ('cluster', 'slurm', *flags, '--log_json', log, '--predict_tasks', 2, '--cpus_per_task', 1, '--time_limit', 30,
                  '--sbatch=--mem=500M')
        scripts = self.pleat(*submit, '--dry_run', status=3)
        self.assertIn('#SBATCH --array=1-2\n', scripts)
        self.assertIn('#SBATCH --time=30\n', scripts)
        self.assertNotIn('gres', scripts)
        searched = {**job('searched'), 'sequences': [{'protein': {'id': 'A', 'sequence': 'MKSTY'}}]}
        (self.folder / 'searched.json').write_text(json.dumps(searched))
        both = self.pleat('cluster', 'slurm', '--json_path', 'searched.json', '--output_dir', 'out', *NETWORK, '--gres', 'gpu:a100:1',
                          '--search_tasks=3', '--time_limit=9', '--dry_run')
        self.assertIn("""'--norun_inference' '--part='"$SLURM_ARRAY_TASK_ID"'/3' &""", both)
        self.assertEqual(both.count('#SBATCH --gres=gpu:a100:1\n'), 1, 'searches take no GPU')
        self.pleat(*submit)
        self.wait_until(lambda: self.counts()['done'] >= 3)
        os.kill(self.pids()[0], signal.SIGKILL)  # a task loses its program
        self.wait_until(lambda: self.counts()['done'] >= 7)
        self.run_program('scontrol', 'update', 'NodeName=n1', 'State=DRAIN', 'Reason=test')  # no new tasks there
        self.wait_until(lambda: self.counts()['done'] >= 10)
        self.run_program('scontrol', 'update', 'NodeName=n1', 'State=RESUME')
        self.wait_until(lambda: not self.queue())
        self.assertEqual(self.counts(), {'done': self.JOBS, 'running': 0, 'failed': 1, 'refused': 1, 'left': 0})
        self.assertIn('failed   large: ', self.pleat('cluster', 'status', 'out'))
        events = [json.loads(line) for line in log.read_text().splitlines()]
        samples = collections.Counter(e['job'] for e in events if e['event'] == 'sample_done')
        self.assertEqual(samples, {f'job{i:02}': 1 for i in range(self.JOBS)})
        begun = collections.Counter(e['job'] for e in events if e['event'] == 'seed_start')
        self.assertLessEqual(sum(begun.values()), self.JOBS + 1 + 2, 'only what the kill lost is computed again')
        (self.inputs / 'large.json').unlink()
        (self.inputs / 'broken.json').unlink()
        self.pleat('predict', *[str(f).replace(str(self.folder / 'out'), 'whole') for f in flags], '--threads', 1)
        ours, whole = self.files('out'), self.files('whole')
        self.assertEqual({n for n in whole if ours.get(n) != whole[n]}, set())

    def lose(self, node):
        """The node's daemon and all that runs there end as in a loss of power, and Slurm notices. Returns the task that ran there."""
        number, task = self.try_run('squeue', '-h', '-w', node, '-o', '%A %i').split()
        self.nodes[node].kill()
        for entry in Path('/proc').iterdir():
            try:
                of_task = entry.name.isdigit() and ((entry / 'cmdline').read_text().startswith(f'slurmstepd: [{number}.') or
                                                    f'\0SLURM_JOB_ID={number}\0' in (entry / 'environ').read_text(errors='replace'))
                if of_task:
                    os.kill(int(entry.name), signal.SIGKILL)
            except OSError:  # it has ended
                continue
        self.run_program('scontrol', 'update', f'NodeName={node}', 'State=DOWN', 'Reason=lost')
        return task

    def test_what_a_lost_node_left_is_done_elsewhere(self):
        names = [f'job{i}' for i in range(8)]
        for name in names:
            (self.inputs / f'{name}.json').write_text(json.dumps(job(name)))
        log = self.folder / 'log'
        self.pleat('cluster', 'slurm', '--input_dir', self.inputs, '--output_dir', self.folder / 'out', *NETWORK,
                   '--num_diffusion_steps', 500, '--log_json', log, '--predict_tasks', 2, '--cpus_per_task', 1, '--time_limit', 30,
                   '--sbatch=--mem=500M')
        self.wait_until(lambda: self.counts()['done'] >= 2 and self.counts()['running'] == 2)
        task = self.lose('n2')
        self.wait_until(lambda: f'{task} PD' in self.queue().splitlines())  # Slurm has queued it again
        self.wait_until(lambda: self.counts()['done'] == len(names))
        events = [json.loads(line) for line in log.read_text().splitlines()]
        samples = collections.Counter(e['job'] for e in events if e['event'] == 'sample_done')
        self.assertEqual(samples, {name: 1 for name in names})
        begun = collections.Counter(e['job'] for e in events if e['event'] == 'seed_start')
        self.assertLessEqual(sum(begun.values()), len(names) + 1, 'no job but that of the lost node is computed again')
        self.run_program('scancel', '--user=root')
        self.wait_until(lambda: not self.queue())

    def wait_until(self, done, seconds=240):
        end = time.monotonic() + seconds
        while not done():
            self.assertLess(time.monotonic(), end, self.pleat('cluster', 'status', 'out') + self.queue() + self.logs())
            time.sleep(0.1)

    def logs(self):
        return ''.join(path.read_text()[-1500:] for path in sorted((self.folder / 'out' / 'slurm').glob('*.log')))


class Snakemake(ClusterTest):
    def test_two_steps(self):
        packages = SOURCE / 'build' / 'test_packages' / 'bin'  # tools/install_test_packages.sh
        snakemake = shutil.which('snakemake', path=f'{packages}:{os.environ["PATH"]}')
        if not snakemake:
            self.skipTest('skipped: Snakemake is not installed (tools/install_test_packages.sh)')
        for name in ('one', 'two'):
            (self.inputs / f'{name}.json').write_text(json.dumps(job(name)))
        command = (snakemake, '--snakefile', SOURCE / 'examples' / 'workflows' / 'snakemake' / 'Snakefile', '--cores', 1, '--config',
                   f'inputs={self.inputs}', f'output={self.folder / "out"}', f'pleat={PROGRAM}',
                   'predict_flags=' + ' '.join(NETWORK + ('--num_diffusion_steps', '2')))
        self.run_program(*command)
        for name in ('one', 'two'):
            self.assertTrue((self.folder / 'out' / 'predictions' / name / f'{name}_model.cif').exists())
        self.assertTrue((self.folder / 'out' / 'searches' / 'one' / 'one_data.json').exists())


def main():
    global PROGRAM, SOURCE
    PROGRAM, SOURCE, *parts = sys.argv[1:]
    PROGRAM, SOURCE = str(Path(PROGRAM).resolve()), Path(SOURCE).resolve()
    run_parts(parts)


if __name__ == '__main__':
    main()
