"""Datasets in Python, and the workers that run it."""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest

import slabring
from support import CROP, PhotoTest, content, environment, is_alive


class Grey:
    """Sample i is 6x8 pixels of the grey i, its label twice that."""

    classes = ["dark", "bright"]

    def __init__(self, count, form="pixels", fault=None):
        self.count, self.form, self.fault = count, form, fault

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        if index == 7 and self.fault == "raises":
            raise KeyError("no record 7")
        if index == 7 and self.fault == "dies" and __name__ == "__mp_main__":  # in a worker
            os.abort()
        if index == 7 and self.fault == "float":
            import numpy
            return numpy.zeros((6, 8, 3), numpy.float32), 0
        pixels = memoryview(bytes([index % 256]) * (6 * 8 * 3)).cast("B", (6, 8, 3))
        return (pixels, index * 2) if self.form == "pixels" else self.other_form(index, pixels)

    def other_form(self, index, pixels):
        encoded = b"P6\n8 6\n255\n" + bytes(pixels)
        if self.form == "bytes":
            return encoded, index * 2
        if self.form == "image alone":
            return encoded
        import numpy
        if self.form == "numpy grey":
            return numpy.full((6, 8), index, numpy.uint8), numpy.int64(index * 2)
        if self.form == "numpy strided":
            return numpy.full((6, 16, 3), index, numpy.uint8)[:, ::2], index * 2
        from PIL import Image
        return Image.frombytes("RGB", (8, 6), bytes(pixels)), index * 2


class Paths:
    """The files of a folder, as paths."""

    def __init__(self, files):
        self.files = files

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        return pathlib.Path(self.files[index]), index % 3


class PythonDataset(unittest.TestCase):
    def loader(self, dataset, **options):
        wrapped = slabring.PythonDataset(dataset)
        loader = slabring.DataLoader(wrapped, **{"batch_size": 8, "num_workers": 2, "layout": "nhwc", **options})
        self.addCleanup(loader.close)
        return loader

    def test_workers_deliver_what_the_object_returns(self):
        import numpy
        for form in ("pixels", "bytes", "numpy strided", "pillow"):
            with self.subTest(form):
                seen = 0
                for images, labels in self.loader(Grey(50, form)):
                    for image, label in zip(images, labels):
                        self.assertEqual(label, seen * 2)
                        numpy.testing.assert_array_equal(image, numpy.full((6, 8, 3), seen, numpy.uint8))
                        seen += 1
                self.assertEqual(seen, 50)

    def test_grey_arrays_have_one_channel_and_an_image_alone_the_label_minus_one(self):
        grey = next(iter(self.loader(Grey(9, "numpy grey"))))
        self.assertEqual(grey.images.shape, (8, 6, 8, 1))
        self.assertEqual(list(next(iter(self.loader(Grey(9, "image alone")))).labels), [-1] * 8)

    def test_stream_is_the_same_with_any_number_of_workers_and_transforms(self):
        streams = []
        for workers in (0, 1, 3):
            loader = self.loader(Grey(60), num_workers=workers, shuffle=True, seed=5, transform=CROP)
            streams.append([content(batch) for _ in range(2) for batch in loader])
        self.assertEqual(streams[0], streams[1])
        self.assertEqual(streams[0], streams[2])

    def test_names_of_classes_and_samples_are_its_own(self):
        dataset = slabring.PythonDataset(Grey(10, fault="raises"), describe=lambda index: f"record {index}")
        self.assertEqual(dataset.classes, ["dark", "bright"])
        self.assertEqual(dataset.describe(3), "record 3")
        loader = slabring.DataLoader(dataset, batch_size=10, num_workers=1, layout="nhwc")
        self.addCleanup(loader.close)
        with self.assertRaises(slabring.SampleError) as raised:
            next(iter(loader))
        self.assertIn("record 7", str(raised.exception))
        self.assertIn("KeyError: 'no record 7'", str(raised.exception))

    def test_a_fault_is_its_samples_own(self):
        for fault, status in (("raises", slabring.Status.dataset_failed), ("float", slabring.Status.dataset_failed),
                              ("dies", slabring.Status.quarantined)):
            with self.subTest(fault):
                batches = list(self.loader(Grey(16, fault=fault), on_error="mask"))
                self.assertEqual([index for index, code in enumerate(batches[0].status) if code != 0], [7])
                self.assertEqual(batches[0].status[7], status)
                self.assertTrue(all(code == 0 for code in batches[1].status))

    def test_killed_workers_and_coordinators_cost_nothing_but_time(self):
        calm = [content(batch) for batch in self.loader(Grey(200), num_workers=0)]
        loader = self.loader(Grey(200))
        got = []
        for batch in loader:
            got.append(content(batch))
            stats = loader.stats()
            if len(got) in (3, 9) and stats.worker_pids:
                os.kill(stats.worker_pids[0], signal.SIGKILL)
            if len(got) == 14:
                os.kill(stats.coordinator_pid, signal.SIGKILL)
        self.assertEqual(got, calm)

    def test_state_goes_on_and_that_of_another_length_is_refused(self):
        first = self.loader(Grey(40), shuffle=True, seed=1)
        whole = [content(batch) for batch in first]
        again = self.loader(Grey(40), shuffle=True, seed=1)
        epoch = iter(again)
        head = [content(next(epoch)), content(next(epoch))]
        resumed = self.loader(Grey(40), shuffle=True, seed=1, num_workers=1)
        resumed.load_state_dict(again.state_dict())
        self.assertEqual(head + [content(batch) for batch in resumed], whole)
        with self.assertRaises(slabring.Error):
            self.loader(Grey(41), shuffle=True, seed=1).load_state_dict(again.state_dict())

    def test_what_cannot_be_is_refused_with_the_reason(self):
        with self.assertRaisesRegex(TypeError, "no __getitem__"):
            slabring.PythonDataset(set())
        with self.assertRaisesRegex(slabring.InvalidArgument, "use spawn"):
            self.loader(Grey(9), multiprocessing_context="forkserver")
        with self.assertRaisesRegex(Exception, "pickle|local object"):
            slabring.PythonDataset(type("Local", (Grey,), {})(3))
        with self.assertRaisesRegex(TypeError, "PythonDataset"):
            slabring.DataLoader(Grey(9))

    def test_workers_end_with_the_trainer(self):
        source = textwrap.dedent("""
            import sys, slabring
            sys.path.insert(0, sys.argv[1])
            from python_dataset_test import Grey
            loader = slabring.DataLoader(slabring.PythonDataset(Grey(1000)), batch_size=8, num_workers=2, layout="nhwc")
            next(iter(loader))
            print(loader.stats().coordinator_pid, *loader.stats().worker_pids, flush=True)
            input()
            """)
        program = subprocess.Popen([sys.executable, "-c", source, os.path.dirname(os.path.abspath(__file__))],
                                   env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        pids = [int(word) for word in program.stdout.readline().split()]
        self.assertEqual(len(pids), 3)
        program.kill()
        program.communicate()
        for pid in pids:
            for _ in range(5000):
                if not is_alive(pid):
                    break
                time.sleep(0.002)
            self.assertFalse(is_alive(pid))

    def test_a_script_without_a_guard_ends_in_an_error_and_no_storm_of_processes(self):
        with tempfile.TemporaryDirectory() as folder:
            script = pathlib.Path(folder) / "script.py"
            script.write_text(textwrap.dedent("""
                import slabring
                class Tiny:
                    def __len__(self): return 4
                    def __getitem__(self, index): return memoryview(bytes(12)).cast("B", (2, 2, 3))
                for images, labels in slabring.DataLoader(slabring.PythonDataset(Tiny()), num_workers=1):
                    pass
                """))
            done = subprocess.run([sys.executable, script], env=environment(), capture_output=True, text=True, timeout=60)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("ended with exit status 1", done.stderr)
        self.assertIn('if __name__ == "__main__"'.replace('"', "'"), done.stderr)


class PathsOfFiles(PhotoTest):
    def test_are_decoded_as_an_image_folder_does(self):
        folder = slabring.ImageFolder(self.folder)
        files = [folder.describe(index) for index in range(len(folder))]
        expected = [bytes(memoryview(batch.images)) for batch in self.loader(seed=3)]
        ours = slabring.DataLoader(slabring.PythonDataset(Paths(files)), batch_size=8, num_workers=2, transform=CROP, seed=3)
        self.addCleanup(ours.close)
        self.assertEqual([bytes(memoryview(batch.images)) for batch in ours], expected)


if __name__ == "__main__":
    unittest.main()
