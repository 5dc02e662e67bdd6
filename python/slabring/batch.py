"""What a DataLoader delivers."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, Optional, Tuple

from slabring import _slabring

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def _status_names() -> dict[str, int]:
    names: dict[str, int] = {}
    while (name := _slabring.status_name(len(names))) != "unknown":
        names[name] = len(names)
    return names


if TYPE_CHECKING:

    class Status(enum.IntEnum):
        """What became of a row: ``ok``, ``substituted``, ``padded``, or why it is zeroed. The names are in docs/failure-model.md."""

        ok = 0

else:
    Status = enum.IntEnum("Status", _status_names())
    Status.__doc__ = ("What became of a row: ``ok``, ``substituted``, ``padded``, or why it is zeroed. The names are in "
                      "docs/failure-model.md.")
    Status.__module__ = __name__


class Fault(NamedTuple):
    """One failed sample: which, why, and in words."""

    id: int
    status: Status
    source: str
    """What the dataset calls it: a path, as a rule."""
    message: str
    substitute: Optional[int]
    """The sample delivered in its place, with ``on_error="substitute"``."""

    @classmethod
    def _from(cls, fault: tuple[int, str, str, str, Optional[int]]) -> Fault:
        return cls(fault[0], Status[fault[1]], *fault[2:])


class Arrays(Tuple[Any, ...]):
    """Arrays of a batch, by number, or by name where they have one: ``arrays[0]``, ``arrays["mask"]``."""

    names: tuple[str, ...]
    """Of each; empty for one that has none."""

    @classmethod
    def _from(cls, arrays: Iterable[Any], names: tuple[str, ...]) -> Arrays:
        made = cls(arrays)
        made.names = names
        return made

    def __getitem__(self, which: Any) -> Any:
        if not isinstance(which, str):
            return super().__getitem__(which)
        if not which or which not in self.names:
            raise KeyError(f"{which!r} is none of the batch's arrays, which are called {list(self.names)}")
        return super().__getitem__(self.names.index(which))


class Batch(Tuple[Any, ...]):
    """``images, labels = batch``, and more about it. A batch of a TensorDataset, or of one of its parts, is its arrays in their
    order: ``images, labels, masks = batch``.

    ``images`` lie in the ring itself, ``[N, C, H, W]`` (or ``[N, H, W, C]``), writable; ``labels`` are int64 ``[N]``, -1
    where a sample has none or has failed. ``arrays`` lie there, too. The slab goes back to the workers when the images,
    the arrays and every view of them are gone, in whatever order and on whatever thread; they outlive the loader, too. All
    else is a small copy, so keeping labels or ids keeps no slab.
    """

    _delivered: _slabring.Delivered
    _convert: Callable[[Any], Any]
    _labels: Any
    _arrays: Arrays

    @classmethod
    def _from(cls, delivered: _slabring.Delivered, convert: Callable[[Any], Any], names: tuple[str, ...] = (),
              labelled: bool = True) -> Batch:
        labels = convert(delivered.labels)
        arrays = Arrays._from(map(convert, delivered.arrays), names)
        batch = cls((convert(delivered.images), *([labels] if labelled else []), *arrays))
        batch._delivered = delivered
        batch._convert = convert
        batch._labels = labels
        batch._arrays = arrays
        return batch

    @property
    def images(self) -> Any:
        """The pixels: uint8, float16 or float32."""
        return self[0]

    @property
    def labels(self) -> Any:
        """int64 ``[N]``."""
        return self._labels

    @property
    def arrays(self) -> Arrays:
        """What the samples have beside image and label, ``[N, ...]``, as it is in the dataset; zeros where a sample has failed. In
        the ring itself, as the images. ``arrays["mask"]`` is the one of that name."""
        return self._arrays

    @property
    def soft_labels(self) -> Any:
        """With MixUp or CutMix the share of each class, float32 ``[N, num_classes]``, on the host: what a loss over probabilities takes.
        ``labels`` are each row's own ones. None without."""
        soft = self._delivered.soft_labels
        return None if soft is None else self._convert(soft)

    @property
    def ids(self) -> Any:
        """The samples' numbers in the dataset, int64 ``[N]``."""
        return self._convert(self._delivered.ids)

    @property
    def status(self) -> Any:
        """A :class:`Status` for each row, int32 ``[N]``; all 0 as a rule."""
        return self._convert(self._delivered.status)

    @property
    def faults(self) -> list[Fault]:
        """The rows that failed, with reasons; empty as a rule, and always with ``on_error="raise"``."""
        return [Fault._from(fault) for fault in self._delivered.faults]

    @property
    def size(self) -> int:
        """Samples in it: the loader's batch size, or fewer in the last batch of an epoch."""
        return self._delivered.labels.shape[0]

    @property
    def epoch(self) -> int:
        return self._delivered.epoch

    @property
    def position(self) -> int:
        """Which batch of the epoch it is, from 0."""
        return self._delivered.position

    @property
    def array(self) -> _slabring.Array | _slabring.DeviceArray:
        """The images as :class:`Array`, for consumers of DLPack, the buffer protocol or ``__array_interface__``; with ``device`` as
        :class:`DeviceArray`."""
        return self._delivered.images

    def __repr__(self) -> str:
        images = self._delivered.images
        faults = len(self._delivered.faults)
        arrays = "".join(f", {array.dtype} array {list(array.shape)}" for array in self._delivered.arrays)
        return (f"Batch(epoch {self.epoch}, batch {self.position}: {images.dtype} images {list(images.shape)}, int64 labels "
                f"{list(self._delivered.labels.shape)}{arrays}{f', {faults} faults' if faults else ''})")

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Batch lies in shared memory that its loader reuses, so it cannot be pickled or deep-copied; "
                        "copy what you need: numpy.array(batch.images), numpy.array(batch.labels)")
