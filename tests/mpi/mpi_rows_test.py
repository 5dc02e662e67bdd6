"""Jobs of several ranks under a real launcher: together they deliver the epoch of one, also when a rank is killed in the
middle and the job goes on with another number of ranks.

  mpi_rows_test.py MPIEXEC MPI_ROWS DATA [MPI_TRAIN]
"""

import collections
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

MPIEXEC, PROGRAM, DATA = sys.argv[1:4]
TRAIN = sys.argv[4] if len(sys.argv) > 4 else None
SAMPLES = sum(1 for path in pathlib.Path(DATA).rglob("*.*") if path.is_file())
Row = collections.namedtuple("Row", "id status hash")


def mpirun(ranks, *command):
    """Runs a job on this host; returns what became of it."""
    words = [MPIEXEC, "--allow-run-as-root", "--oversubscribe", "-n", str(ranks), *command]
    return subprocess.run(words, capture_output=True, text=True, timeout=120, check=False,
                          env={**os.environ, "OMPI_MCA_plm_rsh_agent": ""})  # it would look for ssh


def job(ranks, folder, uneven="exact", killed=()):
    return mpirun(ranks, PROGRAM, DATA, folder, uneven, *(str(number) for number in killed))


def rows(folder):
    return [Row(*line.split()) for line in pathlib.Path(folder, "rows").read_text().splitlines()]


class Job(unittest.TestCase):
    def setUp(self):
        self.folders = []

    def folder(self):
        self.folders.append(tempfile.TemporaryDirectory())
        self.addCleanup(self.folders[-1].cleanup)
        return self.folders[-1].name

    def deliver(self, ranks, uneven="exact", folder=None):
        folder = folder or self.folder()
        done = job(ranks, folder, uneven)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("rank_source Open MPI (OMPI_COMM_WORLD_RANK, OMPI_COMM_WORLD_SIZE)", done.stdout)
        return rows(folder)

    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            done = job(1, folder)
            assert done.returncode == 0, done.stderr
            cls.alone = sorted(rows(folder))
        assert len(cls.alone) == SAMPLES

    def check_complete(self, delivered):
        own = sorted(row for row in delivered if row.status == "ok")
        self.assertEqual(own, self.alone, "not every row once, each as a single process delivers it")

    def test_ranks_deliver_each_sample_once_and_the_rows_of_a_single_process(self):
        for ranks in (2, 4, 8):
            with self.subTest(ranks=ranks):
                delivered = self.deliver(ranks)
                self.check_complete(delivered)
                absent = sum(row.status == "absent" for row in delivered)
                self.assertEqual(len(delivered), SAMPLES + absent)
                self.assertLess(absent, ranks)

    def test_uneven_ends_are_padded_or_dropped(self):
        padded = self.deliver(8, "pad")
        self.check_complete(padded)
        self.assertEqual(len(padded) % 8, 0)
        repeats = [row for row in padded if row.status == "padded"]
        self.assertEqual(len(repeats), -SAMPLES % 8)
        self.assertLessEqual({(row.id, row.hash) for row in repeats}, {(row.id, row.hash) for row in self.alone})
        dropped = self.deliver(8, "drop")
        self.assertEqual(len(set(dropped)), SAMPLES - SAMPLES % 8)

    def test_a_killed_job_goes_on_with_another_number_of_ranks(self):
        for before, after in ((4, 2), (4, 8), (2, 1)):
            with self.subTest(before=before, after=after):
                folder = self.folder()
                killed = job(before, folder, killed=(before - 1, 2))
                self.assertNotEqual(killed.returncode, 0)
                self.assertEqual(len(rows(folder)), 2 * 3 * before, "two batches of three rows a rank")
                self.check_complete(self.deliver(after, folder=folder))


@unittest.skipIf(TRAIN is None, "the examples are not built")
class Training(unittest.TestCase):
    def losses(self, ranks, epochs=3, *state):
        done = mpirun(ranks, TRAIN, DATA, str(epochs), "16", *state)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [float(loss) for loss in re.findall(r"samples, loss ([0-9.]+)", done.stdout)]

    def test_any_number_of_ranks_reaches_the_loss_of_one(self):
        alone = self.losses(1)
        self.assertEqual(len(alone), 3)
        self.assertLess(alone[-1], alone[0])
        for ranks in (2, 4, 8):
            for one, many in zip(alone, self.losses(ranks), strict=True):
                self.assertAlmostEqual(many, one, delta=1e-6 * one, msg=f"{ranks} ranks")

    def test_ranks_that_do_not_divide_the_batch_are_told(self):
        done = mpirun(3, TRAIN, DATA, "1", "16")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("the global batch 16 cannot be divided among 3 ranks", done.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
