#!/usr/bin/env python3
"""Writes .npy files with numpy, and the bytes of their elements beside them, for numpy_files_test.

usage: numpy_cases.py FOLDER
"""

import pathlib
import sys

import numpy

folder = pathlib.Path(sys.argv[1])
for name in ("sound", "refused", "ragged/a", "ragged/b"):
    (folder / name).mkdir(parents=True, exist_ok=True)
generator = numpy.random.default_rng(3)


def sound(name, values, version=None):
    with open(folder / "sound" / f"{name}.npy", "wb") as file:
        numpy.lib.format.write_array(file, values, version)
    (folder / "sound" / f"{name}.bytes").write_bytes(values.tobytes())


for dtype in ("bool", "u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8"):
    sound(dtype, generator.integers(0, 100, (7, 3, 2)).astype(dtype))
sound("vector", generator.normal(size=5))
sound("images", generator.integers(0, 256, (4, 5, 6, 3), numpy.uint8))
sound("slice", generator.normal(size=(10, 4))[::2].copy())
for version in (1, 2, 3):
    sound(f"version{version}", generator.normal(size=(3, 4)).astype("f4"), (version, 0))


def refused(name, values):
    numpy.save(folder / "refused" / f"{name}.npy", values, allow_pickle=True)


refused("big_endian", numpy.ones((3, 4), ">i4"))
refused("fortran", numpy.asfortranarray(generator.normal(size=(3, 4))))
refused("complex", numpy.ones((3, 4), "c8"))
refused("objects", numpy.array([[1, 2], [3]], dtype=object))
refused("words", numpy.array(["one", "two"]))
refused("records", numpy.zeros(3, [("a", "f4"), ("b", "i4")]))
refused("dates", numpy.zeros(3, "M8[s]"))
refused("one_number", numpy.float32(3))
refused("nothing", numpy.ones((0, 4), "f4"))
whole = (folder / "sound/f8.npy").read_bytes()
(folder / "refused/cut_off.npy").write_bytes(whole[:-8])
numpy.savez(folder / "refused/several", a=numpy.ones(3))

for number, shape in enumerate([(2, 3), (2, 3), (3, 2), (6,), (2, 3)]):
    numpy.save(folder / "ragged" / "ab"[number % 2] / f"{number}.npy", numpy.full(shape, number, "f4"))
numpy.save(folder / "ragged/b/5.npy", numpy.ones((2, 3), ">f4"))
