"""Datasets that are made of others."""

import dataclasses
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import slabring
from support import CROP, PhotoTest, content, environment, run_program


class Combinations(PhotoTest):
    def loader_of(self, dataset, **options):
        loader = slabring.DataLoader(dataset, **{"batch_size": 8, "num_workers": 2, "transform": CROP, **options})
        self.addCleanup(loader.close)
        return loader

    def labels_of(self, dataset):
        return [label for batch in self.loader_of(dataset) for label in batch.labels.tolist()]

    def test_concatenation_merges_classes_by_name(self):
        folder = slabring.ImageFolder(self.folder)
        middle = slabring.ImageFolder(os.path.join(self.folder, "class1"))
        both = slabring.ConcatDataset([folder, middle])
        self.assertEqual((len(both), both.cumulative_sizes, both.classes), (80, [60, 80], folder.classes))
        self.assertEqual(self.labels_of(both), folder.targets + [-1] * 20)
        self.assertEqual(both.describe(60), middle.describe(0))

    def test_subsets_are_lists_or_ranges(self):
        folder = slabring.ImageFolder(self.folder, transform=CROP)
        picked = slabring.Subset(folder, [5, 59, 5])
        self.assertEqual((picked.indices, picked.describe(1)), ([5, 59, 5], folder.describe(59)))
        self.assertEqual(slabring.Subset(folder, range(10, 20)).indices, list(range(10, 20)))
        self.assertIs(picked.transform, folder.transform)
        for indices in ([60], [], range(50, 70)):
            with self.assertRaises(slabring.Error):
                slabring.Subset(folder, indices)

    def test_split_is_disjoint_complete_and_the_same_in_every_process(self):
        folder = slabring.ImageFolder(self.folder)
        train, val = slabring.random_split(folder, [0.75, 0.25], seed=5, stratified=True)
        self.assertEqual(sorted(train.indices + val.indices), list(range(60)))
        self.assertEqual([self.labels_of(val).count(label) for label in range(3)], [5, 5, 5])
        program = ("import sys, slabring\n"
                   "print(slabring.random_split(slabring.ImageFolder(sys.argv[1]), [0.75, 0.25], 5, stratified=True)[1].indices)")
        self.assertEqual(run_program(program, self.folder).stdout.strip(), str(val.indices))

    def test_a_dataset_of_ones_own_may_be_a_part_of_it(self):
        program = """
import sys, slabring
from slabring import transforms as T

class Own:
    def __len__(self):
        return 4
    def __getitem__(self, index):
        return bytes(b"P6\\n20 20\\n255\\n" + bytes([index]) * 1200), index

if __name__ == "__main__":
    own = slabring.PythonDataset(Own())
    both = slabring.ConcatDataset([slabring.Subset(own, [3, 1]), slabring.ImageFolder(sys.argv[1])])
    loader = slabring.DataLoader(both, batch_size=62, num_workers=2, transform=T.CenterCrop(16))
    for batch in loader:
        print(batch.labels.tolist()[:3], batch.images[0].max(), batch.images[1].max())
"""
        with tempfile.TemporaryDirectory() as place:
            script = pathlib.Path(place) / "own.py"  # workers import it
            script.write_text(program)
            done = subprocess.run([sys.executable, script, self.folder], env=environment(), capture_output=True, text=True, timeout=60)
        self.assertEqual(done.stdout.strip(), "[3, 1, 0] 3 1", done.stderr)

    def test_a_cache_changes_nothing_that_is_delivered_and_counts(self):
        folder = slabring.ImageFolder(self.folder)
        expected = [content(batch) for loader in [self.loader_of(folder, shuffle=True)] for _ in range(2) for batch in loader]
        for of in ("encoded", "decoded"):
            cached = slabring.CachedDataset(folder, 8 << 20, of)
            loader = self.loader_of(cached, shuffle=True)
            self.assertEqual([content(batch) for _ in range(2) for batch in loader], expected)
            stats = cached.stats()
            self.assertEqual((stats.samples, stats.not_kept, stats.limit_bytes), (60, 0, 8 << 20))
            self.assertGreaterEqual(stats.hits, 60)
            of_loader = loader.stats().cache
            self.assertEqual(dataclasses.replace(of_loader, hits=0), dataclasses.replace(stats, hits=0))
            # Workers are at the third pass already.
            self.assertLessEqual(stats.hits, of_loader.hits)
            self.assertLessEqual(of_loader.hits, cached.stats().hits)
        self.assertIsNone(self.loader_of(folder).stats().cache)
        with self.assertRaisesRegex(slabring.Error, "does not fit"):
            slabring.CachedDataset(folder, 1 << 50)

    def test_a_mixture_draws_in_proportion(self):
        folder = slabring.ImageFolder(self.folder)
        mixture = slabring.MixtureDataset([folder, slabring.Subset(folder, [0])], [3, 1], seed=1, draws=400)
        labels = [mixture.describe(i) for i in range(400)]
        self.assertTrue(70 <= labels.count(folder.describe(0)) <= 140)
        self.assertEqual(len(self.labels_of(mixture)), 400)

    def test_filters_are_functions_or_words(self):
        folder = slabring.ImageFolder(self.folder)
        some = slabring.filter(folder, lambda sample: sample.label == 1 and sample.index % 2 == 0)
        self.assertEqual(some.indices, [i for i in range(0, 60, 2) if folder.targets[i] == 1])
        self.assertEqual(self.labels_of(some), [1] * len(some))
        seen = []
        slabring.filter(folder, lambda sample: seen.append(sample) or True)
        self.assertEqual((seen[59].name, seen[59].class_name), (folder.describe(59), folder.classes[2]), "it may be kept")
        for words in ({"label": 1}, {"label": "1"}, {"class_name": ["class1"]}, {"class_name": "*1"}, {"name": "class1/*"}):
            self.assertEqual(slabring.filter(folder, **words).indices, [i for i, label in enumerate(folder.targets) if label == 1], words)
        both = slabring.filter(folder, lambda sample: sample.index < 5, label="0..1")
        self.assertEqual((len(both), both.describe(0)), (5, folder.describe(0)))

    def test_what_a_predicate_raises_is_raised(self):
        folder = slabring.ImageFolder(self.folder)
        with self.assertRaises(ZeroDivisionError):
            slabring.filter(folder, lambda sample: 1 / sample.label)
        with self.assertRaisesRegex(slabring.Error, "none of the 60 samples"):
            slabring.filter(folder, lambda sample: False)
        with self.assertRaisesRegex(slabring.Error, 'no class is like "cat"'):
            slabring.filter(folder, class_name="cat")
        with self.assertRaisesRegex(TypeError, "nothing to filter by"):
            slabring.filter(folder)

    def test_labels_are_changed_by_a_dict(self):
        folder = slabring.ImageFolder(self.folder)
        first, second, third = folder.classes
        merged = slabring.RelabelDataset(folder, {first: "one", "*": "other"})
        self.assertEqual(merged.classes, ["one", "other"])
        self.assertEqual(self.labels_of(merged), [min(label, 1) for label in folder.targets])
        numbers = slabring.RelabelDataset(folder, {2: 0})
        self.assertEqual((numbers.classes, self.labels_of(numbers)), ([first, second], [label % 2 for label in folder.targets]))
        self.assertEqual(slabring.RelabelDataset(folder, {2: 0}, ["a", "b"]).classes, ["a", "b"])
        with self.assertRaisesRegex(TypeError, "gives the new names itself"):
            slabring.RelabelDataset(folder, {third: first}, ["a"])

    def test_a_dataset_of_ones_own_is_mapped_in_the_workers(self):
        program = """
import slabring
from slabring import transforms as T

class Own:
    classes = ["even", "odd"]
    def __len__(self):
        return 4
    def __getitem__(self, index):
        return bytes(b"P6\\n20 20\\n255\\n" + bytes([index]) * 1200), index % 2

def brighter(image, label):
    return image[:13] + bytes(byte + 100 for byte in image[13:])

def turned(image, label):
    return image, 1 - label

if __name__ == "__main__":
    own = slabring.map(slabring.map(Own(), brighter), turned)
    print(own.classes)
    for batch in slabring.DataLoader(own, batch_size=4, num_workers=2, transform=T.CenterCrop(16)):
        print(batch.labels.tolist(), [int(image.max()) for image in batch.images])
"""
        with tempfile.TemporaryDirectory() as place:
            script = pathlib.Path(place) / "own.py"  # workers import it
            script.write_text(program)
            done = subprocess.run([sys.executable, script], env=environment(), capture_output=True, text=True, timeout=60)
        self.assertEqual(done.stdout.splitlines(), ["['even', 'odd']", "[1, 0, 1, 0] [100, 101, 102, 103]"], done.stderr)
        with self.assertRaisesRegex(TypeError, "ImageFolder is read without Python"):
            slabring.map(slabring.ImageFolder(self.folder), lambda image, label: image)

    def test_what_cannot_be_combined_is_refused(self):
        folder = slabring.ImageFolder(self.folder)
        with self.assertRaisesRegex(TypeError, "wrap yours in PythonDataset"):
            slabring.ConcatDataset([folder, [1, 2]])
        with self.assertRaisesRegex(ValueError, "different transforms"):
            slabring.ConcatDataset([folder, slabring.ImageFolder(self.folder, transform=CROP)])
        with self.assertRaisesRegex(slabring.InvalidArgument, "0.9 together"):
            slabring.random_split(folder, [0.5, 0.4])


if __name__ == "__main__":
    unittest.main()
