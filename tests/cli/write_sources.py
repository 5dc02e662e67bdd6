"""The images of a folder of class folders once more, in the same order, as every other kind of source; each written by
Python's own library for it. usage: write_sources.py FOLDER OUT TFRECORD_WRITER"""
import csv
import importlib.util
import io
import os
import pathlib
import sqlite3
import sys
import tarfile

folder, out, writer = map(pathlib.Path, sys.argv[1:])
classes = sorted(entry.name for entry in folder.iterdir() if entry.is_dir())
images = [(pathlib.Path(path) / name, label) for label, name in enumerate(classes)
          for path, _, names in sorted(os.walk(folder / name)) for name in sorted(names)]

with open(out / "photos.csv", "w", newline="") as file:
    rows = csv.writer(file)
    rows.writerow(["path", "label"])
    rows.writerows([path, classes[label]] for path, label in images)

for shard in range(2):
    with tarfile.open(out / f"photos-{shard}.tar", "w") as tar:
        half = slice(shard * len(images) // 2, (shard + 1) * len(images) // 2)
        for number, (path, label) in list(enumerate(images))[half]:
            for ending, data in ((path.suffix, path.read_bytes()), (".cls", str(label).encode())):
                member = tarfile.TarInfo(f"{number:06}{ending}")
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))

spec = importlib.util.spec_from_file_location("write_tfrecord", writer)
tf = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tf)
with open(out / "photos.tfrecord", "wb") as file:
    for path, label in images:
        file.write(tf.record(tf.example([("image/encoded", tf.bytes_feature(path.read_bytes())),
                                         ("image/class/label", tf.int64_feature(label))])))

with sqlite3.connect(out / "photos.sqlite") as database:
    database.execute("CREATE TABLE images (id INTEGER PRIMARY KEY, image BLOB, label TEXT)")
    database.executemany("INSERT INTO images VALUES (?, ?, ?)",
                         [(3 * i, path.read_bytes(), classes[label]) for i, (path, label) in enumerate(images)])

try:
    import h5py
    import numpy
except ImportError:
    pass
else:
    jpegs = [numpy.frombuffer(path.read_bytes(), numpy.uint8) for path, _ in images]
    half = len(jpegs) // 2
    (out / "hdf5").mkdir()
    for number, part in enumerate((slice(None, half), slice(half, None))):
        with h5py.File(out / f"hdf5/{number}.h5", "w") as file:
            values = file.create_dataset("images", (len(jpegs[part]),), h5py.vlen_dtype(numpy.uint8))
            values[:] = jpegs[part]
            file["labels"] = [label for _, label in images[part]]
    with h5py.File(out / "rows.h5", "w") as file:
        padded = numpy.zeros((len(jpegs), max(map(len, jpegs))), numpy.uint8)
        for into, row in zip(padded, jpegs):
            into[: len(row)] = row
        file.create_dataset("jpegs", data=padded, chunks=(4, 1000), compression="gzip")
        file["bytes"] = [len(row) for row in jpegs]
        file["label"] = [label for _, label in images]

try:
    import lmdb
except ImportError:
    sys.exit()
with lmdb.open(str(out / "photos.lmdb"), map_size=1 << 26, subdir=False) as database, database.begin(write=True) as rows:
    for i, (path, label) in enumerate(images):  # as Caffe's Datum
        rows.put(b"%08d" % i, tf.field(4, path.read_bytes()) + tf.varint(5 << 3) + tf.varint(label) + b"\x38\x01")
