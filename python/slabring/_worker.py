"""The program of workers that run Python: what a loader over a PythonDataset starts as ``... --worker SLOT``."""

import io
import multiprocessing.process
import multiprocessing.spawn
import os
import pickle
import sys
import traceback
from typing import NoReturn

from slabring import _slabring
from slabring._python_samples import Samples


def _open(descriptor: int) -> tuple[int, Samples]:
    payload = io.BytesIO(_whole(descriptor))
    preparation = pickle.load(payload)
    # A main module without `if __name__ == "__main__"` would make its loaders here too; this makes that an error.
    process = multiprocessing.process.current_process()
    process._inheriting = True  # type: ignore[attr-defined]
    try:
        multiprocessing.spawn.prepare(preparation)
    finally:
        del process._inheriting  # type: ignore[attr-defined]
    samples: Samples = pickle.load(payload)
    return len(samples), samples


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
