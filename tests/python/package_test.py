"""The package itself: what importing it means."""

import pathlib
import re
import subprocess
import tempfile
import unittest

import slabring
from slabring import _slabring
from support import run_program, write_photos


class Package(unittest.TestCase):
    def test_importing_it_imports_neither_numpy_nor_torch_and_starts_nothing(self):
        program = run_program("""
import sys, os, threading
import slabring
print([name for name in ("numpy", "torch", "torchvision") if name in sys.modules], threading.active_count(),
      len(os.listdir("/proc/self/task")))
""")
        self.assertEqual((program.stdout, program.stderr), ("[] 1 1\n", ""))

    def test_the_extension_exports_nothing_but_its_entries(self):
        listed = subprocess.run(["nm", "--dynamic", "--defined-only", _slabring.__file__], capture_output=True, text=True)
        if listed.returncode != 0:
            self.skipTest("nm is not there")
        self.assertEqual(re.findall(r" [TDBW] (\S+)", listed.stdout), ["PyInit__slabring", "slabring_plugin"])

    def test_the_worker_and_the_hints_lie_in_the_package(self):
        folder = pathlib.Path(slabring.__file__).parent
        for name in ("slabring-worker", "py.typed", "_slabring.pyi"):
            self.assertTrue((folder / name).exists(), name)

    def test_the_lines_of_the_readme_run(self):
        readme = (pathlib.Path(__file__).resolve().parents[2] / "README.md").read_text()
        lines = re.search(r"```python\n(.*?)```", readme, re.DOTALL).group(1)
        with tempfile.TemporaryDirectory() as folder:
            write_photos(pathlib.Path(folder) / "photos", classes=2, each=32)
            program = run_program(lines, cwd=folder)
        self.assertEqual((program.stdout, program.stderr), ("uint8 (64, 3, 224, 224) (64,)\n", ""))

    def test_everything_that_is_exported_is_documented(self):
        for name in slabring.__all__:
            self.assertTrue(getattr(slabring, name).__doc__, name)


if __name__ == "__main__":
    unittest.main()
