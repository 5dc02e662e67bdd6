"""What the tests of the Python package share: data, and programs that run on their own."""

import contextlib
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import unittest

import slabring
from slabring import transforms as T

CROP = T.Compose([T.RandomResizedCrop(16), T.RandomHorizontalFlip()])


def write_photo(path, width, height, seed):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"P6\n%d %d\n255\n" % (width, height) + random.Random(seed).randbytes(width * height * 3))


def write_photos(root, classes=3, each=20):
    """PPMs of noise, of many sizes."""
    for label in range(classes):
        for number in range(each):
            write_photo(pathlib.Path(root) / f"class{label}" / f"{number:03}.ppm", 20 + number, 30 - number % 7, (label, number).__repr__())


class PhotoTest(unittest.TestCase):
    """Has `folder`: 60 photos of 3 classes."""

    @classmethod
    def setUpClass(cls):
        cls._folder = tempfile.TemporaryDirectory(prefix="slabring-")
        cls.folder = cls._folder.name
        write_photos(cls.folder)

    @classmethod
    def tearDownClass(cls):
        cls._folder.cleanup()

    def loader(self, **options):
        """Closed at the end of the test."""
        loader = slabring.DataLoader(slabring.ImageFolder(self.folder),
                                     **{"batch_size": 8, "num_workers": 2, "transform": CROP, **options})
        self.addCleanup(loader.close)
        return loader


def content(batch):
    """A batch as bytes that can be kept and compared."""
    return b"".join(bytes(memoryview(part)) for part in (batch.images, batch.labels, batch.ids, batch.status))


def environment():
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


def run_program(source, *arguments, **options):
    """Runs Python source in a process of its own; returns it when it has ended."""
    return subprocess.run([sys.executable, "-c", source, *arguments], env=environment(), capture_output=True, text=True,
                          timeout=60, **options)


def is_alive(pid):
    with contextlib.suppress(ProcessLookupError, FileNotFoundError):
        os.kill(pid, 0)
        return "State:\tZ" not in pathlib.Path(f"/proc/{pid}/status").read_text()
    return False
