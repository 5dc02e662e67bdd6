"""device="cuda" and pin_memory, over a driver without a GPU (tests/support/fake_cuda.cpp), which does all as late as it may."""

import ctypes
import os
import unittest
import warnings

import slabring
from support import PhotoTest, content, run_program

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
        for name, result in (("mistakes", ctypes.c_char_p), ("registered_bytes", ctypes.c_size_t), ("stream", ctypes.c_size_t)):
            getattr(self.cuda, f"fake_cuda_{name}").restype = result
        self.cuda.fake_cuda_read.argtypes = [ctypes.c_size_t, ctypes.c_uint64, ctypes.c_size_t, ctypes.c_void_p]
        self.cuda.fake_cuda_finish.argtypes = [ctypes.c_size_t]
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
