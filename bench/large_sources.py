#!/usr/bin/env python3
"""Writes sources of very many samples, to measure how they are opened: usage: large_sources.py IMAGE OUT [COUNT]

OUT/large.csv names COUNT files (that are not there), OUT/large.slabpack holds COUNT times the bytes of IMAGE, once on disk:
every entry points to the same ones. Needs numpy and python3-xxhash. Then, for instance:

  time slabring digest OUT/large.csv --workers 0 --batch 1       # the first time it makes the index, and says how fast
  time slabring digest OUT/large.csv --workers 0 --batch 1       # then it opens it, and ends at the first absent file
  slabring bench OUT/large.slabpack --pipeline val --sweep 1,2   # PSS with one worker and with two
"""
import pathlib
import struct
import sys

import numpy
import xxhash

CHUNK = 1_000_000


def write_manifest(path, count):
    with open(path, "w") as file:
        file.write("path,label\n")
        for first in range(0, count, CHUNK):
            numbers = range(first, min(count, first + CHUNK))
            file.write("".join(f"part{i // 100000:04}/image{i:08}.jpg,{i % 1000}\n" for i in numbers))


def write_pack(path, image, count):
    """As docs/pack.md says."""
    header_bytes = 128
    names_offset = header_bytes + len(image)
    name_bytes = len(b"%09d.jpg" % 0)
    entries_offset = (names_offset + name_bytes * count + 7) // 8 * 8
    entry = numpy.dtype([("offset", "<u8"), ("checksum", "<u8"), ("name", "<u8"), ("label", "<i8"), ("bytes", "<u4"),
                         ("name_bytes", "<u4")])
    index = xxhash.xxh3_64()
    with open(path, "wb") as file:
        def append(data):
            index.update(data)
            file.write(data)

        file.write(bytes(header_bytes) + image)
        for first in range(0, count, CHUNK):
            append(b"".join(b"%09d.jpg" % i for i in range(first, min(count, first + CHUNK))))
        append(bytes(entries_offset - file.tell()))
        for first in range(0, count, CHUNK):
            numbers = numpy.arange(first, min(count, first + CHUNK), dtype=numpy.uint64)
            entries = numpy.zeros(len(numbers), entry)
            entries["offset"] = header_bytes
            entries["checksum"] = xxhash.xxh3_64_intdigest(image)
            entries["name"] = numbers * name_bytes
            entries["label"] = numbers % 1000
            entries["bytes"] = len(image)
            entries["name_bytes"] = name_bytes
            append(entries.tobytes())
        about_offset = file.tell()
        append(b'{"classes": []}')
        header = struct.pack("<8sII6Q56x", b"SLABPACK", 1, entry.itemsize, file.tell(), count, names_offset, entries_offset,
                             about_offset, index.intdigest())
        file.seek(0)
        file.write(header + struct.pack("<Q", xxhash.xxh3_64_intdigest(header)))


def main():
    image, out = map(pathlib.Path, sys.argv[1:3])
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 10_000_000
    write_manifest(out / "large.csv", count)
    write_pack(out / "large.slabpack", image.read_bytes(), count)


if __name__ == "__main__":
    main()
