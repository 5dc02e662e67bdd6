"""What slabring raises. Every message names what, where, the value, and what would be right."""

from __future__ import annotations

from typing import Optional

from slabring.batch import Fault


class Error(RuntimeError):
    """Any error of slabring's own.

    ``code`` is one of ``invalid_argument``, ``dataset``, ``pipeline``, ``memory``, ``process``, ``ring_exhausted``,
    ``sample_fault``, ``timeout``, ``io``, ``state``, ``device`` (docs/failure-model.md).
    """

    code: str = ""


class InvalidArgument(Error, ValueError):
    """An argument has a value that cannot be used; ``code`` is ``invalid_argument`` or ``pipeline``."""


class RingExhausted(Error):
    """Every slab of the ring is held by images that are still in use, so no further batch can arrive.

    Let go of some, raise ``prefetch``, or make the loader with ``when_held="copy"``.
    """


class SampleError(Error):
    """A sample could not be delivered and ``on_error`` is ``"raise"``. Its batch is given back; the loop may go on with
    ``next()`` on the same iterator.
    """

    fault: Fault


_CLASSES: dict[str, type[Error]] = {
    "invalid_argument": InvalidArgument,
    "pipeline": InvalidArgument,
    "ring_exhausted": RingExhausted,
    "sample_fault": SampleError,
}


def _make(code: str, message: str, fault: Optional[tuple[int, str, str, str, Optional[int]]]) -> Error:
    """Called by the extension."""
    error = _CLASSES.get(code, Error)(message)
    error.code = code
    if isinstance(error, SampleError) and fault is not None:
        error.fault = Fault._from(fault)
    return error
