"""The program of workers that run Python: what a loader over a PythonDataset, or with functions in its transform, starts as ``... --worker SLOT``."""

import io
import multiprocessing.process
import multiprocessing.spawn
import os
import pickle
import sys
import traceback
from typing import NoReturn, Optional

from slabring import _slabring
from slabring._functions import Call
from slabring._python_samples import Form, Samples


def _open(descriptor: int) -> tuple[Optional[int], Optional[Samples], Optional[Form], list[Call]]:
    payload = io.BytesIO(_whole(descriptor))
    preparation = pickle.load(payload)
    # A main module without `if __name__ == "__main__"` would make its loaders here too; this makes that an error.
    process = multiprocessing.process.current_process()
    process._inheriting = True  # type: ignore[attr-defined]
    try:
        multiprocessing.spawn.prepare(preparation)
    finally:
        del process._inheriting  # type: ignore[attr-defined]
    samples: Optional[Samples]
    samples, functions = pickle.load(payload)
    calls = [Call(function) for function in functions]
    return (None, None, None, calls) if samples is None else (len(samples), samples, samples.form, calls)


def _whole(descriptor: int) -> bytes:
    """By position: the workers share the file's offset."""
    size, text = os.fstat(descriptor).st_size, bytearray()
    while len(text) < size:
        text += os.pread(descriptor, size - len(text), len(text))
    return bytes(text)


def main() -> NoReturn:
    try:
        status = _slabring.run_as_worker(int(sys.argv[-1]), _open)
    except BaseException:
        traceback.print_exc()
        status = 1
    sys.stderr.flush()
    os._exit(status)  # whatever threads the dataset has started
