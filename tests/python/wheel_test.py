"""What `pip install .` installs: the wheel, without another build."""

import base64
import hashlib
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import venv
import zipfile

import slabring
from support import write_photos

root = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(root / "python/tools"))
import build_backend

LOAD = """
import sys
sys.path.insert(0, sys.argv[1])
import slabring
assert slabring.__file__.startswith(sys.argv[1]), slabring.__file__
loader = slabring.DataLoader(slabring.ImageFolder(sys.argv[2]), batch_size=8, num_workers=1,
                             transform=slabring.transforms.CenterCrop(8))
print(sum(batch.size for batch in loader), loader.stats().coordinator_pid > 0)
"""


class WheelTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls._folder = tempfile.TemporaryDirectory(prefix="slabring-")
        cls.folder = pathlib.Path(cls._folder.name)
        name = build_backend.build_wheel(cls.folder, {"package": str(pathlib.Path(slabring.__file__).parent)})
        cls.wheel = cls.folder / name

    @classmethod
    def tearDownClass(cls):
        cls._folder.cleanup()

    def test_its_version_is_the_librarys(self):
        self.assertTrue(self.wheel.name.startswith(f"slabring-{slabring.__version__}-cp3"))

    def test_its_record_lists_every_file_with_its_hash(self):
        with zipfile.ZipFile(self.wheel) as wheel:
            record = [line.split(",") for line in wheel.read(f"slabring-{slabring.__version__}.dist-info/RECORD").decode().split()]
            self.assertEqual([name for name, *_ in record], wheel.namelist())
            for name, digest, _ in record[:-1]:
                expected = base64.urlsafe_b64encode(hashlib.sha256(wheel.read(name)).digest()).rstrip(b"=").decode()
                self.assertEqual(digest, "sha256=" + expected, name)
            self.assertIn("slabring/slabring-worker", wheel.namelist())

    def need_pip(self):
        if subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True).returncode != 0:
            self.skipTest("python3-pip is not there")

    def loads_images(self, python, folder):
        write_photos(self.folder / "photos")
        program = subprocess.run([python, "-c", LOAD, str(folder), str(self.folder / "photos")], capture_output=True, text=True,
                                 cwd="/", env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"})
        self.assertEqual((program.stdout, program.stderr), ("60 True\n", ""))

    def test_pip_install_of_the_tree_fills_a_virtual_environment(self):
        """The whole way but the compiler's, whose result is handed over."""
        self.need_pip()
        venv.create(self.folder / "env", system_site_packages=True, with_pip=False)
        python = self.folder / "env/bin/python"
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--config-settings",
                        f"package={pathlib.Path(slabring.__file__).parent}", str(root)], check=True, capture_output=True)
        [site] = (self.folder / "env").glob("lib/python3*/site-packages")
        self.assertTrue(os.access(site / "slabring/slabring-worker", os.X_OK))
        self.loads_images(python, site)

    def test_installed_by_pip_it_loads_images_with_its_own_worker(self):
        self.need_pip()
        target = self.folder / "installed"
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--target", str(target),
                        str(self.wheel)], check=True, capture_output=True)
        self.loads_images(sys.executable, target)


if __name__ == "__main__":
    unittest.main()
