"""Python functions as steps of a pipeline."""

import functools
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import numpy
import slabring
from slabring import transforms as T
from support import PhotoTest, content, run_program


def invert(image):
    image[...] = 255 - image


def flipped(image):
    return image[:, ::-1]


def noisy(image, random):
    return random.integers(0, 256, image.shape, numpy.uint8)


def darken(image, amount=2):
    image //= amount


def fail_on_dark(image):
    if image[0, 0, 0] < 128:
        raise KeyError("too dark")


def shrink(image):
    return image[1:]


def where(image):
    image[...] = os.getpid() % 251


class Threshold:
    def __init__(self, value):
        self.value = value

    def __call__(self, image):
        image[image < self.value] = 0


class Grey:
    """Six images of 4x5 pixels."""

    def __len__(self):
        return 6

    def __getitem__(self, index):
        return numpy.full((4, 5, 3), index * 10, numpy.uint8), index


class Functions(PhotoTest):
    def images(self, *steps, **options):
        return [content(batch) for batch in self.loader(**{"transform": [T.RandomResizedCrop(16), *steps], "seed": 3, **options})]

    def test_it_gets_the_pixels_and_changes_them_in_place_or_returns_others(self):
        plain = numpy.concatenate([batch.images.copy() for batch in self.loader(transform=[T.CenterCrop(16)], layout="nhwc")])
        for step, expected in ((invert, 255 - plain), (flipped, plain[:, :, ::-1]), (functools.partial(darken, amount=5), plain // 5),
                               (Threshold(100), numpy.where(plain < 100, 0, plain))):
            with self.subTest(step):
                loader = self.loader(transform=[T.CenterCrop(16), step], layout="nhwc")
                got = numpy.concatenate([batch.images.copy() for batch in loader])
                numpy.testing.assert_array_equal(got, expected)

    def test_bytes_depend_on_no_worker_also_where_it_draws(self):
        expected = self.images(noisy, T.RandomHorizontalFlip(), shuffle=True, num_workers=0)
        for workers in (1, 3):
            self.assertEqual(self.images(noisy, T.RandomHorizontalFlip(), shuffle=True, num_workers=workers), expected)
        self.assertNotEqual(self.images(noisy, T.RandomHorizontalFlip(), shuffle=True, num_workers=0, seed=4), expected)

    def test_each_sample_and_epoch_draws_anew(self):
        loader = self.loader(transform=[T.CenterCrop(16), noisy])
        images = [image.tobytes() for _ in range(2) for batch in loader for image in batch.images]
        self.assertEqual(len(set(images)), 120)

    def test_it_runs_in_workers_and_between_transforms_of_every_kind(self):
        loader = self.loader(transform=T.Compose([T.CenterCrop(16), T.RandomApply([where], 1.0), T.ToTensor(), T.Normalize([0] * 3, [1] * 3)]),
                             layout="nhwc", num_workers=1)
        batch = next(iter(loader))
        [worker] = loader.stats().worker_pids
        self.assertNotEqual(worker, os.getpid())
        numpy.testing.assert_allclose(batch.images, (worker % 251) / 255, rtol=1e-6)

    def test_its_number_is_its_own_also_when_there_are_several(self):
        self.assertEqual(self.images(invert, T.RandomOrder([Threshold(3), T.RandomApply([flipped], 1.0)]), darken, num_workers=2),
                         self.images(invert, T.RandomOrder([Threshold(3), T.RandomApply([flipped], 1.0)]), darken, num_workers=0))

    def test_it_works_over_datasets_that_are_made_of_others(self):
        grey = slabring.PythonDataset(Grey())
        photos = slabring.Subset(slabring.ImageFolder(self.folder), range(10))
        both = slabring.ConcatDataset([grey, photos, slabring.PythonDataset(Grey())])
        combined = {"native": slabring.random_split(photos, [0.5, 0.5])[1],
                    "of one's own": slabring.Subset(slabring.MixtureDataset([both, slabring.CachedDataset(grey, 8 << 20, "decoded")]), range(20))}
        for name, dataset in combined.items():
            with self.subTest(name):
                seen = []
                for workers in (0, 1):
                    loader = slabring.DataLoader(dataset, batch_size=4, num_workers=workers, shuffle=True,
                                                 transform=[T.Resize((20, 20)), invert, T.RandomCrop(16), noisy])
                    self.addCleanup(loader.close)
                    seen.append([content(batch) for batch in loader])
                self.assertEqual(*seen)
        loader = slabring.DataLoader(both, batch_size=22, num_workers=1, transform=[T.CenterCrop(3), invert])
        self.addCleanup(loader.close)
        [batch] = loader
        self.assertEqual(batch.labels.tolist(), [0, 1, 2, 3, 4, 5] + [0] * 10 + [0, 1, 2, 3, 4, 5])
        self.assertEqual(batch.images[1, 0, 1, 1], 255 - 10)

    def test_what_is_written_at_a_prompt_is_refused_but_without_workers(self):
        program = run_program("""
import sys
import slabring
from slabring import transforms as T
def half(image):
    image //= 2
class Own:
    def __len__(self):
        return 2
    def __getitem__(self, index):
        return memoryview(bytes(1200)).cast("B", (20, 20, 3))
folder, own = slabring.ImageFolder(sys.argv[1]), slabring.PythonDataset(Own())
crop = T.CenterCrop(16)
for dataset, transform in ((folder, [crop, half]), (own, crop), (slabring.ConcatDataset([folder, own]), crop)):
    try:
        slabring.DataLoader(dataset, transform=transform, num_workers=1)
    except TypeError as error:
        print(str(error).split(":")[0], "notebook" in str(error), next(iter(slabring.DataLoader(dataset, transform=transform, num_workers=0))))
""", self.folder)
        batch = "Batch(epoch 0, batch 0: uint8 images [1, 3, 16, 16], int64 labels [1])"
        self.assertEqual((program.stdout.splitlines(), program.stderr),
                         ([f"{name} cannot go to the workers True {batch}" for name in ("half", "Own", "Own")], ""))

    def test_what_it_raises_is_a_fault_of_its_sample(self):
        dataset = slabring.PythonDataset(Grey(), transform=[invert, fail_on_dark])
        for workers in (0, 2):
            loader = slabring.DataLoader(dataset, batch_size=6, num_workers=workers, on_error="mask")
            self.addCleanup(loader.close)
            self.assertTrue(all(code == 0 for code in next(iter(loader)).status))
        dark = slabring.DataLoader(slabring.PythonDataset(Grey()), batch_size=6, num_workers=2, on_error="mask", transform=[fail_on_dark])
        self.addCleanup(dark.close)
        batch = next(iter(dark))
        self.assertEqual({fault.status for fault in batch.faults}, {slabring.Status.transform_failed})
        self.assertIn("KeyError: 'too dark'", batch.faults[0].message)
        with self.assertRaisesRegex(slabring.SampleError, "shrink returned uint8 .*15, 16, 3.*have to stay"):
            next(iter(self.loader(transform=[T.CenterCrop(16), shrink])))

    def test_state_goes_on_and_that_of_another_function_is_refused(self):
        whole = self.images(noisy, shuffle=True)
        first = self.loader(transform=[T.RandomResizedCrop(16), noisy], seed=3, shuffle=True)
        batches = iter(first)
        head = [content(next(batches)), content(next(batches))]
        resumed = self.loader(transform=[T.RandomResizedCrop(16), noisy], seed=3, shuffle=True, num_workers=1)
        resumed.load_state_dict(first.state_dict())
        self.assertEqual(head + [content(batch) for batch in resumed], whole)
        with self.assertRaises(slabring.Error) as raised:
            self.loader(transform=[T.RandomResizedCrop(16), invert], seed=3, shuffle=True).load_state_dict(first.state_dict())
        self.assertEqual(raised.exception.code, "state")

    def test_state_goes_on_where_the_package_lies_elsewhere(self):
        here = pathlib.Path(__file__).resolve().parent
        with tempfile.TemporaryDirectory() as other:
            shutil.copytree(pathlib.Path(slabring.__file__).parent, pathlib.Path(other) / "slabring")
            program = subprocess.run([sys.executable, "-c", """
import json, sys
import functions_test, slabring
assert slabring.__file__.startswith(sys.argv[1]), slabring.__file__
loader = slabring.DataLoader(slabring.ImageFolder(sys.argv[2]), batch_size=8, shuffle=True, num_workers=0,
                             transform=[slabring.transforms.CenterCrop(16), functions_test.noisy])
next(iter(loader))
print(json.dumps(loader.state_dict()))
""", other, self.folder], env={**os.environ, "PYTHONPATH": f"{other}:{here}"}, capture_output=True, text=True)
        self.assertEqual(program.stderr, "")
        # There the function's module has its own name; as a script it would be another function.
        import functions_test
        loader = self.loader(transform=[T.CenterCrop(16), functions_test.noisy], shuffle=True)
        loader.load_state_dict(json.loads(program.stdout))
        self.assertEqual(next(iter(loader)).position, 1)

    def test_workers_that_are_killed_cost_nothing_but_time(self):
        expected = self.images(noisy, num_workers=0, batch_size=3)
        loader = self.loader(transform=[T.RandomResizedCrop(16), noisy], seed=3, batch_size=3)
        got = []
        for batch in loader:
            got.append(content(batch))
            if len(got) == 4 and loader.stats().worker_pids:
                os.kill(loader.stats().worker_pids[0], 9)
        self.assertEqual(got, expected)

    def test_what_cannot_be_is_refused_with_the_reason(self):
        with self.assertRaisesRegex(TypeError, "local object.*at the top of a module, or say num_workers=0"):
            self.loader(transform=[T.CenterCrop(16), lambda image: image])
        self.loader(transform=[T.CenterCrop(16), lambda image: image], num_workers=0)
        with self.assertRaisesRegex(slabring.InvalidArgument, "use spawn"):
            self.loader(transform=[T.CenterCrop(16), invert], multiprocessing_context="forkserver")
        with self.assertRaisesRegex(TypeError, "in front of ToTensor"):
            T.Compose([T.ToTensor(), invert])
        with self.assertRaisesRegex(slabring.InvalidArgument, "Normalize"):
            self.loader(transform=[T.CenterCrop(16), T.Normalize([0] * 3, [1] * 3), invert])
        with self.assertRaisesRegex(TypeError, "cannot be a file"):
            T.Compose([invert]).to_json()
        with self.assertRaisesRegex(TypeError, "callable"):
            T.Lambda(3)

    def test_steps_with_functions_compare_and_show_them(self):
        self.assertEqual(T.Compose([invert]), T.Compose([T.Lambda(invert)]))
        self.assertNotEqual(T.Compose([invert]), T.Compose([flipped]))
        self.assertRegex(repr(T.Compose([invert])), r"Compose\(\[Lambda\(\w+\.invert\)\]\)")

    def test_a_preview_shows_what_it_makes(self):
        self.assertEqual(len(self.loader(transform=[T.CenterCrop(16), invert]).preview(4).labels), 4)


class Arrays:
    """Sample i: a row of floats that begins with i; or what a flaw makes of sample 5."""

    def __init__(self, dtype="float32", shape=(2, 7), flaw=None):
        self.dtype, self.shape, self.flaw = dtype, shape, flaw

    def __len__(self):
        return 30

    def __getitem__(self, index):
        if index == 5 and self.flaw == "shape":
            return numpy.zeros((3,), self.dtype), 0
        if index == 5 and self.flaw == "dtype":
            return numpy.zeros(self.shape, "int8"), 0
        values = numpy.arange(numpy.prod(self.shape, dtype=int)).reshape(self.shape) + index
        return values.astype(self.dtype), index % 4


class Tensors(Arrays):
    def __getitem__(self, index):
        import torch

        values, label = super().__getitem__(index)
        return torch.from_numpy(values), torch.tensor(label)


class PythonArrays(unittest.TestCase):
    def loader(self, dataset, **options):
        loader = slabring.DataLoader(slabring.PythonDataset(dataset, arrays=True), **{"batch_size": 8, "num_workers": 2, **options})
        self.addCleanup(loader.close)
        return loader

    def expect(self, dataset, loader):
        seen = 0
        for images, labels in loader:
            for image, label in zip(images, labels):
                values, expected = Arrays.__getitem__(dataset, seen)
                numpy.testing.assert_array_equal(image, values)
                self.assertEqual((image.dtype, image.shape, label), (values.dtype, dataset.shape, expected))
                seen += 1
        self.assertEqual(seen, 30)

    def test_are_delivered_as_they_are_whatever_their_type_and_shape(self):
        for dtype, shape in (("float32", (2, 7)), ("float64", (5,)), ("int16", (2, 3, 4, 5)), ("uint8", (3, 8, 8)), ("float16", (1,)), ("int64", ())):
            for workers in (0, 2):
                with self.subTest(dtype=dtype, shape=shape, workers=workers):
                    dataset = Arrays(dtype, shape)
                    self.expect(dataset, self.loader(dataset, num_workers=workers))

    def test_tensors_of_torch_do_as_well(self):
        try:
            import torch  # noqa: F401
        except ImportError:
            self.skipTest("python3-torch is not there")
        self.expect(Tensors(), self.loader(Tensors()))

    def test_one_that_is_not_like_the_first_is_a_fault(self):
        for flaw, words in (("shape", r"f32 \(3,\).*f32 \(2, 7\)"), ("dtype", "i8 .*f32")):
            batch = next(iter(self.loader(Arrays(flaw=flaw), on_error="mask")))
            self.assertEqual([index for index, code in enumerate(batch.status) if code != 0], [5])
            self.assertRegex(batch.faults[0].message, words)

    def test_without_the_argument_floats_are_refused_with_it(self):
        loader = slabring.DataLoader(slabring.PythonDataset(Arrays(shape=(4, 4, 3)), transform=T.CenterCrop(2)), num_workers=0)
        with self.assertRaisesRegex(slabring.SampleError, "arrays=True"):
            next(iter(loader))
        with self.assertRaisesRegex(TypeError, "complex64"):
            self.loader(Arrays("complex64"))


if __name__ == "__main__":
    unittest.main()
