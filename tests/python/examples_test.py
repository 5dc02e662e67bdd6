"""examples/python: each runs, and the training loop goes on as if it had not been stopped."""

import importlib.util
import pathlib
import subprocess
import sys
import tempfile
import unittest

from support import environment, write_photos

examples = pathlib.Path(__file__).resolve().parents[2] / "examples/python"


class Examples(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls._folder = tempfile.TemporaryDirectory(prefix="slabring-")
        cls.folder = pathlib.Path(cls._folder.name)
        write_photos(cls.folder / "photos", classes=4, each=40)

    @classmethod
    def tearDownClass(cls):
        cls._folder.cleanup()

    def run_example(self, name, *arguments):
        program = subprocess.run([sys.executable, str(examples / name), str(self.folder / "photos"), *arguments], env=environment(),
                                 capture_output=True, text=True, timeout=100)
        self.assertEqual((program.returncode, program.stderr), (0, ""))
        return program.stdout.splitlines()

    def test_numpy_only_prints_mean_and_deviation(self):
        lines = self.run_example("numpy_only.py")
        self.assertEqual(lines[0], "160 images of 4 classes")
        # The photos are noise, so their mean is half of all.
        self.assertRegex(lines[1], r"^T\.Normalize\(\[0\.(49\d|5|50\d), .*\], \[0\.\d+, ")

    def test_torch_training_stopped_in_mid_epoch_ends_with_the_same_loss(self):
        try:
            import torch  # noqa: F401
        except ImportError:
            self.skipTest("python3-torch is not there")
        expected = self.run_example("torch_training.py")
        self.assertEqual(len(expected), 3)
        checkpoint = ["--checkpoint", str(self.folder / "checkpoint.pt")]
        self.assertEqual(self.run_example("torch_training.py", *checkpoint, "--stop-after", "7")[-1], "stopped after 7 steps")
        resumed = self.run_example("torch_training.py", *checkpoint)
        self.assertEqual(resumed, ["goes on in epoch 1 behind batch 2", *expected[1:]])

    def test_lightning_style_trains_and_validates(self):
        try:
            import torch  # noqa: F401
        except ImportError:
            self.skipTest("python3-torch is not there")
        if importlib.util.find_spec("lightning"):
            self.skipTest("lightning prints what it likes; the example's own loop is tested")
        lines = self.run_example("lightning_style.py")
        self.assertRegex(lines[0], r"^epoch 0: 5 steps, loss \d\.\d+, \d+ of 160 right$")
        self.assertEqual(len(lines), 2)


if __name__ == "__main__":
    unittest.main()
