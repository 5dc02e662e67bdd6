"""The DataLoader."""

from __future__ import annotations

import dataclasses
import json
import operator
import os
import pathlib
import warnings
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NoReturn, Optional, Union

from slabring import _slabring
from slabring._functions import Call
from slabring.batch import Batch
from slabring.combinations import CacheStats
from slabring.dataset import Dataset, check_workers_can_import, with_functions
from slabring.preview import Preview
from slabring.sampler import Sampler, SamplerLike, batches_of, sampler_of
from slabring.transforms import Compose, TransformLike, compose, dtype_word

_REFUSED = {
    "collate_fn": "workers write each sample straight into its row of the batch, so there is nothing to collate; change the "
                  "images with transform=, or the batch in the loop",
    "worker_init_fn": "workers run no Python but your own dataset and functions, and every random number is a function of (seed, "
                      "epoch, sample), so there is nothing to seed; use seed=",
}


@dataclasses.dataclass(frozen=True)
class Stats:
    """What happened so far; all but the process lists only grow."""

    batches: int
    """delivered"""
    samples: int
    """delivered, those that repeat among them"""
    padded: int
    """rows delivered that repeat a sample"""
    absent: int
    """rows delivered without a sample"""
    faults: int
    """rows delivered whose planned sample failed"""
    waits: int
    """times the trainer slept for a batch"""
    wait_seconds: float
    """... and for how long in all"""
    worker_deaths: int
    """workers that ended without being told to"""
    takeovers: int
    """coordinators that were killed, and replaced by another"""
    rows_redone: int
    """rows taken back from dead workers"""
    quarantined: int
    """rows given up because workers died over them"""
    ring_bytes: int
    """memory of the ring"""
    huge_page_bytes: int
    """of it on huge pages"""
    cache: Optional[CacheStats]
    """of all caches in the dataset together, if there is one"""
    pinned_bytes: int
    """of it registered with the CUDA driver: ``pin_memory`` or ``device``"""
    pin_failure: str
    """why it is not, if that was asked for"""
    sandbox: str
    """what confines the workers: landlock, seccomp and limits, a part of that, or off"""
    rank: int
    world: int
    share: int
    """the part of each batch that this rank gets, of ``shares``: with a mesh not the rank"""
    shares: int
    local_rank: int
    """on this host; -1: not known"""
    local_world: int
    """ranks on this host"""
    rank_source: str
    """who says so: torchrun (RANK, WORLD_SIZE), options, or default"""
    workers: int
    attached_workers: int
    """that have joined by hand, now"""
    coordinator_pid: int
    """0 with num_workers=0"""
    worker_pids: list[int]
    held: int
    """batches whose images are still in use"""


def _check_choice(name: str, value: str, *allowed: str) -> None:
    if value not in allowed:
        raise ValueError(f"{name} is {value!r}; it must be one of {', '.join(allowed)}")


def _start_method(context: Any, runs_python: bool) -> str:
    method = context if isinstance(context, str) or context is None else context.get_start_method()
    if method == "fork":
        raise ValueError("multiprocessing_context is fork; it must be forkserver or spawn: forked workers would be copies of "
                         "this interpreter with whatever locks its threads hold, and need nothing of it")
    return method or ("spawn" if runs_python else "forkserver")


def _whole(name: str, value: Any) -> int:
    """Takes numpy's and torch's integers, too."""
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(f"{name} is {value!r}; it must be a whole number") from None


def _whole_or_none(name: str, value: Any) -> Optional[int]:
    return None if value is None else _whole(name, value)


def _seed_of(seed: Optional[int], generator: Any) -> int:
    if generator is None:
        number = 0 if seed is None else _whole("seed", seed)
        if not 0 <= number < 2**64:
            raise ValueError(f"seed is {number}; it must be from 0 to 2**64 - 1")
        return number
    if seed is not None:
        raise ValueError("both seed and generator are given; one of them says the seed")
    return int(generator.initial_seed()) % 2**64


def _worker_program() -> str:
    beside = pathlib.Path(__file__).parent / "slabring-worker"
    return str(beside) if "SLABRING_WORKER" not in os.environ and beside.exists() else ""


def _cuda_device(device: Any) -> Optional[int]:
    """The number of the GPU, or None for the CPU. Takes torch's words and devices, and a number."""
    if device is None or str(device) == "cpu":
        return None
    if isinstance(device, int):
        return device
    kind, _, number = str(device).partition(":")
    if kind != "cuda" or not (number.isdecimal() or not number):
        raise ValueError(f"device is {device!r}; it must be \"cpu\", \"cuda\", \"cuda:N\" or the number of a GPU")
    return int(number or 0)


def _converter(output: str) -> Callable[[Any], Any]:
    _check_choice("output", output, "numpy", "torch", "array")
    if output == "array":
        return lambda array: array
    if output == "numpy":
        import numpy

        return numpy.asarray
    from torch.utils.dlpack import from_dlpack

    convert: Callable[[Any], Any] = from_dlpack
    return convert


class DataLoader:
    """Delivers a dataset as batches in shared memory, filled by worker processes that run no Python.

    The arguments are those of ``torch.utils.data.DataLoader``, as far as they make sense here (docs/python.md has the
    table), and these:

    - ``transform``: what the workers do to each image; instead of ``ImageFolder(transform=)``.
    - ``num_workers``: processes; None: the CPUs this process may use; 0: the same work in the calling thread.
    - ``seed``: of the order and of every random transform. What is delivered is a function of (dataset, transform, seed,
      epoch, batch_size, dtype, layout) alone.
    - ``attachable``: workers that may join while it runs, by ``slabring-worker --attach PID``.
    - ``prefetch``: slabs in the ring, 2 to 64; memory is prefetch batches. None: 4, or what ``prefetch_factor`` asks for.
    - ``timeout``: seconds after which a sample that keeps a worker is given up; 0: never.
    - ``dtype``: uint8, float16, float32 or bfloat16, which numpy does not have; None: as the transforms say.
    - ``layout``: ``"nchw"`` or ``"nhwc"``; None: as the transforms say, else nchw.
    - ``on_error``: ``"raise"`` raises SampleError for a batch in which a sample failed; ``"mask"`` delivers it, with zeros and
      a status in that row; ``"substitute"`` puts another, sound sample there.
    - ``rank`` and ``world``: this process and all that divide each epoch among them, with equal arguments otherwise; batch b of
      all ranks, one after the other, is batch b of one process with batches ``world`` times as large.
      ``ranks_from_environment=True`` takes them from torchrun, mpirun, srun or a Kubernetes indexed job. ``mesh`` says how ranks
      stand, as ``{"data": 4, "model": 2}``: those that differ in other axes than ``data`` get the same batches.
    - ``uneven``: what becomes of an end that ranks cannot divide evenly: ``"pad"`` repeats samples with status ``padded``,
      ``"drop"`` leaves some out, ``"exact"`` delivers zeros with status ``absent``. All ranks have as many batches in each case.
    - ``sampler``: a :class:`Sampler`, one of torch's (but its DistributedSampler), or sample numbers in the order wanted.
      ``batch_sampler``: lists of sample numbers, each a batch; both are read once, now.
    - ``device``: ``"cuda"`` or ``"cuda:1"``: images and labels are delivered there, by asynchronous copies out of the pinned ring on
      a stream of their own; a slab goes back to the workers when its copy is done. ``output`` is ``"torch"`` or ``"array"``
      (:class:`DeviceArray`) then. Needs NVIDIA's driver and neither torch nor the CUDA toolkit.
    - ``pin_memory``: registers the ring with the CUDA driver, once, so that ``images.to("cuda", non_blocking=True)`` copies at full
      speed; ``device`` does so, too. Where that fails all works as without, with one warning and the reason in ``stats()``.
    - ``output``: what images, labels and other arrays are: ``"numpy"`` arrays, ``"torch"`` tensors, or ``"array"`` (:class:`Array`, which
      needs neither). None of them is a copy of the images.
    - ``when_held``: what happens when images are kept until the ring has no slab left: ``"raise"`` raises RingExhausted;
      ``"copy"`` delivers copies when two slabs are left, so that ``list(loader)`` works.

    Raises InvalidArgument or Error for what cannot work, with the reason, before any process is started.

    Each ``for`` over it is one epoch, the next one each time (``set_epoch`` says another); a later ``iter()`` ends an
    earlier one. Any thread may use it, one at a time. Waiting lets other threads run and ends at Ctrl-C with
    KeyboardInterrupt, after which the loop may go on. After a fork only the parent can use it. It ends its processes with
    ``close()``, when it is no longer referenced, or at interpreter exit; images that are held stay valid.
    """

    def __init__(self, dataset: Dataset, batch_size: int = 1, shuffle: Optional[bool] = False, sampler: SamplerLike = None,
                 batch_sampler: Optional[Iterable[Iterable[int]]] = None, num_workers: Optional[int] = None, collate_fn: None = None,
                 pin_memory: bool = False, drop_last: bool = False, timeout: float = 120.0, worker_init_fn: None = None,
                 multiprocessing_context: Any = None, generator: Any = None, *, prefetch_factor: Optional[int] = None,
                 persistent_workers: bool = True, pin_memory_device: str = "", in_order: bool = True,
                 transform: TransformLike = None, seed: Optional[int] = None, prefetch: Optional[int] = None,
                 attachable: int = 0, dtype: Any = None, layout: Optional[str] = None, on_error: str = "raise", output: str = "numpy",
                 when_held: str = "raise", rank: Optional[int] = None, world: Optional[int] = None, uneven: str = "pad",
                 ranks_from_environment: bool = False, mesh: Optional[Mapping[str, int]] = None, device: Any = None) -> None:
        for name, value in (("collate_fn", collate_fn), ("worker_init_fn", worker_init_fn)):
            if value is not None:
                raise ValueError(f"{name} is not possible: {_REFUSED[name]}")
        if not isinstance(dataset, Dataset):
            raise TypeError(f"dataset is a {type(dataset).__name__}; it must be slabring's own, such as slabring.ImageFolder, or "
                            "slabring.PythonDataset(it), whose workers run Python")
        if batch_size is None:
            raise ValueError("batch_size is None; samples are delivered in batches, so it must be 1 or more")
        if not in_order:
            raise ValueError("in_order is False; batches always come in order, and no worker waits for another because of it")
        _check_choice("on_error", on_error, "raise", "mask", "substitute")
        _check_choice("when_held", when_held, "raise", "copy")
        if transform is not None and dataset.transform is not None:
            raise ValueError("both the dataset and the DataLoader have a transform; give one of them")
        _check_choice("uneven", uneven, "pad", "drop", "exact")
        self.sampler = sampler_of(sampler)
        if batch_sampler is not None:
            if sampler is not None or batch_size != 1 or shuffle or drop_last:
                raise ValueError("batch_sampler is given, and sampler, batch_size, shuffle or drop_last as well; it says what these do")
            self.sampler, batch_size = batches_of(batch_sampler)
        if self.sampler is not None and shuffle:
            raise ValueError("both sampler and shuffle are given; one of them says the order")
        self.dataset = dataset
        self.transform = compose(transform) if transform is not None else dataset.transform or compose(None)
        word = self.transform.dtype if dtype is None else dtype_word(dtype)
        if output == "numpy" and word == "bf16":
            raise ValueError("dtype is bfloat16 and output is numpy; numpy has no bfloat16, so output must be torch or array")
        cuda = _cuda_device(device)
        if output == "numpy" and cuda is not None:
            raise ValueError(f"device is {device!r} and output is numpy; numpy has no memory of a GPU, so output must be torch or array")
        functions = self.transform._functions
        runs_python = bool(functions) or dataset._runs_python
        self.pin_memory = pin_memory
        self._output = output
        self._convert = _converter(output)
        self._options: dict[str, Any] = {
            "batch_size": _whole("batch_size", batch_size), "shuffle": bool(shuffle), "drop_last": drop_last, "seed": _seed_of(seed, generator),
            "on_error": "throw" if on_error == "raise" else on_error, "timeout": float(timeout),
            "num_workers": _whole_or_none("num_workers", num_workers), "attachable": _whole("attachable", attachable),
            "prefetch": _prefetch(_whole_or_none("prefetch", prefetch), prefetch_factor, num_workers),
            "start_method": _start_method(multiprocessing_context, runs_python), "worker_program": _worker_program(),
            "sampler": self.sampler and self.sampler._core, "rank": _whole_or_none("rank", rank), "world": _whole_or_none("world", world), "uneven": uneven,
            "ranks_from_environment": ranks_from_environment, "mesh": dict(mesh or {}),
            "dtype": None if dtype is None else dtype_word(dtype), "layout": layout, "when_held": when_held, "device": cuda,
            "pin_memory": bool(pin_memory), "functions": [Call(function) for function in functions], "state": ""}
        self._dataset_core = dataset._core
        if runs_python and num_workers != 0:
            check_workers_can_import(dataset, functions)
        if functions and num_workers != 0:
            self._dataset_core = with_functions(dataset, functions, self)
        self._start("")
        if failure := self.stats().pin_failure:
            warnings.warn(f"the ring is not pinned, so that copies to a GPU are slower: {failure}", RuntimeWarning, stacklevel=2)

    def _start(self, state: str) -> None:
        core = _slabring.Loader(self._dataset_core, self.transform._to_json(), {**self._options, "state": state})
        if hasattr(self, "_core"):
            self.close()
        self._core = core
        self._array_names = tuple(core.array_names)
        self._close = weakref.finalize(self, core.close)  # also at interpreter exit, while everything is still there
        self._next_epoch = core.first_epoch
        self._begun = False

    # ---- iteration ----

    def __len__(self) -> int:
        """Batches an epoch, exact."""
        return self._core.batches_per_epoch

    def __iter__(self) -> Iterator[Batch]:
        epoch = self._next_epoch
        pass_ = self._core.begin(epoch)
        self._next_epoch = epoch + 1
        self._begun = True
        return _Epoch(self, pass_)

    def set_epoch(self, epoch: int) -> None:
        """The next ``for`` is over this epoch. Needed only to repeat or skip epochs: they count up by themselves."""
        number = _whole("epoch", epoch)
        if not 0 <= number < 2**64:
            raise ValueError(f"epoch is {number}; it must be 0 or more")
        self._next_epoch = number

    @property
    def next_epoch(self) -> int:
        """The epoch that the next ``for`` is over; after ``load_state_dict`` the one to go on with."""
        return self._next_epoch

    # ---- going on after a stop ----

    def state_dict(self) -> dict[str, Any]:
        """Where the iteration stands, in less than 1 KB of numbers and words; at any time between two batches.

        Batches count once they have been delivered: within a loop the loop's own batch counts. After an epoch's last batch
        this is the start of the next epoch.
        """
        state: dict[str, Any] = json.loads(self._core.state())
        told_another = self._next_epoch != (state["epoch"] + 1 if self._begun and state["position"] else state["epoch"])
        if told_another:  # by set_epoch
            state["epoch"], state["position"] = self._next_epoch, 0
        return state

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on where the loader stood whose ``state_dict`` this is: the next ``for`` delivers the rest of its epoch, byte
        for byte, whatever the workers, ``prefetch`` and start method. A running iteration is over.

        Raises Error (``state``) for the state of another run, and says what differs; the loader is unchanged then.
        """
        self._start(json.dumps(state))

    # ---- the rest ----

    def close(self) -> None:
        """Ends workers and coordinator; idempotent. Images that are held stay valid."""
        self._close()

    def __enter__(self) -> DataLoader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def preview(self, count: int = 16, columns: int = 8, *, mean: Optional[Sequence[float]] = None,
                std: Optional[Sequence[float]] = None) -> Preview:
        """A contact sheet of the first ``count`` images of the next epoch, as they are before Normalize, Standardize and RandomErasing. A
        notebook shows it. It is made in this thread and disturbs no iteration.

        Samples that are arrays are shown as ``Preview.of`` shows them; ``mean`` and ``std`` undo what they were normalised with
        before. Raises SampleError when one of them cannot be read, unless ``on_error`` says otherwise; ValueError for samples
        that are no images.
        """
        if count < 1:
            raise ValueError(f"count is {count}; it must be 1 or more")
        visible = Compose([step for step in self.transform.transforms if step.op not in ("Normalize", "Standardize", "RandomErasing")])
        # Without a dtype images are uint8 then, and arrays what they are.
        options = {**self._options, "batch_size": min(count, len(self.dataset)), "num_workers": 0, "attachable": 0, "prefetch": 2,
                   "dtype": None, "layout": "nhwc", "drop_last": False, "state": "", "device": None, "pin_memory": False}
        if isinstance(self.sampler, Sampler) and self.sampler._core.description.startswith("batches"):
            options["batch_size"] = self.batch_size
        core = _slabring.Loader(self.dataset._core, visible._to_json(), options)
        batch = core.next(core.begin(self._next_epoch))
        if batch is None:
            raise ValueError("the next epoch has no batch, so there is nothing to show")
        names = self.dataset.classes
        numbers = memoryview(batch.labels)  # type: ignore[arg-type]
        labels = [names[label] if 0 <= label < len(names) else str(label) for label in numbers]
        return Preview.of(batch.images, labels, columns=columns, mean=mean, std=std)

    def stats(self) -> Stats:
        """What happened so far; cheap."""
        stats = self._core.stats()
        cache = stats.pop("cache")
        return Stats(cache=None if cache is None else CacheStats(**cache), **stats)

    @property
    def batch_size(self) -> int:
        return int(self._options["batch_size"])

    @property
    def num_workers(self) -> int:
        """Worker processes, also where the argument was None."""
        return int(self._core.options()["num_workers"])

    @property
    def drop_last(self) -> bool:
        return bool(self._options["drop_last"])

    @property
    def seed(self) -> int:
        return int(self._options["seed"])

    def __repr__(self) -> str:
        options = self._core.options()
        words = ", ".join(f"{name}={options[name]!r}" for name in ("batch_size", "shuffle", "drop_last", "seed", "num_workers",
                                                                  "prefetch", "dtype", "layout"))
        return f"DataLoader({self.dataset!r}, {words}, transform={self.transform!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a DataLoader has processes and shared memory of its own, so it cannot be pickled or copied; pickle "
                        "state_dict(), or make the loader where it is used")


def _prefetch(prefetch: Optional[int], factor: Optional[int], workers: Optional[int]) -> int:
    if factor is None:
        return 4 if prefetch is None else prefetch
    if prefetch is not None:
        raise ValueError("both prefetch and prefetch_factor are given; prefetch is the number of slabs in all")
    if factor < 1:
        raise ValueError(f"prefetch_factor is {factor}; it must be 1 or more")
    ahead = factor * max(1, _slabring.available_cpus() if workers is None else workers)
    return min(64, ahead + 1)  # one more: the batch that the loop has in hand


class _Epoch(Iterator[Batch]):
    """One pass over the data."""

    def __init__(self, loader: DataLoader, pass_: int) -> None:
        self._loader: Union[DataLoader, None] = loader
        self._pass = pass_

    def __next__(self) -> Batch:
        loader = self._loader  # another thread may come to the end meanwhile
        if loader is None:
            raise StopIteration
        delivered = loader._core.next(self._pass)
        if delivered is None:
            self._loader = None
            raise StopIteration
        return Batch._from(delivered, loader._convert, loader._array_names, loader.dataset._labelled)
