"""Which samples make up an epoch, in which order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Optional, Union

from slabring import _slabring


def _ids(given: Iterable[int]) -> list[int]:
    numbers = [int(number) for number in given]
    for place, number in enumerate(numbers):
        if number < 0:
            raise ValueError(f"entry {place} is sample {number}; samples are numbered from 0")
    return numbers


class Sampler:
    """Which samples make up an epoch, and in which order; immutable. Made by one of the functions below.

    Every order is a function of (seed, epoch, position), the same for any number of ranks and workers. What is computed keeps no
    list; what needs a table (``weighted``, ``class_balanced``, ``subset``, ``order``, ``batches``) builds it once. A sample that
    occurs more than once in an epoch is augmented differently each time.

    Raises InvalidArgument that names the value; what only the dataset can tell, DataLoader raises.
    """

    def __init__(self, core: _slabring.Sampler) -> None:
        self._core = core

    @classmethod
    def sequential(cls) -> Sampler:
        """The order of the dataset: what a DataLoader does without ``shuffle``."""
        return cls(_slabring.Sampler.sequential())

    @classmethod
    def random(cls) -> Sampler:
        """Each sample once, permuted anew each epoch: ``shuffle=True``."""
        return cls(_slabring.Sampler.random())

    @classmethod
    def with_replacement(cls, draws: Optional[int] = None) -> Sampler:
        """``draws`` samples (None: as many as there are), each time any of them."""
        return cls(_slabring.Sampler.with_replacement(draws or 0))

    @classmethod
    def weighted(cls, weights: Iterable[float], draws: Optional[int] = None, replacement: bool = True) -> Sampler:
        """``draws`` samples (None: as many as there are weights) with chances in proportion to ``weights``, one for each sample of
        the dataset."""
        return cls(_slabring.Sampler.weighted([float(weight) for weight in weights], replacement, draws or 0))

    @classmethod
    def class_balanced(cls, labels: Iterable[int], draws: Optional[int] = None) -> Sampler:
        """``draws`` samples (None: as many as there are labels), as many of each class to within one. ``labels``: one for each
        sample of the dataset, such as ``dataset.targets``."""
        return cls(_slabring.Sampler.class_balanced([int(label) for label in labels], draws or 0))

    @classmethod
    def subset(cls, ids: Iterable[int], shuffle: bool = True) -> Sampler:
        """These samples, permuted anew each epoch or as given."""
        return cls(_slabring.Sampler.subset(_ids(ids), shuffle))

    @classmethod
    def order(cls, ids: Iterable[int]) -> Sampler:
        """Exactly this order, in every epoch; as long as the dataset."""
        return cls(_slabring.Sampler.order(_ids(ids)))

    @classmethod
    def batches(cls, batches: Iterable[Iterable[int]]) -> Sampler:
        """Exactly these batches, in every epoch. Ranks take whole ones in turn."""
        return cls(_slabring.Sampler.batches([_ids(batch) for batch in batches]))

    @classmethod
    def window_shuffle(cls, window: int) -> Sampler:
        """Each sample once, none further than ``window`` places from its own: for data that must be read nearly in order."""
        return cls(_slabring.Sampler.window_shuffle(window))

    def repeat(self, length: int) -> Sampler:
        """This order over and over, cut into epochs of ``length`` samples."""
        return type(self)(self._core.repeat(length))

    def __repr__(self) -> str:
        return f"Sampler({self._core.description})"


SamplerLike = Union[Sampler, Iterable[int], None]


def sampler_of(given: SamplerLike) -> Optional[Sampler]:
    """What DataLoader takes as ``sampler``: ours, torch's own ones, or any list of sample numbers."""
    if given is None or isinstance(given, Sampler):
        return given
    torch_sampler = _from_torch(given)
    if torch_sampler is not None:
        return torch_sampler
    return Sampler.subset(given, shuffle=False)


def _from_torch(given: Any) -> Optional[Sampler]:
    kind = type(given)
    if not kind.__module__.startswith("torch.utils.data"):
        return None
    if kind.__name__ == "SequentialSampler":
        return Sampler.sequential()
    if kind.__name__ == "RandomSampler":
        return Sampler.with_replacement(given.num_samples) if given.replacement else Sampler.random()
    if kind.__name__ == "SubsetRandomSampler":
        return Sampler.subset(given.indices)
    if kind.__name__ == "WeightedRandomSampler":
        return Sampler.weighted(given.weights.tolist(), given.num_samples, given.replacement)
    raise ValueError(f"sampler is torch's {kind.__name__}; ranks are divided by the loader: leave it out and use rank= and world=, "
                     "or ranks_from_environment=True")


def batches_of(given: Union[Sampler, Iterable[Iterable[int]]]) -> tuple[Sampler, int]:
    """What DataLoader takes as ``batch_sampler``: its sampler, and the largest batch."""
    lists: Sequence[list[int]] = [_ids(batch) for batch in given]  # type: ignore[union-attr]
    return Sampler.batches(lists), max((len(batch) for batch in lists), default=1)
