"""Who may look at a slab, and when it goes back: buffers, __array_interface__, DLPack."""

import gc
import pathlib
import random
import threading
import tracemalloc
import unittest

import numpy
import slabring
from support import PhotoTest, content

try:
    import torch
except ImportError:
    torch = None


class Views(PhotoTest):
    def test_images_lie_in_the_ring_and_labels_do_not(self):
        loader = self.loader(output="array")
        batch = next(iter(loader))
        address = batch.images.__array_interface__["data"][0]
        lines = [line.split() for line in pathlib.Path("/proc/self/maps").read_text().splitlines()]
        mapped = [line[-1] for line in lines for low, high in [[int(end, 16) for end in line[0].split("-")]]
                  if low <= address < high]
        self.assertIn("memfd:slabring", " ".join([*mapped, *(word for line in lines for word in line if "memfd" in word)]))
        for other in (numpy.asarray(batch.images), numpy.from_dlpack(batch.images), numpy.frombuffer(batch.images, numpy.uint8)):
            self.assertEqual(other.__array_interface__["data"][0], address)

    def test_every_protocol_shows_the_same_values(self):
        for dtype in ("uint8", "float16", "float32"):
            with self.subTest(dtype):
                array = next(iter(self.loader(output="array", dtype=dtype))).images
                self.assertEqual((array.shape, array.dtype, len(array)), ((8, 3, 16, 16), dtype, 8))
                self.assertEqual(array.nbytes, 8 * 3 * 16 * 16 * numpy.dtype(dtype).itemsize)

                class OnlyInterface:
                    __array_interface__ = array.__array_interface__
                    owner = array

                views = [numpy.asarray(array), numpy.asarray(OnlyInterface()), numpy.from_dlpack(array)]
                for view in views:
                    self.assertEqual((view.dtype, view.shape), (numpy.dtype(dtype), (8, 3, 16, 16)))
                    self.assertTrue((view == views[0]).all() and view.any())

    def test_bfloat16_comes_through_dlpack_since_numpy_has_none(self):
        array = next(iter(self.loader(output="array", dtype="bfloat16"))).images
        self.assertEqual((array.dtype, array.nbytes), ("bfloat16", 8 * 3 * 16 * 16 * 2))
        opaque = numpy.asarray(array)
        self.assertEqual((opaque.dtype.itemsize, opaque.shape, opaque.dtype.kind), (2, (8, 3, 16, 16), "V"))
        if torch:
            exact = torch.from_dlpack(next(iter(self.loader(output="array", dtype="float32"))).images)
            self.assertTrue(torch.equal(torch.from_dlpack(array), exact.to(torch.bfloat16)))

    def test_images_may_be_written_to(self):
        for output in ("numpy", "torch") if torch else ("numpy",):
            batch = next(iter(self.loader(output=output)))
            batch.images[:] = 5
            self.assertTrue((numpy.asarray(batch.array) == 5).all())

    def test_dlpack_gives_capsules_of_both_versions_and_copies_when_asked(self):
        array = next(iter(self.loader(output="array"))).images
        self.assertEqual(array.__dlpack_device__(), (1, 0))
        self.assertIn('"dltensor"', repr(array.__dlpack__()))
        self.assertIn('"dltensor_versioned"', repr(array.__dlpack__(max_version=(1, 0))))
        self.assertIn('"dltensor"', repr(array.__dlpack__(stream=None, max_version=(0, 8), dl_device=(1, 0), copy=False)))
        with self.assertRaises(BufferError):
            array.__dlpack__(dl_device=(2, 0))
        with self.assertRaises(BufferError):
            array.__dlpack__(stream=1)

        class Copied:
            __dlpack_device__ = array.__dlpack_device__

            def __dlpack__(self, stream=None):
                return array.__dlpack__(copy=True)

        copy = numpy.from_dlpack(Copied())
        self.assertNotEqual(copy.__array_interface__["data"][0], array.__array_interface__["data"][0])
        self.assertTrue((copy == numpy.asarray(array)).all())

    @unittest.skipIf(torch is None, "python3-torch is not there")
    def test_torch_gets_tensors_in_the_ring_itself(self):
        for dtype in ("uint8", "float16", "float32"):
            with self.subTest(dtype):
                images, labels = batch = next(iter(self.loader(output="torch", dtype=dtype)))
                self.assertEqual((str(images.dtype), tuple(images.shape)), ("torch." + dtype, (8, 3, 16, 16)))
                self.assertEqual(images.data_ptr(), batch.array.__array_interface__["data"][0])
                self.assertTrue(images.is_contiguous())
                self.assertEqual((labels.dtype, batch.ids.dtype), (torch.int64, torch.int64))


class Lifetime(PhotoTest):
    def test_a_slab_returns_with_its_last_view_in_any_order(self):
        order = random.Random(1)
        loader = self.loader(prefetch=6)
        batches = iter(loader)
        for _ in range(20):
            batch = next(batches, None)
            if batch is None:
                batches = iter(loader)
                batch = next(batches)
            views = [batch, batch.images, batch.images[2:], batch.images.T[1], memoryview(batch.array),
                     numpy.from_dlpack(batch.array), batch.array.__dlpack__(), batch.array.__dlpack__(max_version=(1, 0))]
            if torch:
                views.append(torch.from_dlpack(batch.array)[1])
            del batch
            order.shuffle(views)
            while views:
                self.assertEqual(loader.stats().held, 1)
                views.pop()
            self.assertEqual(loader.stats().held, 0)

    def test_views_keep_their_bytes_while_other_batches_come_and_go(self):
        loader = self.loader(prefetch=5, shuffle=True)
        expected = [content(batch) for batch in loader]
        loader.set_epoch(0)
        held = []
        for number, batch in enumerate(loader):
            held.append((number, batch.images))
            if len(held) == 4:
                held.pop(number % 3)
            for which, images in held:
                self.assertTrue(expected[which].startswith(images.tobytes()))

    def test_holding_every_slab_raises_with_the_count_and_letting_one_go_mends_it(self):
        loader = self.loader(prefetch=3)
        batches = iter(loader)
        held = [next(batches).images for _ in range(3)]
        with self.assertRaisesRegex(slabring.RingExhausted, "all 3 slabs") as raised:
            next(batches)
        self.assertEqual(raised.exception.code, "ring_exhausted")
        held.pop(1)
        self.assertEqual(next(batches).position, 3)

    def test_a_list_of_all_batches_needs_copies_on_a_small_ring(self):
        loader = self.loader(prefetch=4, shuffle=True)
        with self.assertRaisesRegex(slabring.RingExhausted, "all 4 slabs"):
            list(loader)
        copying = self.loader(prefetch=4, shuffle=True, when_held="copy")
        batches = list(copying)
        self.assertEqual(copying.stats().held, 2)
        loader.set_epoch(0)
        self.assertEqual(list(map(content, batches)), list(map(content, loader)))

    def test_labels_ids_and_status_keep_no_slab(self):
        loader = self.loader(prefetch=2)
        kept = [(batch.labels, batch.ids, batch.status) for batch in loader]
        self.assertEqual([i for _, ids, _ in kept for i in ids.tolist()], list(range(60)))
        self.assertEqual(loader.stats().held, 0)

    def test_images_outlive_the_loader(self):
        loader = self.loader()
        images = next(iter(loader)).images
        expected = images.tobytes()
        loader.close()
        del loader
        gc.collect()
        self.assertEqual(images.tobytes(), expected)
        images[:] = 0

    def test_a_slab_may_return_on_another_thread(self):
        loader = self.loader(prefetch=2)
        for batch in loader:
            box = [batch.images]
            del batch
            thread = threading.Thread(target=box.clear)
            thread.start()
            thread.join()
            self.assertEqual(loader.stats().held, 0)

    def test_python_memory_stays_flat_over_many_batches(self):
        loader = self.loader(batch_size=4)
        for _ in range(2):
            for batch in loader:
                pass
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        sizes, maps = [], []
        for _ in range(20):
            for batch in loader:
                pass
            gc.collect()
            sizes.append(tracemalloc.get_traced_memory()[0])
            maps.append(len(pathlib.Path("/proc/self/maps").read_text().splitlines()))
        self.assertLess((sizes[-1] - sizes[4]) / (15 * len(loader)), 16)  # bytes a batch: less than any object
        self.assertLessEqual(maps[-1], maps[4] + 2)


if __name__ == "__main__":
    unittest.main()
