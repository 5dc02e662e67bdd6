#!/usr/bin/env python3
"""Writes HDF5 files with h5py, and what is in them as .npy, for hdf5_test.

usage: hdf5_cases.py FOLDER
"""

import pathlib
import sys

import h5py
import numpy

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
generator = numpy.random.default_rng(5)


def write(name, values, labels=None, dataset="data", **options):
    with h5py.File(folder / f"{name}.h5", "w") as file:
        file.create_dataset(dataset, data=values, **options)
        if labels is not None:
            file["labels"] = labels
    numpy.save(folder / f"{name}.npy", values)


floats = generator.normal(size=(103, 5, 7)).astype(numpy.float32)
images = generator.integers(0, 256, (57, 20, 30, 3), numpy.uint8)
labels = generator.integers(0, 10, 103, numpy.int32)
write("contiguous", floats, labels)
numpy.save(folder / "contiguous-labels.npy", labels)
write("chunked", floats, labels, chunks=(10, 5, 7))
write("split", floats, chunks=(10, 2, 4))
write("gzip", images, chunks=(8, 7, 30, 3), compression="gzip")
write("gzip_shuffle", floats, labels, chunks=(16, 5, 3), compression="gzip", shuffle=True)
write("shuffle", floats, chunks=(16, 5, 3), shuffle=True)
write("automatic", images, compression="gzip", shuffle=True)
write("vector", generator.normal(size=1000), chunks=(100,), compression="gzip")
write("halves", floats.astype(numpy.float16))
write("bool", images > 128, chunks=True)
write("integers", generator.integers(-(2**40), 2**40, (30, 4)), dataset="x")
write("inner", floats, dataset="group/values")

with h5py.File(folder / "unwritten.h5", "w") as file:  # a chunk that has no place in the file
    sparse = file.create_dataset("data", (30, 4), "f4", chunks=(10, 4))
    sparse[:10] = 1.5
    sparse[25:] = 2.5
    numpy.save(folder / "unwritten.npy", sparse[:])

# Image files: values of variable length, many to a heap and large ones, and in rows.
files = [bytes([65 + i % 26]) * (i % 7 * 40 if i != 50 else 9000) for i in range(103)]
values = [numpy.frombuffer(data, numpy.uint8) for data in files]
for name, options in {"values": {}, "values_gzip": {"chunks": (10,), "compression": "gzip", "shuffle": True}}.items():
    with h5py.File(folder / f"{name}.h5", "w") as file:
        file.create_dataset("images", (len(values),), h5py.vlen_dtype(numpy.uint8), **options)[:] = values
        file["label"] = labels
for name, options in {"rows": {}, "rows_gzip": {"chunks": (10, 100), "compression": "gzip"}}.items():
    with h5py.File(folder / f"{name}.h5", "w") as file:
        rows = numpy.array([value[:240].tolist() + [0] * (240 - len(value[:240])) for value in values], numpy.uint8)
        file.create_dataset("x", data=rows, **options)
        lengths = [min(len(data), 240) for data in files]
        file["lengths"] = lengths
        file["wrong"] = [241] + [-1] + lengths[2:]
        file["y"] = labels
(folder / "values.txt").write_bytes(b"".join(b"%d=%s\n" % pair for pair in zip(labels, files)))

# What is refused.
with h5py.File(folder / "ragged.h5", "w") as file:
    file.create_dataset("data", (2,), h5py.vlen_dtype(numpy.float32))[:] = [floats[0, 0], floats[0, 1, :3]]
with h5py.File(folder / "table.h5", "w") as file:
    file.create_dataset("data", (2, 2), h5py.vlen_dtype(numpy.uint8))
write("big_endian", floats.astype(">f4"))
write("lzf", floats, compression="lzf")
write("words", numpy.array([b"one", b"two"]))
write("other_shape", generator.normal(size=(9, 5, 8)).astype(numpy.float32))
write("few_labels", floats, labels[:50])
with h5py.File(folder / "block.h5", "w", userblock_size=512) as file:
    file["data"] = floats
with h5py.File(folder / "filled.h5", "w") as file:
    file.create_dataset("data", (30, 4), "f4", chunks=(10, 4), fillvalue=7)[:10] = 1.5
with h5py.File(folder / "empty.h5", "w") as file:
    file["something"] = 3

parts = folder / "parts"
parts.mkdir(exist_ok=True)
for number, (begin, end) in enumerate([(0, 40), (40, 41), (41, 103)]):
    with h5py.File(parts / f"{number}.h5", "w") as file:
        file.create_dataset("data", data=floats[begin:end], chunks=(min(16, end - begin), 5, 7) if number else None)
        file["labels"] = labels[begin:end]
