"""Datasets that are made of others."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Optional, TypeVar, Union

from slabring import _slabring
from slabring._python_samples import Mapped
from slabring._slabring import SampleFacts
from slabring.dataset import Dataset, PythonDataset
from slabring.transforms import Compose, TransformLike, compose

_Value = TypeVar("_Value")
OneOrMore = Union[_Value, Iterable[_Value]]


def _transform_of(parts: Sequence[Dataset], given: TransformLike) -> Optional[Compose]:
    """The given one, else the one that all parts have in common."""
    if given is not None:
        return compose(given)
    texts = {None if part.transform is None else part.transform.to_json() for part in parts}
    if len(texts) > 1:
        raise ValueError("the parts have different transforms, and the samples of a batch go through one; give transform= here, "
                         "or none to the parts")
    return parts[0].transform


def _checked(parts: Iterable[Dataset]) -> list[Dataset]:
    datasets = list(parts)
    for number, part in enumerate(datasets):
        if not isinstance(part, Dataset):
            raise TypeError(f"part {number} is a {type(part).__name__}; slabring combines its own datasets: wrap yours in PythonDataset")
    if not datasets:
        raise ValueError("there is nothing to combine: at least one dataset is needed")
    return datasets


class ConcatDataset(Dataset):
    """Several datasets one after the other, as torch's ConcatDataset.

    Class names are merged: the same name is the same class, numbered as in the first part that has it. Parts without class names
    keep their labels. ``transform``: for DataLoaders that are given none; otherwise the parts' own, if they have the same.

    Raises Error (``dataset``) for parts whose samples fit into no batch together, such as arrays beside images.
    """

    def __init__(self, datasets: Iterable[Dataset], transform: TransformLike = None) -> None:
        self.datasets = _checked(datasets)
        self.transform = _transform_of(self.datasets, transform)
        self._core = _slabring.concat([part._core for part in self.datasets])
        self._runs_python = any(part._runs_python for part in self.datasets)
        self._labelled = any(part._labelled for part in self.datasets)

    @property
    def cumulative_sizes(self) -> list[int]:
        """The first index behind each part."""
        ends, end = [], 0
        for part in self.datasets:
            end += len(part)
            ends.append(end)
        return ends

    def __repr__(self) -> str:
        return f"ConcatDataset({self.datasets!r}: {len(self)} samples)"


class Subset(Dataset):
    """Some samples of another dataset, in any order, as torch's Subset.

    ``indices``: of ``dataset``; a ``range`` of step 1 takes no memory, anything else 8 bytes each, once for all processes. Raises
    Error (``dataset``) when there are none, or one is beyond the end.
    """

    def __init__(self, dataset: Dataset, indices: Union[range, Iterable[int]], transform: TransformLike = None) -> None:
        self._take(dataset, _subset(_checked([dataset])[0], indices), transform)

    def _take(self, dataset: Dataset, core: _slabring.Dataset, transform: TransformLike) -> None:
        self.dataset = dataset
        self.transform = _transform_of([dataset], transform)
        self._core = core
        self._runs_python = dataset._runs_python
        self._labelled = dataset._labelled

    @classmethod
    def _from(cls, dataset: Dataset, core: _slabring.Dataset) -> Subset:
        subset = cls.__new__(cls)
        subset._take(dataset, core, None)
        return subset

    @property
    def indices(self) -> list[int]:
        """Of ``dataset``."""
        return _slabring.subset_ids(self._core)

    def __repr__(self) -> str:
        return f"Subset({self.dataset!r}: {len(self)} samples)"


def _subset(dataset: Dataset, indices: Union[range, Iterable[int]]) -> _slabring.Dataset:
    if isinstance(indices, range) and indices.step == 1 and indices.start >= 0 and len(indices) > 0:
        return _slabring.subset_range(dataset._core, indices.start, len(indices))
    return _slabring.subset(dataset._core, [int(index) for index in indices])


def random_split(dataset: Dataset, fractions: Sequence[float], seed: int = 0, *, stratified: bool = False) -> list[Subset]:
    """Parts of ``dataset`` that have no sample in common and together are all of it.

    Which sample is in which part is random, but a function of ``seed`` and the number of samples alone, so every run makes the same
    parts. In each, samples are in the order of the whole. ``fractions`` are 1 together. ``stratified``: each part gets its
    fraction of every label, to within one sample.
    """
    cores = _slabring.random_split(_checked([dataset])[0]._core, [float(fraction) for fraction in fractions], seed, stratified)
    return [Subset._from(dataset, core) for core in cores]


def filter(dataset: Dataset, predicate: Optional[Callable[[SampleFacts], object]] = None, *, label: OneOrMore[Union[int, str]] = (),
           class_name: OneOrMore[str] = (), name: OneOrMore[str] = ()) -> Subset:
    """The samples of ``dataset`` for which ``predicate(sample)`` is true, or of certain labels, classes or names; in its order.

    ``predicate`` is asked about each sample once, now, in this process; it decides by ``sample.index``, ``sample.label``,
    ``sample.class_name`` and ``sample.name`` (SampleFacts). The other arguments are faster, for datasets of millions: ``label`` a
    number or ``"0..9"``, ``class_name`` and ``name`` patterns as the shell's, each one or several of which one has to fit; a
    pattern of a name is compared with as many parts of the path as it has, from the end: ``"*.png"``, ``"cat/0*"``. What is
    given has to hold together.

    A sample whose label cannot be read stays, and becomes the fault that it is. Raises Error (``dataset``) when no sample is left, or
    there is no such class.
    """
    whole = _checked([dataset])[0]
    rules = [_texts(label), _texts(class_name), _texts(name)]
    if predicate is None and not any(rules):
        raise TypeError("there is nothing to filter by: give a predicate, or label=, class_name= or name=")
    if predicate is None:
        return Subset._from(whole, _slabring.filter_by_rules(whole._core, *rules))
    if any(rules):
        whole = Subset._from(whole, _slabring.filter_by_rules(whole._core, *rules))
    return Subset._from(whole, _slabring.filter_by_function(whole._core, predicate))


def _texts(values: OneOrMore[Union[int, str]]) -> list[str]:
    if isinstance(values, str) or not isinstance(values, Iterable):
        return [str(values)]
    return [str(value) for value in values]


class RelabelDataset(Dataset):
    """Another dataset with other labels, or other class names.

    ``labels``: a dict from labels to labels, or from class names to class names. Labels that are not in it stay. Of names the keys are
    patterns as the shell's, the first that fits counts, and classes that are called alike become one, numbered by the first of them:
    ``RelabelDataset(folder, {"cat": "pet", "dog": "pet", "*": "other"})``. Of numbers ``classes`` may give the new labels'
    names; without it the names follow their labels.

    Raises Error (``dataset``) when a pattern fits no class.
    """

    def __init__(self, dataset: Dataset, labels: Union[Mapping[int, int], Mapping[str, str]], classes: Optional[Sequence[str]] = None,
                 transform: TransformLike = None) -> None:
        self.dataset = _checked([dataset])[0]
        self.labels = dict(labels)
        self.transform = _transform_of([dataset], transform)
        self._core = _relabelled(dataset._core, self.labels, classes)
        self._runs_python = dataset._runs_python

    def __repr__(self) -> str:
        return f"RelabelDataset({self.dataset!r}, {self.labels!r})"


def _relabelled(whole: _slabring.Dataset, labels: dict[Any, Any], classes: Optional[Sequence[str]]) -> _slabring.Dataset:
    if not any(isinstance(key, str) for key in labels):
        return _slabring.relabel(whole, labels, None if classes is None else list(classes))
    if classes is not None:
        raise TypeError("classes= goes with a dict of numbers; a dict of class names gives the new names itself")
    return _slabring.rename_classes(whole, list(labels.items()))


def map(dataset: Union[PythonDataset, Any], function: Callable[[Any, int], Any], *, fingerprint: Optional[int] = None) -> PythonDataset:
    """A PythonDataset (or an object that could be one) whose samples go through ``function(image, label)`` when they are asked for, in
    the workers; it returns the new image, or ``(image, label)``.

    The workers get the function by pickle, so it has to be one that a module has under its name. It must depend on its arguments alone:
    leave what is random to the transform. ``fingerprint``: as of PythonDataset; without it that of ``dataset``.

    Raises TypeError for slabring's other datasets, which run no Python: give their pixels to functions in ``transform``, and their labels
    to RelabelDataset.
    """
    if isinstance(dataset, Dataset) and not isinstance(dataset, PythonDataset):
        raise TypeError(f"a {type(dataset).__name__} is read without Python; put the function into the transform, or change labels by "
                        "RelabelDataset")
    own = dataset if isinstance(dataset, PythonDataset) else PythonDataset(dataset)
    return PythonDataset(Mapped(own.dataset, function), own.transform, arrays=own._samples.form is not None, describe=own._described,
                         fingerprint=own._fingerprint if fingerprint is None else fingerprint)


class MixtureDataset(Dataset):
    """Draws from several datasets in proportion to ``weights`` (None: equal ones), as tf.data's sample_from_datasets: sample i is the
    i-th draw.

    Every draw is a function of (``seed``, i), found in constant time. Weights hold exactly in every 65,536 draws; each part is walked
    through in a permutation of its own (``shuffle=False``: in its order), so none of its samples comes again before all have
    come. ``draws``: the length, 0 for as many as all parts have together. For epochs of ``n`` draws that each go on where the one
    before left off, ask for many draws, and for ``DataLoader(..., sampler=Sampler.sequential().repeat(n))``.
    """

    def __init__(self, datasets: Iterable[Dataset], weights: Optional[Sequence[float]] = None, *, seed: int = 0, draws: int = 0,
                 shuffle: bool = True, transform: TransformLike = None) -> None:
        self.datasets = _checked(datasets)
        self.weights = [1.0] * len(self.datasets) if weights is None else [float(weight) for weight in weights]
        self.transform = _transform_of(self.datasets, transform)
        self._core = _slabring.mixture([part._core for part in self.datasets], self.weights, seed, draws, shuffle)
        self._runs_python = any(part._runs_python for part in self.datasets)
        self._labelled = any(part._labelled for part in self.datasets)

    def __repr__(self) -> str:
        return f"MixtureDataset({self.datasets!r}: {len(self)} draws)"


@dataclasses.dataclass(frozen=True)
class CacheStats:
    """What became of a cache so far, in all processes together."""

    limit_bytes: int
    used_bytes: int
    samples: int
    """That are kept."""
    not_kept: int
    """Times that a sample did not fit."""
    hits: int
    """Loads of samples that were there."""
    misses: int


class CachedDataset(Dataset):
    """Another dataset whose samples are kept in memory when they are first loaded: one cache for all workers, DataLoaders and epochs.
    What is delivered is the same with and without it.

    ``limit``: bytes of all memory that it takes, which is allocated now; raises Error (``memory``) when there is not so much. ``of``:
    ``"encoded"`` keeps image files as they are read, ``"decoded"`` their whole pixels, before any transform. It is filled once and
    nothing is thrown out.
    """

    def __init__(self, dataset: Dataset, limit: int, of: str = "encoded", transform: TransformLike = None) -> None:
        self.dataset = _checked([dataset])[0]
        self.transform = _transform_of([dataset], transform)
        self._core = _slabring.cached(dataset._core, limit, of)
        self._runs_python = dataset._runs_python
        self._labelled = dataset._labelled

    def stats(self) -> CacheStats:
        """Cheap."""
        return CacheStats(**_slabring.cache_stats(self._core))

    def __repr__(self) -> str:
        return f"CachedDataset({self.dataset!r})"
