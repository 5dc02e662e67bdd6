"""Arguments, iteration, shapes, faults, resume."""

import base64
import io
import json
import os
import pathlib
import pickle
import struct
import subprocess
import tempfile
import unittest

import numpy
import slabring
from slabring import transforms as T
from support import CROP, PhotoTest, content, write_photo

try:
    import xxhash
except ImportError:
    xxhash = None


class Iteration(PhotoTest):
    def test_every_sample_is_delivered_once_with_its_label(self):
        loader = self.loader(shuffle=True)
        self.assertEqual(len(loader), 8)
        ids, labels = [], []
        for number, batch in enumerate(loader):
            self.assertEqual((batch.epoch, batch.position), (0, number))
            self.assertEqual(batch.size, len(batch.images))
            ids += batch.ids.tolist()
            labels += batch.labels.tolist()
        self.assertEqual(sorted(ids), list(range(60)))
        self.assertEqual(labels, [loader.dataset.label(i) for i in ids])

    def test_images_have_the_shape_type_and_layout_that_are_asked_for(self):
        batch = next(iter(self.loader()))
        self.assertEqual((batch.images.shape, batch.images.dtype), ((8, 3, 16, 16), numpy.uint8))
        self.assertEqual((batch.labels.dtype, batch.ids.dtype, batch.status.dtype), (numpy.int64, numpy.int64, numpy.int32))
        batch = next(iter(self.loader(dtype="float16", layout="nhwc")))
        self.assertEqual((batch.images.shape, batch.images.dtype), ((8, 16, 16, 3), numpy.float16))
        batch = next(iter(self.loader(dtype=numpy.float32)))
        self.assertEqual(batch.images.dtype, numpy.float32)
        self.assertTrue(0 <= batch.images.min() <= batch.images.max() <= 1)

    def test_mixed_batches_have_the_share_of_each_class(self):
        for mix in (T.MixUp(num_classes=3), T.CutMix(3, alpha=0.5), T.RandomChoice([T.MixUp(3), T.CutMix(3)])):
            loader = self.loader(transform=[T.RandomResizedCrop(16), mix], dtype="float32", shuffle=True)
            seen = []
            for batch in loader:
                soft = batch.soft_labels
                self.assertEqual((soft.shape, soft.dtype), ((batch.size, 3), numpy.float32))
                numpy.testing.assert_allclose(soft.sum(1), 1, rtol=1e-6)
                partners = numpy.roll(batch.labels, 1)
                others = [label not in (one, other) for one, other in zip(batch.labels, partners) for label in range(3)]
                self.assertFalse(soft.ravel()[others].any())
                seen.append(soft)
            self.assertEqual(loader.stats().held, 1)  # by `batch`, not by what was kept
            self.assertTrue(((numpy.concatenate(seen) > 0) & (numpy.concatenate(seen) < 1)).any())
        self.assertIsNone(next(iter(self.loader())).soft_labels)

    def test_drop_last_leaves_out_the_partial_batch(self):
        self.assertEqual([batch.size for batch in self.loader()], [8] * 7 + [4])
        self.assertEqual([batch.size for batch in self.loader(drop_last=True)], [8] * 7)

    def test_each_for_is_the_next_epoch_and_set_epoch_says_another(self):
        loader = self.loader(shuffle=True)
        epochs = [[content(batch) for batch in loader] for _ in range(3)]
        self.assertEqual(len({b"".join(epoch) for epoch in epochs}), 3)
        loader.set_epoch(1)
        self.assertEqual([content(batch) for batch in loader], epochs[1])
        self.assertEqual([content(batch) for batch in loader], epochs[2])

    def test_bytes_depend_on_no_worker_start_method_or_prefetch(self):
        expected = [content(batch) for batch in self.loader(shuffle=True, seed=3, num_workers=0)]
        for options in ({"num_workers": 1}, {"prefetch": 2}, {"multiprocessing_context": "spawn"}, {"prefetch_factor": 3}):
            with self.subTest(options):
                self.assertEqual([content(batch) for batch in self.loader(shuffle=True, seed=3, **options)], expected)
        self.assertNotEqual([content(batch) for batch in self.loader(shuffle=True, seed=4)], expected)

    def test_seed_may_come_from_a_generator(self):
        class Generator:
            def initial_seed(self):
                return 3

        self.assertEqual(self.loader(generator=Generator()).seed, 3)

    def test_without_workers_the_calling_thread_does_the_work(self):
        loader = self.loader(num_workers=0)
        self.assertEqual(len(list(map(content, loader))), 8)
        self.assertEqual((loader.stats().workers, loader.stats().coordinator_pid), (0, 0))


class Arguments(PhotoTest):
    def refused(self, *words, error=ValueError, **options):
        with self.assertRaises(error) as raised:
            self.loader(**options)
        for word in words:
            self.assertIn(word, str(raised.exception))
        return raised.exception

    def test_what_is_not_possible_is_refused_with_the_reason_and_the_alternative(self):
        self.refused("collate_fn", "nothing to collate", collate_fn=list)
        self.refused("sampler and shuffle", sampler=[1, 2], shuffle=True)
        self.refused("batch_sampler", "batch_size", batch_sampler=[[1]])
        self.refused("entry 1 is sample 99", sampler=[1, 99])
        self.refused("rank is 2 and world is 2", rank=2, world=2)
        self.refused("mesh is data=4", "world, which is 6", rank=0, world=6, mesh={"data": 4})
        self.refused("worker_init_fn", "seed=", worker_init_fn=print)
        self.refused("fork", "forkserver", multiprocessing_context="fork")
        self.refused("in_order", in_order=False)
        self.refused("batch_size is None", batch_size=None)
        self.refused("prefetch_factor", prefetch=4, prefetch_factor=2)
        self.refused("generator", seed=1, generator=object())
        self.refused("complex64", "bfloat16", dtype="torch.complex64")
        self.refused("numpy has no bfloat16", "torch", dtype="bfloat16")
        self.refused("output", "numpy, torch, array", output="jax")
        self.refused("on_error", "raise, mask, substitute", on_error="skip")

    def test_numbers_that_are_none_are_refused_with_the_name_of_the_argument(self):
        for name in ("batch_size", "num_workers", "prefetch", "attachable", "seed", "rank", "world"):
            for value in (8.0, "8"):
                self.refused(f"{name} is {value!r}", "whole number", error=TypeError, **{name: value})
        self.refused("seed is -1", seed=-1)
        self.refused("seed is", "2**64 - 1", seed=2**64)
        self.refused("entry 1 is sample -2", sampler=[3, -2])
        self.refused("entry 0 is sample -1", batch_size=1, batch_sampler=[[1], [-1]])
        loader = self.loader(batch_size=numpy.int64(8), seed=numpy.uint8(3))
        for epoch, error in ((1.5, TypeError), ("1", TypeError), (-1, ValueError), (2**64, ValueError)):
            with self.assertRaisesRegex(error, "epoch is"):
                loader.set_epoch(epoch)

    def test_values_that_the_library_refuses_name_option_and_value(self):
        self.assertEqual(self.refused("batch_size", "0", batch_size=0).code, "invalid_argument")
        self.refused("prefetch", "65", prefetch=65)
        self.refused("timeout", timeout=-1)
        self.refused("layout", "nchw, nhwc", layout="chwn")
        self.assertEqual(self.refused("Normalize", transform=T.Normalize([0.5], [0.5])).code, "pipeline")

    def test_a_dataset_of_another_library_is_refused(self):
        with self.assertRaisesRegex(TypeError, "ImageFolder"):
            slabring.DataLoader([1, 2, 3])

    def test_a_folder_that_is_missing_is_named(self):
        with self.assertRaisesRegex(slabring.Error, "/no/such/folder") as raised:
            slabring.ImageFolder("/no/such/folder")
        self.assertEqual(raised.exception.code, "dataset")

    def test_the_transform_may_belong_to_the_dataset(self):
        loader = slabring.DataLoader(slabring.ImageFolder(self.folder, CROP), batch_size=60, num_workers=0)
        self.assertEqual(next(iter(loader)).images.shape, (60, 3, 16, 16))
        with self.assertRaisesRegex(ValueError, "one of them"):
            slabring.DataLoader(loader.dataset, transform=CROP)

    def test_a_context_of_multiprocessing_is_taken(self):
        import multiprocessing

        self.loader(multiprocessing_context=multiprocessing.get_context("spawn"))
        self.refused("fork", multiprocessing_context=multiprocessing.get_context("fork"))


class Dataset(PhotoTest):
    def test_classes_and_labels_are_those_of_torchvision(self):
        folder = slabring.ImageFolder(pathlib.Path(self.folder))
        self.assertEqual(len(folder), 60)
        self.assertEqual(folder.class_to_idx, {"class0": 0, "class1": 1, "class2": 2})
        self.assertEqual(folder.targets, [0] * 20 + [1] * 20 + [2] * 20)
        self.assertTrue(folder.describe(20).endswith("class1/000.ppm"))
        with self.assertRaises(IndexError):
            folder.label(60)


class Source(PhotoTest):
    def test_a_manifest_gives_what_the_folder_gives(self):
        folder = slabring.ImageFolder(self.folder)
        with tempfile.TemporaryDirectory() as other:
            manifest = pathlib.Path(other) / "photos.csv"
            manifest.write_text("path,label\n" + "".join(
                f"{folder.describe(i)},{folder.classes[folder.label(i)]}\n" for i in range(len(folder))))
            source = slabring.Source(manifest)
            self.assertEqual(source.classes, folder.classes)
            self.assertRegex(repr(source), "photos.csv.*60 samples, 3 classes")
            options = {"batch_size": 7, "num_workers": 1, "shuffle": True, "seed": 5}
            streams = []
            for dataset in (source, folder):
                loader = slabring.DataLoader(dataset, transform=CROP, **options)
                self.addCleanup(loader.close)
                streams.append([content(batch) for batch in loader])
            self.assertEqual(*streams)

    def test_what_is_no_source_is_an_error(self):
        with self.assertRaisesRegex(slabring.Error, "no dataset kind is called \"floppies\""):
            slabring.Source("floppies:a")


class Faults(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        for number in range(8):
            write_photo(pathlib.Path(folder.name) / "a" / f"{number}.ppm", 20, 20, number)
        (pathlib.Path(folder.name) / "a" / "3.ppm").write_bytes(b"P6\n20 20\n255\nshort")

    def loader(self, **options):
        loader = slabring.DataLoader(slabring.ImageFolder(self.folder), batch_size=4, num_workers=1, transform=CROP, **options)
        self.addCleanup(loader.close)
        return loader

    def test_a_bad_file_raises_with_its_path_and_the_loop_may_go_on(self):
        batches = iter(self.loader())
        with self.assertRaisesRegex(slabring.SampleError, "3.ppm") as raised:
            next(batches)
        fault = raised.exception.fault
        self.assertEqual((fault.id, fault.status), (3, slabring.Status.truncated))
        self.assertEqual(next(batches).ids.tolist(), [4, 5, 6, 7])

    def test_mask_delivers_zeros_a_status_and_the_reason(self):
        batch = next(iter(self.loader(on_error="mask")))
        self.assertEqual(batch.status.tolist(), [0, 0, 0, slabring.Status.truncated])
        self.assertEqual((batch.labels.tolist(), batch.images[3].any()), ([0, 0, 0, -1], False))
        self.assertEqual([(fault.id, fault.status.name) for fault in batch.faults], [(3, "truncated")])
        self.assertIn("1 faults", repr(batch))


    def test_substitute_delivers_a_sound_sample_and_says_for_which(self):
        batch = next(iter(self.loader(on_error="substitute")))
        self.assertEqual(batch.status.tolist(), [0, 0, 0, slabring.Status.substituted])
        [fault] = batch.faults
        self.assertEqual((fault.id, fault.substitute), (3, batch.ids[3]))
        self.assertTrue(batch.images[3].any())


class Resume(PhotoTest):
    def test_another_loader_delivers_the_rest_of_the_epoch_byte_for_byte(self):
        first = self.loader(shuffle=True)
        expected = [content(batch) for _ in range(2) for batch in first]
        second = self.loader(shuffle=True)
        for batch in second:
            if batch.position == 2:
                break
        del batch
        state = json.loads(json.dumps(second.state_dict()))  # as it would lie in a checkpoint
        third = self.loader(shuffle=True, num_workers=1, prefetch=6)
        third.load_state_dict(state)
        self.assertEqual(third.next_epoch, 0)
        self.assertEqual([content(batch) for _ in range(2) for batch in third], expected[3:])

    def test_after_the_last_batch_it_is_the_start_of_the_next_epoch(self):
        loader = self.loader(shuffle=True)
        for _ in loader:
            pass
        other = self.loader(shuffle=True)
        other.load_state_dict(loader.state_dict())
        self.assertEqual(other.next_epoch, 1)
        self.assertEqual([content(batch) for batch in other], [content(batch) for batch in loader])

    def test_set_epoch_counts_and_that_of_the_resumed_epoch_changes_nothing(self):
        loader = self.loader(shuffle=True)
        loader.set_epoch(5)
        self.assertEqual((loader.state_dict()["epoch"], loader.state_dict()["position"]), (5, 0))
        next(iter(loader))
        state = loader.state_dict()
        self.assertEqual((state["epoch"], state["position"]), (5, loader.batch_size))
        loader.set_epoch(5)
        self.assertEqual(loader.state_dict()["position"], 0)
        loader.load_state_dict(state)
        loader.set_epoch(5)  # as `for epoch in range(start, end): loader.set_epoch(epoch)` does
        self.assertEqual((loader.state_dict()["epoch"], loader.state_dict()["position"]), (5, loader.batch_size))
        self.assertEqual(next(iter(loader)).position, 1)

    def test_the_state_of_another_run_is_refused_and_the_loader_goes_on(self):
        loader = self.loader(shuffle=True, seed=1)
        batches = iter(loader)
        next(batches)
        with self.assertRaisesRegex(slabring.Error, "seed is 2") as raised:
            loader.load_state_dict(self.loader(shuffle=True, seed=2).state_dict())
        self.assertEqual(raised.exception.code, "state")
        self.assertEqual(next(batches).position, 1)


class Preview(PhotoTest):
    def test_it_shows_the_first_images_of_the_next_epoch_and_disturbs_nothing(self):
        try:
            from PIL import Image
        except ImportError:
            self.skipTest("python3-pil is not there")
        loader = self.loader(shuffle=True, layout="nhwc")
        batches = iter(loader)
        next(batches)
        preview = loader.preview(count=5, columns=2)
        self.assertEqual(next(batches).position, 1)
        sheet = numpy.asarray(Image.open(io.BytesIO(preview._repr_png_())))
        self.assertEqual(sheet.shape, (3 * 16 + 2 * 2, 2 * 16 + 2, 3))
        batch = next(iter(loader))
        places = [(18 * (number // 2), 18 * (number % 2)) for number in range(5)]
        for number, (y, x) in enumerate(places):
            self.assertTrue((sheet[y:y + 16, x:x + 16] == batch.images[number]).all())
        self.assertTrue((sheet[16:18] == 255).all() and (sheet[36:, 18:] == 255).all())
        self.assertEqual(preview.labels, [f"class{label}" for label in batch.labels[:5]])

    def test_a_notebook_gets_a_picture_with_the_classes_under_it(self):
        preview = self.loader().preview(2)
        html = preview._repr_html_()
        self.assertIn("data:image/png;base64," + base64.b64encode(preview.png).decode(), html)
        self.assertIn("<figcaption>class0, class0</figcaption>", html)

    def test_normalized_and_gray_images_can_be_seen_too(self):
        for transform in (T.train(16), T.Compose([T.CenterCrop(16), T.Grayscale()])):
            self.assertIn("60 images", repr(self.loader(transform=transform).preview(100)))
        for options, words in (({"count": 0}, "count is 0"), ({"columns": 0}, "columns is 0")):
            with self.assertRaisesRegex(ValueError, words):
                self.loader().preview(**options)

    def sheet(self, preview):
        try:
            from PIL import Image
        except ImportError:
            self.skipTest("python3-pil is not there")
        return numpy.asarray(Image.open(io.BytesIO(preview.png)))

    def test_arrays_are_shown_whatever_their_type_and_the_order_of_their_axes(self):
        gray = numpy.random.default_rng(1).integers(0, 256, (6, 9, 10), numpy.uint8)
        colour = numpy.random.default_rng(2).integers(0, 256, (6, 3, 9, 10), numpy.uint8)
        last = colour.transpose(0, 2, 3, 1)
        mean, std = numpy.array([0.5, 0.4, 0.3])[:, None, None], numpy.array([0.2, 0.3, 0.4])[:, None, None]
        for samples, options, expected in ((gray, {}, gray), (gray.astype("int64"), {}, gray), (colour, {}, last), (last.copy(), {}, last),
                                           (colour.astype("float32") / 255, {}, last), (colour.astype("float64"), {}, last),
                                           (((colour / 255 - mean) / std).astype("float32"),
                                            {"mean": mean.ravel(), "std": std.ravel()}, last)):
            with self.subTest(samples.dtype, shape=samples.shape, options=options):
                loader = slabring.DataLoader(slabring.TensorDataset(samples, numpy.arange(6)), batch_size=2, num_workers=0)
                preview = loader.preview(6, columns=1, **options)
                self.assertEqual(preview.labels, list("012345"))
                for number, image in enumerate(expected):
                    numpy.testing.assert_array_equal(self.sheet(preview)[number * 11:number * 11 + 9], image)

    def test_files_of_arrays_and_what_a_transform_makes_of_arrays_are_shown(self):
        pixels = numpy.random.default_rng(1).integers(0, 256, (6, 9, 10), numpy.uint8)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "images.npy")
            numpy.save(path, pixels)
            for options in ({}, {"transform": [T.ToTensor(), T.Normalize([0.5], [0.5])]}, {"transform": [T.ToTensor()]}):
                sheet = self.sheet(slabring.DataLoader(slabring.TensorDataset(path), num_workers=0, **options).preview(6, columns=1))
                numpy.testing.assert_array_equal(sheet[:9], pixels[0])
            floats = os.path.join(folder, "floats.npy")
            numpy.save(floats, pixels.astype("float32"))
            loader = slabring.DataLoader(slabring.TensorDataset(floats), num_workers=0, transform=[T.Standardize()])
            numpy.testing.assert_array_equal(self.sheet(loader.preview(6, columns=1))[:9], pixels[0])

    def test_mnist_and_cifar_are_shown_with_their_classes(self):
        random = numpy.random.default_rng(3)
        digits, colour = random.integers(0, 256, (4, 28, 28), numpy.uint8), random.integers(0, 256, (4, 3, 32, 32), numpy.uint8)
        records = b"".join(bytes([label]) + image.tobytes() for label, image in enumerate(colour))
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "train-images-idx3-ubyte").write_bytes(struct.pack(">4I", 2051, 4, 28, 28) + digits.tobytes())
            (folder / "train-labels-idx1-ubyte").write_bytes(struct.pack(">2I", 2049, 4) + bytes(range(4)))
            for number in range(1, 6):
                (folder / f"data_batch_{number}.bin").write_bytes(records)
            (folder / "batches.meta.txt").write_text("airplane\nautomobile\nbird\ncat\n")
            for source, images, labels in (("mnist", digits, ["0", "1", "2", "3"]),
                                           ("cifar", colour.transpose(0, 2, 3, 1), ["airplane", "automobile", "bird", "cat"])):
                preview = slabring.DataLoader(slabring.Source(f"{source}:{name}"), num_workers=0).preview(4, columns=1)
                self.assertEqual(preview.labels, labels)
                side = images.shape[1]
                for number, image in enumerate(images):
                    numpy.testing.assert_array_equal(self.sheet(preview)[number * (side + 2):][:side], image)

    def test_values_out_of_range_are_stretched_and_what_is_no_image_is_an_error(self):
        values = numpy.linspace(-3, 3, 2 * 4 * 4, dtype="float32").reshape(2, 4, 4)
        sheet = self.sheet(slabring.DataLoader(slabring.TensorDataset(values), num_workers=0).preview(2, columns=1))
        self.assertEqual((sheet[0, 0], sheet[-1, -1], (numpy.diff(sheet[:4].ravel().astype(int)) > 0).all()), (0, 255, True))
        for samples in (numpy.zeros((4, 7), "float32"), numpy.zeros((4, 5, 9, 9), "uint8"), numpy.zeros((4, 2, 3, 9, 9), "uint8")):
            with self.assertRaisesRegex(ValueError, r"no images that can be shown"):
                slabring.DataLoader(slabring.TensorDataset(samples), num_workers=0).preview()

    def test_a_batch_in_hand_is_shown_as_it_was_before_it_was_normalised(self):
        mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
        loader = self.loader(transform=[T.CenterCrop(16), T.ToTensor(), T.Normalize(mean, std)])
        expected = loader.preview(8)
        images, labels = batch = next(iter(loader))
        outputs = [images, batch.array]
        try:
            import torch
            outputs.append(torch.from_dlpack(batch.array))
        except ImportError:
            pass
        for output in outputs:
            self.assertEqual(slabring.Preview.of(output, labels, mean=mean, std=std).png, expected.png)
        half = next(iter(self.loader(transform=[T.CenterCrop(16)], dtype="bfloat16", output="array")))
        self.assertLessEqual(numpy.abs(self.sheet(slabring.Preview.of(half.images)).astype(int) - self.sheet(expected)).max(), 1)


class Words(PhotoTest):
    def test_repr_says_what_it_is(self):
        loader = self.loader(shuffle=True)
        self.assertRegex(repr(loader), r"DataLoader\(ImageFolder\(.*60 images, 3 classes.*batch_size=8.*RandomResizedCrop")
        self.assertEqual(repr(next(iter(loader))), "Batch(epoch 0, batch 0: uint8 images [8, 3, 16, 16], int64 labels [8])")

    def test_pickling_is_refused_with_the_reason(self):
        loader = self.loader()
        with self.assertRaisesRegex(TypeError, "state_dict"):
            pickle.dumps(loader)
        with self.assertRaisesRegex(TypeError, "numpy.array"):
            pickle.dumps(next(iter(loader)))


@unittest.skipIf(xxhash is None, "python3-xxhash is not there")
@unittest.skipUnless("SLABRING_COMMAND" in os.environ, "SLABRING_COMMAND does not name the command slabring")
class Digest(PhotoTest):
    def of_command(self, *options):
        command = [os.environ["SLABRING_COMMAND"], "digest", self.folder, "--batch", "8", *options]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[1]

    @staticmethod
    def of_stream(loader, epochs=1):
        digest = xxhash.xxh3_128()
        for _ in range(epochs):
            for batch in loader:
                digest.update(content(batch))
        return digest.hexdigest()

    def test_is_that_of_the_command(self):
        train = self.loader(transform=T.train(32, normalize=False), shuffle=True, seed=7)
        self.assertEqual(self.of_stream(train, 2), self.of_command("--size", "32", "--seed", "7", "--epochs", "2"))
        val = self.loader(transform=T.val(32), dtype="float16", layout="nhwc")
        self.assertEqual(self.of_stream(val), self.of_command("--pipeline", "val", "--size", "32", "--dtype", "f16", "--layout",
                                                              "nhwc"))


if __name__ == "__main__":
    unittest.main()
