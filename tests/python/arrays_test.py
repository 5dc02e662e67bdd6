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

    def test_a_batch_is_a_part_of_each_array_as_it_is_of_torch(self):
        masks = numpy.random.default_rng(3).integers(0, 256, (37, 4, 3), numpy.uint8)
        weights = numpy.arange(37, dtype="float64") / 3
        dataset = slabring.TensorDataset(self.values, self.labels, masks, weights)
        for workers in (0, 2):
            seen = 0
            for batch in self.loader(dataset, num_workers=workers, shuffle=True):
                values, labels, mask, weight = batch
                numpy.testing.assert_array_equal(values, self.values[batch.ids])
                numpy.testing.assert_array_equal(labels, self.labels[batch.ids])
                numpy.testing.assert_array_equal(mask, masks[batch.ids])
                numpy.testing.assert_array_equal(weight, weights[batch.ids])
                self.assertEqual((mask.dtype, weight.dtype), (masks.dtype, weights.dtype))
                self.assertIs(batch.arrays[1], weight)
                self.assertIn("float64 array", repr(batch))
                seen += len(weight)
            self.assertEqual(seen, 37)

    def test_a_second_array_that_holds_no_labels_is_one_like_the_others(self):
        targets = self.values[:, 0, :]
        for dataset in (slabring.TensorDataset(self.values, targets), slabring.TensorDataset(self.values, self.labels, labels=False)):
            values, second = next(iter(self.loader(dataset)))
            numpy.testing.assert_array_equal(second, (targets if second.ndim == 2 else self.labels)[:8])
        batch = next(iter(self.loader(slabring.TensorDataset(self.values, targets))))
        numpy.testing.assert_array_equal(batch.labels, numpy.full(8, -1))
        (values,) = next(iter(self.loader(slabring.TensorDataset(self.values))))
        numpy.testing.assert_array_equal(values, self.values[:8])
        with self.assertRaisesRegex(slabring.Error, "to hold the labels"):
            slabring.TensorDataset(self.values, targets, labels=True)

    def test_arrays_have_names_where_they_were_given_some(self):
        masks = numpy.arange(37 * 2, dtype="int16").reshape(37, 2)
        batch = next(iter(self.loader(slabring.TensorDataset(self.values, self.labels, masks, names=["value", "label", "mask"]))))
        numpy.testing.assert_array_equal(batch.arrays["mask"], masks[:8])
        self.assertIs(batch.arrays["mask"], batch.arrays[0])
        with self.assertRaisesRegex(KeyError, "value.*mask"):
            batch.arrays["value"]
        with self.assertRaisesRegex(slabring.Error, "3 arrays are given and 2 names"):
            slabring.TensorDataset(self.values, self.labels, masks, names=["value", "label"])

    def test_what_is_kept_of_a_batch_keeps_its_slab(self):
        masks = numpy.arange(37 * 2, dtype="int16").reshape(37, 2)
        loader = self.loader(slabring.TensorDataset(self.values, self.labels, masks), prefetch=2)
        kept = [batch.labels for batch in loader]
        self.assertEqual(len(kept), 5)
        batches = iter(loader)
        first, second = next(batches).arrays[0], next(batches).arrays[0]
        self.assertEqual(loader.stats().held, 2)
        with self.assertRaises(slabring.RingExhausted):
            next(batches)
        numpy.testing.assert_array_equal(first, masks[:8])
        numpy.testing.assert_array_equal(second, masks[8:16])
        del first, second
        self.assertEqual(loader.stats().held, 0)
        copies = [batch.arrays[0] for batch in self.loader(slabring.TensorDataset(self.values, self.labels, masks), when_held="copy")]
        numpy.testing.assert_array_equal(numpy.concatenate(copies), masks)

    def test_parts_and_combinations_hand_all_arrays_on(self):
        masks = numpy.arange(37 * 2, dtype="int16").reshape(37, 2)
        whole = slabring.TensorDataset(self.values, self.labels, masks)
        for dataset, picked in ((slabring.Subset(whole, range(9, 17)), numpy.arange(9, 17)), (slabring.CachedDataset(whole, 1 << 20, "decoded"), numpy.arange(8)),
                                (slabring.ConcatDataset([slabring.Subset(whole, [36, 2]), whole]), numpy.array([36, 2, 0, 1, 2, 3, 4, 5]))):
            values, labels, mask = next(iter(self.loader(dataset)))
            numpy.testing.assert_array_equal(values, self.values[picked])
            numpy.testing.assert_array_equal(labels, self.labels[picked])
            numpy.testing.assert_array_equal(mask, masks[picked])
        with self.assertRaisesRegex(slabring.Error, r"i16 \[2\].*i16 \[1\]"):
            slabring.ConcatDataset([whole, slabring.TensorDataset(self.values, self.labels, masks[:, :1].copy())])

    @unittest.skipIf(torch is None, "python3-torch is not there")
    def test_tensors_are_views_of_the_ring_that_torch_would_have_made(self):
        given = [torch.from_numpy(self.values), torch.from_numpy(self.labels), torch.arange(37 * 3).reshape(37, 3)]
        ours = self.loader(slabring.TensorDataset(*given), output="torch")
        theirs = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(*given), batch_size=8)
        for batch, expected in zip(ours, theirs):
            self.assertEqual(len(batch), len(expected))
            for tensor, wanted in zip(batch, expected):
                self.assertEqual(tensor.dtype, wanted.dtype)
                self.assertTrue(torch.equal(tensor, wanted))

    def test_arrays_beside_images_and_labels_go_to_no_gpu(self):
        dataset = slabring.TensorDataset(self.values, self.labels, self.values)
        with self.assertRaisesRegex(slabring.InvalidArgument, "not copied there"):
            slabring.DataLoader(dataset, device="cuda", output="array")

    def test_what_does_not_fit_together_is_refused_with_the_shapes(self):
        with self.assertRaisesRegex(slabring.Error, "37.*36|36.*37") as raised:
            slabring.TensorDataset(self.values, self.labels[:-1])
        with self.assertRaisesRegex(slabring.Error, r"\[37, 2, 5\].*array 2 has shape \[3\]"):
            slabring.TensorDataset(self.values, self.labels, self.labels[:3])
        self.assertEqual(raised.exception.code, "dataset")
        with self.assertRaisesRegex(TypeError, "complex64"):
            slabring.TensorDataset(self.values.astype("complex64"))
        with self.assertRaisesRegex(slabring.Error, "/no/such.npy"):
            slabring.TensorDataset("/no/such.npy")


if __name__ == "__main__":
    unittest.main()
