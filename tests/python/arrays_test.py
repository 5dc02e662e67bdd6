"""slabring.TensorDataset."""

import pathlib
import tempfile
import unittest

import numpy
import slabring
from slabring import transforms as T

try:
    import torch
except ImportError:
    torch = None


class TensorDataset(unittest.TestCase):
    def setUp(self):
        random = numpy.random.default_rng(1)
        self.values = random.normal(size=(37, 2, 5)).astype("float32")
        self.labels = random.integers(0, 9, 37)

    def loader(self, dataset, **options):
        loader = slabring.DataLoader(dataset, **{"batch_size": 8, "num_workers": 2, **options})
        self.addCleanup(loader.close)
        return loader

    def expect(self, dataset, labels=None, **options):
        got = [(batch.images.copy(), batch.labels, batch.ids) for batch in self.loader(dataset, **options)]
        ids = numpy.concatenate([part[2] for part in got])
        numpy.testing.assert_array_equal(numpy.concatenate([part[0] for part in got]), self.values[ids])
        numpy.testing.assert_array_equal(numpy.concatenate([part[1] for part in got]), (self.labels if labels is None else labels)[ids])

    def test_arrays_of_numpy_are_delivered_as_they_are(self):
        for workers in (0, 2):
            self.expect(slabring.TensorDataset(self.values, self.labels), num_workers=workers, shuffle=True)
        self.expect(slabring.TensorDataset(self.values), labels=numpy.full(37, -1))
        self.expect(slabring.TensorDataset(numpy.asfortranarray(self.values), self.labels[::-1][::-1]))

    def test_they_are_copied_once_so_that_later_changes_are_not_seen(self):
        given = self.values.copy()
        dataset = slabring.TensorDataset(given, self.labels)
        given[:] = 0
        self.expect(dataset)

    @unittest.skipIf(torch is None, "python3-torch is not there")
    def test_tensors_of_torch_do_as_well(self):
        self.expect(slabring.TensorDataset(torch.from_numpy(self.values), torch.from_numpy(self.labels)))

    def test_files_are_mapped(self):
        with tempfile.TemporaryDirectory() as folder:
            paths = [pathlib.Path(folder) / "values.npy", pathlib.Path(folder) / "labels.npy"]
            for path, array in zip(paths, (self.values, self.labels)):
                numpy.save(path, array)
            dataset = slabring.TensorDataset(*paths)
            self.assertRegex(repr(dataset), "values.npy.*37 samples")
            self.expect(dataset, shuffle=True)
            with self.assertRaisesRegex(TypeError, "some of the arrays are paths"):
                slabring.TensorDataset(paths[0], self.labels)

    def test_images_among_them_are_transformed(self):
        images = numpy.random.default_rng(2).integers(0, 256, (9, 20, 24, 3), numpy.uint8)
        dataset = slabring.TensorDataset(images, numpy.arange(9), transform=T.CenterCrop(16))
        got = numpy.concatenate([batch.images.copy() for batch in self.loader(dataset, layout="nhwc")])
        numpy.testing.assert_array_equal(got, images[:, 2:18, 4:20])

    def test_another_type_may_be_asked_for(self):
        batch = next(iter(self.loader(slabring.TensorDataset(self.values.astype("float64"), self.labels), dtype="float32")))
        self.assertEqual(batch.images.dtype, numpy.float32)
        batch = next(iter(self.loader(slabring.TensorDataset(self.values.astype("float64"), self.labels))))
        self.assertEqual(batch.images.dtype, numpy.float64)

    def test_what_does_not_fit_together_is_refused_with_the_shapes(self):
        with self.assertRaisesRegex(slabring.Error, "37.*36|36.*37") as raised:
            slabring.TensorDataset(self.values, self.labels[:-1])
        self.assertEqual(raised.exception.code, "dataset")
        with self.assertRaisesRegex(TypeError, "complex64"):
            slabring.TensorDataset(self.values.astype("complex64"))
        with self.assertRaisesRegex(slabring.Error, "/no/such.npy"):
            slabring.TensorDataset("/no/such.npy")


if __name__ == "__main__":
    unittest.main()
