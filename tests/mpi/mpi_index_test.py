"""Eight ranks of one host under a real launcher open a source at the same time: one of them makes the index, and all map the
same pages of the same file.

  mpi_index_test.py MPIEXEC MPI_INDEX
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

MPIEXEC, PROGRAM = sys.argv[1:3]
RANKS = 8
SAMPLES = 60_000


def job(source, cache):
    """Device, inode, made, samples and PSS of each rank."""
    words = [MPIEXEC, "--allow-run-as-root", "--oversubscribe", "-n", str(RANKS), PROGRAM, source, cache]
    done = subprocess.run(words, capture_output=True, text=True, timeout=100, check=False,
                          env={**os.environ, "OMPI_MCA_plm_rsh_agent": ""})
    assert done.returncode == 0, done.stderr
    return [[int(word) for word in line.split()[1:]] for line in done.stdout.splitlines() if line.startswith("index ")]


class SharedIndex(unittest.TestCase):
    def test_is_made_by_one_rank_and_mapped_by_all(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            rows = "".join(f"folder/another/image{i:06}.jpg,{i % 7}\n" for i in range(SAMPLES))
            (folder / "m.csv").write_text("path,label\n" + rows)
            for makers in (1, 0):  # the second job finds it
                reports = job(str(folder / "m.csv"), str(folder / "cache"))
                self.assertEqual(len(reports), RANKS)
                index, = (folder / "cache").iterdir()
                # One place, whatever its numbers: an overlay shows others in /proc than by stat().
                place, = {(device, inode) for device, inode, *_ in reports}
                self.assertNotEqual(place[1], 0)
                self.assertEqual(sum(made for _, _, made, _, _ in reports), makers)
                self.assertEqual({samples for _, _, _, samples, _ in reports}, {SAMPLES})
                if "SLABRING_SANITIZED" not in os.environ:
                    for *_, pss in reports:  # an eighth of the file each
                        self.assertLess(pss, 1.1 * index.stat().st_size / RANKS)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
