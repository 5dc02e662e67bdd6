"""Which samples there are."""

from __future__ import annotations

import io
import multiprocessing.reduction
import multiprocessing.spawn
import os
import pathlib
import pickle
import subprocess
import sys
import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Optional, Union

from slabring import _slabring
from slabring._python_samples import Samples, contiguous, form_of_array
from slabring.transforms import Compose, TransformLike, compose


class Dataset:
    """What a DataLoader can load; made by one of the classes below."""

    _core: _slabring.Dataset
    _runs_python: bool = False  # in the workers
    _labelled: bool = True  # a batch unpacks into images, labels and whatever else there is; else labels are left out
    transform: Optional[Compose] = None

    def __len__(self) -> int:
        return len(self._core)

    @property
    def classes(self) -> list[str]:
        """Class names by label; empty when labels have none."""
        return self._core.classes()

    def describe(self, index: int) -> str:
        """What messages call a sample: its path, as a rule. Raises IndexError."""
        return self._core.describe(index)


class PythonDataset(Dataset):
    """Your own dataset, an object with ``__len__`` and ``__getitem__``, read by workers that run Python.

    ``dataset[index]`` returns an image, or ``(image, label)``; the image is one of

    - a path (``str`` or ``os.PathLike``), or the ``bytes`` of an image file: decoded by slabring, with all that it does
      faster;
    - ``uint8`` pixels, (height, width) or (height, width, channels): a numpy array or what becomes one without a copy;
    - a Pillow image.

    With ``arrays=True`` the samples are arrays instead, of any of numpy's numbers and any shape, all as ``dataset[0]`` is, which
    is asked for now; tensors of torch on the CPU do as well. Batches hold them as they are, or converted to ``dtype``.

    ``transform`` is applied to it as to any other image. ``describe(index)``: what messages call a sample. ``fingerprint``: a
    number that changes when the data does, for ``load_state_dict``; without it only the length is compared. A ``classes``
    attribute is taken over.

    Each worker is a fresh interpreter (start method ``spawn``), gets the dataset by pickle, and imports the main module as
    ``multiprocessing`` does: a script needs ``if __name__ == "__main__":``. What the dataset prints to standard output
    is not shown. The guarantees are those of other datasets (the same bytes whatever the workers, nothing lost when one
    is killed) as long as ``dataset[index]`` depends on the index alone: leave what is random to ``transform``. An exception is
    a fault of its sample. There is no sandbox.

    Raises TypeError when it has no length or no items, and what pickle raises for it.
    """

    _core: _slabring.PythonDataset
    _runs_python = True

    def __init__(self, dataset: Any, transform: TransformLike = None, *, arrays: bool = False,
                 describe: Optional[Callable[[int], str]] = None, fingerprint: Optional[int] = None) -> None:
        for method in ("__len__", "__getitem__"):
            if not hasattr(dataset, method):
                raise TypeError(f"{type(dataset).__name__} has no {method}; samples are read by their index, in any order")
        self.dataset = dataset
        self.transform = None if transform is None else compose(transform)
        self._described = describe
        self._fingerprint = fingerprint
        self._samples = Samples(dataset, arrays)
        payload = _payload_of(self._samples, [])
        weakref.finalize(self, payload.close)
        mark = len(dataset) if fingerprint is None else fingerprint
        self._core = _slabring.PythonDataset(len(dataset), self._samples, describe,
                                             [str(name) for name in getattr(dataset, "classes", [])], mark % 2**64,
                                             self._samples.form, _worker_command(), payload.fileno())

    def __repr__(self) -> str:
        return f"PythonDataset({self.dataset!r}: {len(self)} samples)"


def _worker_command() -> list[str]:
    here = str(pathlib.Path(__file__).parents[1])  # this very package, wherever it was found
    return [sys.executable, *subprocess._args_from_interpreter_flags(),  # type: ignore[attr-defined]
            "-c", f"import sys; sys.path.insert(0, {here!r}); from slabring._worker import main; main()"]


def _payload_of(samples: Optional[Samples], functions: list[Callable[..., Any]]) -> io.FileIO:
    """What a worker makes the samples from: first what makes it able to, then the samples and the pipeline's functions."""
    text = io.BytesIO()
    preparation = multiprocessing.spawn.get_preparation_data("slabring-worker")
    preparation.pop("authkey", None)  # is for connections of multiprocessing's own, and not to be written down
    pickle.dump(preparation, text)
    multiprocessing.reduction.ForkingPickler(text, pickle.HIGHEST_PROTOCOL).dump((samples, functions))
    data = memoryview(text.getbuffer())
    file = io.FileIO(os.memfd_create("slabring-dataset"), "r+")
    while len(data) > 0:
        data = data[file.write(data):]
    return file


def _objects_of(dataset: Any) -> Iterator[Any]:
    """The user's own, in a dataset and its parts."""
    if not isinstance(dataset, Dataset):
        yield dataset
        return
    for part in (*getattr(dataset, "datasets", ()), getattr(dataset, "dataset", None)):
        if part is not None:
            yield from _objects_of(part)


def check_workers_can_import(dataset: Dataset, functions: list[Callable[..., Any]]) -> None:
    """Raises TypeError for what was written at a prompt, in a notebook or after ``python -c``: no other process can import that."""
    main = sys.modules["__main__"]
    if hasattr(main, "__file__") or getattr(main, "__spec__", None) is not None:
        return
    for thing in (*functions, *_objects_of(dataset)):
        known = getattr(thing, "func", thing)  # of functools.partial
        if getattr(known, "__module__", None) == "__main__":
            name = getattr(known, "__qualname__", type(known).__qualname__)
            raise TypeError(f"{name} cannot go to the workers: they import what runs there, and the main program, where it is defined, is no "
                            "file (a prompt, a notebook, python -c); write it into a module, or say num_workers=0")


def with_functions(dataset: Dataset, functions: list[Callable[..., Any]], owner: object) -> _slabring.Dataset:
    """The dataset, whose workers also have these functions of a pipeline. What they are made from lives as long as ``owner``.

    Raises TypeError with what pickle says of a function: it has to be one that a module has under its name.
    """
    try:
        payload = _payload_of(getattr(dataset, "_samples", None), functions)
    except (AttributeError, TypeError, pickle.PicklingError) as error:
        raise TypeError(f"the transform's functions cannot go to the workers: {error}; write them at the top of a module, or say "
                        "num_workers=0") from error
    weakref.finalize(owner, payload.close)
    return _slabring.WithPythonWorkers(dataset._core, _worker_command(), payload.fileno())


class ImageFolder(Dataset):
    """A folder of class folders, with the classes and the order of ``torchvision.datasets.ImageFolder``; or a folder of
    images, whose labels are all -1.

    ``root``: the folder. ``transform``: for DataLoaders that are given none. ``extensions``: file name endings that count,
    compared without case; the default is torchvision's.

    Raises Error (``dataset``) when the folder is missing or holds no image. Files are listed now and opened by the workers,
    who may open nothing else. Any thread may use it.
    """

    _core: _slabring.ImageFolder

    def __init__(self, root: Union[str, "os.PathLike[str]"], transform: TransformLike = None, *,
                 extensions: Optional[Sequence[str]] = None) -> None:
        self.root = os.fspath(root)
        self.transform = None if transform is None else compose(transform)
        self._core = _slabring.ImageFolder(self.root, None if extensions is None else list(extensions))

    @property
    def class_to_idx(self) -> dict[str, int]:
        return {name: label for label, name in enumerate(self.classes)}

    def label(self, index: int) -> int:
        """Raises IndexError."""
        return self._core.label(index)

    @property
    def targets(self) -> list[int]:
        """The label of every sample, in order."""
        return [self._core.label(index) for index in range(len(self))]

    def __repr__(self) -> str:
        return f"ImageFolder({self.root!r}: {len(self)} images, {len(self.classes)} classes)"


class Source(Dataset):
    """Samples from a manifest, tar shards, a pack, TFRecord files, a database or a folder: whatever ``docs/sources.md``
    lists.

    ``source``: a path, or ``"KIND:PATH"``, either with ``?option=value``: ``"photos-{000..123}.tar"``,
    ``"photos.csv?label=class"``. ``transform``: for DataLoaders that are given none.

    Raises Error (``dataset``) with a sentence that says what is wrong with the source. It is indexed now, once, and read
    by the workers. Any thread may use it.
    """

    def __init__(self, source: Union[str, "os.PathLike[str]"], transform: TransformLike = None) -> None:
        self.source = os.fspath(source)
        self.transform = None if transform is None else compose(transform)
        self._core = _slabring.open_source(self.source)

    def __repr__(self) -> str:
        return f"Source({self.source!r}: {len(self)} samples, {len(self.classes)} classes)"


class TensorDataset(Dataset):
    """Arrays that lie side by side, as ``torch.utils.data.TensorDataset``: sample i is element i along the first axis of each. A batch
    is a part of each of them, in their order: ``for images, labels, masks in loader``.

    The first are ``batch.images``; the second ``batch.labels``, where it has one axis and an integer type (``labels``: whether it
    is; else labels are -1), as int64; all others ``batch.arrays``, as they are, by number or by the ``names`` given, which are one
    for each array.

    ``arrays``: numpy arrays, tensors of torch on the CPU, or all of them paths of ``.npy`` files. Arrays are copied once, into memory that
    the workers share; files are mapped. A batch holds samples of any shape and type as they are; with a ``transform`` uint8
    arrays [height, width] or [height, width, channels] are images, if they come first.

    Raises Error (``dataset``) with the shapes when the arrays do not fit together, or with the file that cannot be read.
    """

    def __init__(self, *arrays: Any, transform: TransformLike = None, names: Sequence[str] = (), labels: Optional[bool] = None) -> None:
        self.transform = None if transform is None else compose(transform)
        paths = [isinstance(array, (str, os.PathLike)) for array in arrays]
        if any(paths) and not all(paths):
            raise TypeError("some of the arrays are paths and some are not; load the files (numpy.load) or save the arrays")
        if any(paths):
            core = _slabring.TensorDataset.of_files([os.fspath(path) for path in arrays], labels, list(names))
        else:
            buffers = [(array, form_of_array(array)) for array in map(contiguous, arrays)]
            core = _slabring.TensorDataset.of_buffers(buffers, labels, list(names))
        self._core = core
        self._labelled = core.has_labels
        self._shown = ", ".join(str(array) if path else str(list(array.shape)) for array, path in zip(arrays, paths))

    def __repr__(self) -> str:
        return f"TensorDataset({self._shown}: {len(self)} samples)"
