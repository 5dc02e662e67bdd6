"""Samplers and ranks from Python."""

import unittest

import slabring
from slabring import Sampler
from support import PhotoTest


def rows(batch):
    return {int(number): (batch.images[row].tobytes(), int(batch.labels[row]))
            for row, number in enumerate(batch.ids) if batch.status[row] != slabring.Status.absent}


def ids(loader):
    return [[int(number) for number in batch.ids] for batch in loader]


class Ranks(PhotoTest):
    def collect(self, loaders):
        seen = {}
        for loader in loaders:
            for batch in loader:
                own = rows(batch)
                self.assertFalse(seen.keys() & own.keys(), "a sample on two ranks")
                seen.update(own)
        return seen

    def world(self, size, **options):
        return [self.loader(rank=rank, world=size, uneven="exact", shuffle=True, num_workers=0, **options) for rank in range(size)]

    def test_ranks_deliver_the_rows_of_a_single_process(self):
        alone = self.collect([self.loader(shuffle=True)])
        self.assertEqual(len(alone), 60)
        for size in (2, 3, 8):
            loaders = self.world(size)
            self.assertEqual(len({len(loader) for loader in loaders}), 1)
            self.assertEqual(self.collect(loaders), alone)

    def test_a_state_of_four_ranks_goes_on_with_three(self):
        alone = self.collect([self.loader(shuffle=True)])
        seen, states = {}, []
        for loader in self.world(4):
            seen.update(rows(next(iter(loader))))
            states.append(loader.state_dict())
        self.assertEqual(states, [states[0]] * 4)
        others = self.world(3)
        for loader in others:
            loader.load_state_dict(states[0])
        rest = self.collect(others)
        self.assertFalse(seen.keys() & rest.keys())
        self.assertEqual({**seen, **rest}, alone)

    def test_uneven_ends_are_marked_and_counted(self):
        loader = self.loader(rank=6, world=7, uneven="pad")
        status = [code for batch in loader for code in batch.status]
        self.assertEqual(status.count(slabring.Status.padded), 1)
        self.assertEqual(loader.stats().padded, 1)
        self.assertEqual((loader.stats().rank, loader.stats().world, loader.stats().rank_source), (6, 7, "options"))

    def test_ranks_of_one_model_get_the_same_batches(self):
        mesh = {"data": 2, "model": 2}
        delivered = [ids(self.loader(rank=rank, world=4, mesh=mesh, num_workers=0)) for rank in range(4)]
        self.assertEqual(delivered[0], delivered[1])
        self.assertEqual(delivered[2], delivered[3])
        self.assertNotEqual(delivered[0], delivered[2])


class Samplers(PhotoTest):
    def order(self, sampler, **options):
        return [number for batch in ids(self.loader(sampler=sampler, num_workers=0, **options)) for number in batch]

    def test_a_list_is_an_order(self):
        self.assertEqual(self.order([5, 3, 3, 59]), [5, 3, 3, 59])

    def test_each_kind_delivers_what_it_says(self):
        self.assertEqual(sorted(self.order(Sampler.random())), list(range(60)))
        self.assertEqual(len(self.order(Sampler.with_replacement(100))), 100)
        self.assertEqual(set(self.order(Sampler.weighted([0] * 59 + [1], draws=9))), {59})
        self.assertEqual(sorted(self.order(Sampler.subset(range(10)))), list(range(10)))
        self.assertEqual(len(self.order(Sampler.random().repeat(70))), 70)
        self.assertTrue(all(abs(place - number) <= 6 for place, number in enumerate(self.order(Sampler.window_shuffle(6)))))
        labels = [0] * 50 + [1] * 10
        drawn = [labels[number] for number in self.order(Sampler.class_balanced(labels, 80))]
        self.assertEqual((drawn.count(0), drawn.count(1)), (40, 40))

    def test_a_sample_that_occurs_again_is_augmented_anew(self):
        loader = self.loader(sampler=[7, 7, 7], num_workers=0)
        batch = next(iter(loader))
        self.assertEqual(len({batch.images[row].tobytes() for row in range(3)}), 3)

    def test_batches_are_those_listed(self):
        loader = self.loader(batch_size=1, batch_sampler=[[1, 2, 3], [9], [4, 5]], num_workers=0)
        self.assertEqual(ids(loader), [[1, 2, 3], [9], [4, 5]])

    def test_torchs_samplers_are_understood(self):
        try:
            from torch.utils.data import (RandomSampler, SequentialSampler, SubsetRandomSampler, WeightedRandomSampler)
            from torch.utils.data.distributed import DistributedSampler
        except ImportError:
            self.skipTest("torch is not installed")
        data = range(60)
        self.assertEqual(self.order(SequentialSampler(data)), list(data))
        self.assertEqual(sorted(self.order(RandomSampler(data))), list(data))
        self.assertEqual(sorted(self.order(SubsetRandomSampler([3, 1]))), [1, 3])
        self.assertEqual(self.order(WeightedRandomSampler([0.0] * 59 + [1.0], 2)), [59, 59])
        with self.assertRaisesRegex(ValueError, "rank= and world="):
            self.loader(sampler=DistributedSampler(data, 2, 0))

    def test_the_state_of_another_order_is_refused(self):
        state = self.loader(sampler=Sampler.subset(range(10))).state_dict()
        with self.assertRaisesRegex(slabring.Error, "its sampler is"):
            self.loader(sampler=Sampler.subset(range(11))).load_state_dict(state)


if __name__ == "__main__":
    unittest.main()
