"""device="cuda" and pin_memory, over a driver without a GPU (tests/support/fake_cuda.cpp), which does all as late as it may."""

import ctypes
import itertools
import os
import pathlib
import tempfile
import time
import unittest
import warnings

import slabring
from support import CROP, PhotoTest, content, run_program, write_photo

FAKE = os.environ.get("SLABRING_FAKE_CUDA", "")


class Capsule(ctypes.Structure):
    """The head of a "dltensor" (dlpack.h)."""

    _fields_ = [("data", ctypes.c_void_p), ("device_type", ctypes.c_int32), ("device_id", ctypes.c_int32), ("ndim", ctypes.c_int32),
                ("code", ctypes.c_uint8), ("bits", ctypes.c_uint8), ("lanes", ctypes.c_uint16), ("shape", ctypes.POINTER(ctypes.c_int64)),
                ("strides", ctypes.POINTER(ctypes.c_int64)), ("offset", ctypes.c_uint64)]

    @classmethod
    def of(cls, capsule, name=b"dltensor"):
        get = ctypes.pythonapi.PyCapsule_GetPointer
        get.restype, get.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
        return cls.from_address(get(capsule, name))


@unittest.skipIf(not FAKE, "SLABRING_FAKE_CUDA does not name the fake driver")
class Device(PhotoTest):
    def setUp(self):
        os.environ["SLABRING_CUDA_DRIVER"] = FAKE
        self.addCleanup(os.environ.pop, "SLABRING_CUDA_DRIVER")
        self.cuda = ctypes.CDLL(FAKE)
        for name, result in (("mistakes", ctypes.c_char_p), ("registered_bytes", ctypes.c_size_t), ("device_bytes", ctypes.c_size_t),
                             ("stream", ctypes.c_size_t)):
            getattr(self.cuda, f"fake_cuda_{name}").restype = result
        self.cuda.fake_cuda_read.argtypes = [ctypes.c_size_t, ctypes.c_uint64, ctypes.c_size_t, ctypes.c_void_p]
        self.cuda.fake_cuda_finish.argtypes = [ctypes.c_size_t]
        self.cuda.fake_cuda_fail.argtypes = [ctypes.c_char_p, ctypes.c_int, ctypes.c_int]
        self.cuda.fake_cuda_reset()
        self.addCleanup(lambda: self.assertEqual(self.cuda.fake_cuda_mistakes(), b""))

    def read(self, array, stream):
        """Queues a kernel that reads; what it read is there when the stream is finished."""
        out = ctypes.create_string_buffer(array.nbytes)
        capsule = array.__dlpack__(stream=stream)  # whose head lives as long
        self.cuda.fake_cuda_read(stream, Capsule.of(capsule).data, array.nbytes, out)
        return out

    def test_every_batch_arrives_although_copies_and_readers_are_late(self):
        host = self.loader(shuffle=True, dtype="float32")
        expected = [(bytes(memoryview(batch.images)), bytes(memoryview(batch.labels)), batch.ids.tolist()) for batch in host]
        loader = self.loader(shuffle=True, dtype="float32", device="cuda:1", output="array", prefetch=3)
        stream = self.cuda.fake_cuda_stream()
        for _ in range(3):
            got = []
            loader.set_epoch(0)
            for batch in loader:
                images, labels = batch
                got.append((self.read(images, stream), self.read(labels, stream), list(memoryview(batch.ids))))
                del images, labels, batch
            self.cuda.fake_cuda_finish(stream)
            self.assertTrue([(images.raw, labels.raw, ids) for images, labels, ids in got] == expected)
        self.assertLessEqual(self.cuda.fake_cuda_count(b"cuMemAlloc"), 3)

    def copied(self):
        """Batches whose copies have begun: images and labels of each."""
        return self.cuda.fake_cuda_count(b"cuMemcpyHtoDAsync") // 2

    def with_one_ahead(self, **options):
        """A loader, its iterator in the first epoch, and how many batches that has delivered, when the copy of the next one has begun.
        Workers may be slow, so that is tried, with more time for them each time, until it is so; never is more than one ahead."""
        loader = slabring.DataLoader(slabring.ImageFolder(self.folder), **{
            "batch_size": 8, "num_workers": 2, "transform": CROP, "device": 1, "output": "array", "shuffle": True, **options})
        for milliseconds in itertools.count():
            loader.set_epoch(0)
            batches, before = iter(loader), self.copied()
            for delivered in range(1, len(loader) - 2):  # so that others follow
                time.sleep(milliseconds / 1000)
                next(batches)
                ahead = self.copied() - before - delivered
                self.assertIn(ahead, (0, 1))
                if ahead == 1:
                    return loader, batches, delivered

    def images_of(self, batches):
        """What kernels on another stream read, late."""
        stream = self.cuda.fake_cuda_stream()
        seen = [self.read(batch.images, stream) for batch in batches]
        self.cuda.fake_cuda_finish(stream)
        return [images.raw for images in seen]

    def expected_images(self, epoch=0):
        host = self.loader(shuffle=True)
        host.set_epoch(epoch)
        return [bytes(memoryview(batch.images)) for batch in host]

    def assert_nothing_is_left(self):
        self.assertEqual((self.cuda.fake_cuda_device_bytes(), self.cuda.fake_cuda_registered_bytes()), (0, 0))

    def test_the_next_copy_begins_before_it_is_asked_for(self):
        loader, batches, delivered = self.with_one_ahead()
        began = self.copied()
        batch = next(batches)
        self.assertEqual(batch.position, delivered)
        self.assertLessEqual(self.copied() - began, 1)  # not its own, perhaps that of the one behind it
        del batch
        self.assertEqual(self.images_of(batches), self.expected_images()[delivered + 1:])

    def test_what_is_ahead_does_not_count_as_delivered(self):
        loader, batches, delivered = self.with_one_ahead(batch_size=6)
        for position in (delivered, delivered + 1):
            self.assertEqual(loader.state_dict()["position"], position * 6)
            resumed = self.loader(shuffle=True, batch_size=6)
            resumed.load_state_dict(loader.state_dict())
            self.assertEqual(next(iter(resumed)).position, position)
            before = loader.stats()
            next(batches)
            after = loader.stats()
            self.assertEqual((after.batches - before.batches, after.samples - before.samples), (1, 6))

    def test_leaving_the_loop_drops_what_is_ahead_and_the_next_epoch_is_whole(self):
        for leave in (StopIteration, ZeroDivisionError):
            loader, batches, delivered = self.with_one_ahead(prefetch=3)
            with self.assertRaises(leave):
                for _ in batches:
                    raise leave
            self.assertEqual(self.images_of(loader), self.expected_images(1))
            with self.assertRaisesRegex(slabring.InvalidArgument, "over"):
                next(batches)

    def test_ending_with_a_copy_ahead_leaves_nothing(self):
        def resume(loader):
            loader.load_state_dict(loader.state_dict())
            loader.close()

        def keep_images(loader):
            images = next(iter(loader)).images
            loader.close()
            self.assertGreater(self.cuda.fake_cuda_device_bytes(), 0)
            self.assertEqual(self.cuda.fake_cuda_registered_bytes(), 0)
            del images

        for end in (slabring.DataLoader.close, resume, keep_images, lambda loader: None):
            loader, batches, _ = self.with_one_ahead()
            end(loader)
            del loader, batches
            self.assert_nothing_is_left()

    def test_a_copy_ahead_that_is_refused_is_an_error_at_its_turn_and_the_loop_may_go_on(self):
        for function, calls in ((b"cuMemcpyHtoDAsync", 0), (b"cuMemcpyHtoDAsync", 1), (b"cuEventRecord", 0), (b"cuEventCreate", 0)):
            with self.subTest(function, calls=calls):
                loader, batches, delivered = self.with_one_ahead()
                self.cuda.fake_cuda_fail(function, calls, 2)
                positions, errors = [], 0
                while True:
                    try:
                        positions.append(next(batches).position)
                    except slabring.Error as error:
                        self.assertEqual((error.code, function.decode() in str(error)), ("device", True))
                        errors += 1
                    except StopIteration:
                        break
                self.assertEqual((errors, len(positions)), (1, len(loader) - delivered - 1))
                self.assertEqual(positions, sorted(positions))
                self.assertEqual(positions[0], delivered)  # it was on its way before
                self.assertEqual(sum(1 for _ in loader), len(loader))
                del loader, batches
                self.assert_nothing_is_left()

    def test_a_bad_sample_ahead_is_an_error_at_its_turn(self):
        with tempfile.TemporaryDirectory() as folder:
            for number in range(24):
                write_photo(pathlib.Path(folder) / "a" / f"{number:02}.ppm", 20, 20, number)
            (pathlib.Path(folder) / "a" / "09.ppm").write_bytes(b"P6\n20 20\n255\nshort")
            loader = slabring.DataLoader(slabring.ImageFolder(folder), batch_size=4, num_workers=2, transform=CROP, device=1, output="array")
            for _ in range(5):
                loader.set_epoch(0)
                batches = iter(loader)
                self.assertEqual([next(batches).position for _ in range(2)], [0, 1])
                self.assertEqual(loader.state_dict()["position"], 8)
                with self.assertRaisesRegex(slabring.SampleError, "09.ppm"):
                    next(batches)
                self.assertEqual(loader.state_dict()["position"], 12)
                self.assertEqual([batch.position for batch in batches], [3, 4, 5])
            loader.close()
        self.assert_nothing_is_left()

    def test_memory_of_the_device_is_bounded_and_used_again(self):
        loader = self.loader(device="cuda:1", output="array", batch_size=4)
        stream = self.cuda.fake_cuda_stream()
        for _ in range(20):
            kernels = [self.read(images, stream) for images, _ in loader]
            self.cuda.fake_cuda_finish(stream)
            self.assertEqual(len(kernels), len(loader))
        self.assertLessEqual(self.cuda.fake_cuda_count(b"cuMemAlloc"), 4)  # in the loop's hand, ahead, and one or two to be read from

    def test_the_smallest_ring_never_waits_for_itself(self):
        for options in ({"prefetch": 2}, {"prefetch": 2, "batch_size": 60}, {"prefetch": 2, "batch_size": 1}, {"num_workers": 0}):
            with self.subTest(options):
                loader = self.loader(device=1, output="array", **options)
                self.assertEqual([sum(batch.size for batch in loader) for _ in range(3)], [60] * 3)

    def test_capsules_and_interface_say_where_the_memory_is(self):
        images, labels = batch = next(iter(self.loader(device="cuda:1", output="array")))
        self.assertEqual((batch.size, len(images), images.shape, images.dtype, images.device), (8, 8, (8, 3, 16, 16), "uint8", 1))
        self.assertEqual((labels.shape, labels.dtype, labels.__dlpack_device__()), ((8,), "int64", (2, 1)))
        for stream in (None, 1, 2, -1, self.cuda.fake_cuda_stream()):
            capsule = images.__dlpack__(stream=stream)
            view = Capsule.of(capsule)
            self.assertEqual((view.device_type, view.device_id, view.ndim, view.code, view.bits, view.lanes), (2, 1, 4, 1, 8, 1))
            self.assertEqual((view.shape[:4], view.strides[:4]), ([8, 3, 16, 16], [768, 256, 16, 1]))
        self.assertIn('"dltensor_versioned"', repr(images.__dlpack__(stream=1, max_version=(1, 0))))
        interface = images.__cuda_array_interface__
        self.assertEqual((interface["shape"], interface["typestr"], interface["data"], interface["version"]),
                         ((8, 3, 16, 16), "|u1", (view.data, False), 3))
        self.assertNotIn(interface["stream"], (0, 1, 2))  # the copier's own
        for refused in ({"stream": 0}, {"dl_device": (1, 0)}, {"copy": True}):
            with self.assertRaises(BufferError):
                images.__dlpack__(**refused)
        with self.assertRaises(TypeError):
            memoryview(images)
        self.assertFalse(hasattr(images, "__array_interface__"))

    def test_the_ring_is_registered_until_the_loader_and_its_images_are_gone(self):
        for options in ({"pin_memory": True}, {"device": "cuda", "output": "array"}, {"device": 0, "output": "array"}):
            loader = self.loader(**options)
            stats = loader.stats()
            self.assertTrue(0 < stats.pinned_bytes <= stats.ring_bytes)
            self.assertEqual((stats.pin_failure, self.cuda.fake_cuda_registered_bytes()), ("", stats.pinned_bytes))
            next(iter(loader))
            loader.close()
            self.assertEqual(self.cuda.fake_cuda_registered_bytes(), 0)

    def test_without_a_driver_pinning_warns_once_and_a_device_is_an_error(self):
        os.environ["SLABRING_CUDA_DRIVER"] = "/no/such/libcuda.so"
        expected = [content(batch) for batch in self.loader()]
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            loader = self.loader(pin_memory=True)
            self.assertEqual([content(batch) for batch in loader], expected)
        self.assertEqual([warning.category for warning in caught], [RuntimeWarning])
        self.assertIn("/no/such/libcuda.so", loader.stats().pin_failure)
        self.assertEqual(loader.stats().pinned_bytes, 0)
        with self.assertRaisesRegex(slabring.Error, "/no/such/libcuda.so") as raised:
            self.loader(device="cuda", output="array")
        self.assertEqual(raised.exception.code, "device")

    def test_what_cannot_be_is_refused(self):
        for device, words in (("gpu", "cuda:N"), ("cuda:x", "cuda:N"), ("cuda:9", "device is 9.*shows 2")):
            with self.assertRaisesRegex((ValueError, slabring.Error), words):
                self.loader(device=device, output="array")
        with self.assertRaisesRegex(ValueError, "numpy has no memory of a GPU"):
            self.loader(device="cuda")

    def test_resume_counts_what_was_delivered(self):
        loader = self.loader(shuffle=True, device="cuda", output="array")
        batches = iter(loader)
        next(batches), next(batches)
        resumed = self.loader(shuffle=True)
        resumed.load_state_dict(loader.state_dict())
        self.assertEqual(next(iter(resumed)).position, 2)

    def test_device_memory_may_be_held_when_the_interpreter_ends(self):
        source = """
import sys, slabring
loader = slabring.DataLoader(slabring.ImageFolder(sys.argv[1]), batch_size=8, num_workers=2, device="cuda", output="array",
                             transform=slabring.transforms.RandomResizedCrop(16))
batch = next(iter(loader))
capsule = batch.images.__dlpack__()
"""
        program = run_program(source, self.folder)
        self.assertEqual((program.returncode, program.stdout, program.stderr), (0, "", ""))


if __name__ == "__main__":
    unittest.main()
