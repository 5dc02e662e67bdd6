#!/usr/bin/env python3
"""What docs/sources.md says in figures, measured on this machine: one command a claim.

usage: python3 bench/sources.py table PHOTOS      the table: every kind of source, of the same images or arrays
       python3 bench/sources.py pack              a pack of very many small files against their folder
       python3 bench/sources.py memory            a source much larger than the memory that reads it
       python3 bench/sources.py entries IMAGE     sources of ten million entries

Sources are made in a folder that is deleted afterwards (--folder: where; it must hold them). What is compared runs in turns,
round after round, and medians are printed. "cold" is with the files dropped from the page cache before each run
(posix_fadvise DONTNEED), which a virtual machine's host may still have.

Needs build/release/bin/slabring (./dev build), and for the sources Debian's python3-numpy, -h5py, -lmdb and -xxhash.
"""

import argparse
import contextlib
import importlib.util
import json
import os
import pathlib
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import time

import numpy

here = pathlib.Path(__file__).resolve().parent
MiB = 1 << 20


# ---- running slabring ----

def run(given, *words):
    command = [given.slabring, *map(str, words)]
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if result.returncode != 0:
        sys.exit(f"{' '.join(command)}: {result.stderr}")
    return result.stdout


def bench(given, source, *words, workers=None, epochs=1):
    report = run(given, "bench", source, "--workers", workers or given.workers, "--epochs", epochs, "--json", *words)
    return json.loads(report)["runs"][0]


def drop_from_cache(files):
    for file in files:
        descriptor = os.open(file, os.O_RDONLY)
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)


def files_in(path):
    path = pathlib.Path(path)
    return [file for file in path.rglob("*") if file.is_file()] if path.is_dir() else [path]


def seconds_to_open(given, source, *words):
    """The whole of a program that delivers one sample."""
    with tempfile.NamedTemporaryFile("w") as first:
        first.write("0\n")
        first.flush()
        start = time.perf_counter()
        run(given, "digest", source, "--sampler", f"subset:{first.name}", "--batch", 1, "--workers", 0, *words)
        return time.perf_counter() - start


# ---- memory ----

def descendants(pid):
    found = [pid]
    for parent in found:
        with contextlib.suppress(OSError):
            for task in pathlib.Path(f"/proc/{parent}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
    return found


def memory_of(pid, fields):
    """The sum of these fields of smaps_rollup over a process and its descendants, in bytes."""
    total = 0
    for process in descendants(pid):
        with contextlib.suppress(OSError):
            for line in pathlib.Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
                name, _, value = line.partition(":")
                if name in fields:
                    total += int(value.split()[0]) << 10
    return total


def peak_memory(given, source, *words, workers, fields, seconds):
    """The most of it that is seen while `bench` runs; at most so many seconds, since more do not add to it."""
    command = [given.slabring, "bench", source, "--workers", str(workers), *map(str, words)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        peak = 0
        end = time.monotonic() + seconds
        while process.poll() is None and time.monotonic() < end:
            peak = max(peak, memory_of(process.pid, fields))
            time.sleep(0.05)
        process.terminate()
    return peak


def bytes_a_worker(given, source, *words):
    """PSS that a second worker adds."""
    one, two = (peak_memory(given, source, "--epochs", 1000, *words, workers=workers, fields=("Pss",), seconds=given.seconds)
                for workers in (1, 2))
    return two - one


# ---- the table ----

def module(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def write_arrays(out):
    """MNIST's and CIFAR-10's files in their form, of noise, and CIFAR's images and labels as .npy and HDF5."""
    import h5py
    generator = numpy.random.default_rng(1)
    digits, images = (generator.integers(0, 256, shape, numpy.uint8) for shape in ((60000, 28, 28), (50000, 3, 32, 32)))
    labels = generator.integers(0, 10, 60000, numpy.uint8)
    for name in ("mnist", "cifar"):
        (out / name).mkdir()
    (out / "mnist/train-images-idx3-ubyte").write_bytes(struct.pack(">4I", 0x803, 60000, 28, 28) + digits.tobytes())
    (out / "mnist/train-labels-idx1-ubyte").write_bytes(struct.pack(">2I", 0x801, 60000) + labels.tobytes())
    for batch in range(5):
        part = slice(10000 * batch, 10000 * (batch + 1))
        rows = numpy.concatenate([labels[part, None], images[part].reshape(10000, -1)], 1)
        (out / f"cifar/data_batch_{batch + 1}.bin").write_bytes(rows.tobytes())
    (out / "cifar/test_batch.bin").write_bytes(rows.tobytes())
    numpy.save(out / "arrays.npy", images)
    numpy.save(out / "labels.npy", labels[:50000].astype("i8"))
    with h5py.File(out / "arrays.h5", "w") as file:
        file.create_dataset("data", data=images)
        file["labels"] = labels[:50000]


def table(given, out):
    subprocess.run(["/usr/bin/python3", here.parent / "tests/cli/write_sources.py", given.photos, out,
                    here.parent / "tests/dataset/write_tfrecord.py"], check=True)
    run(given, "pack", given.photos, out / "photos.slabpack")
    write_arrays(out)
    photos = given.photos
    # What is shown, the source, its files, and the group of those that hold the same.
    sources = [("folder", photos, files_in(photos), "images"),
               ("manifest", out / "photos.csv", [out / "photos.csv", *files_in(photos)], "images"),
               ("tar", out / "photos-{0..1}.tar", sorted(out.glob("photos-?.tar")), "images"),
               ("tfrecord", out / "photos.tfrecord", [out / "photos.tfrecord"], "images"),
               ("sqlite", f"{out}/photos.sqlite?query=SELECT id, image, label FROM images", [out / "photos.sqlite"], "images"),
               ("lmdb", f"{out}/photos.lmdb?value=datum", [out / "photos.lmdb"], "images"),
               ("hdf5, values", f"hdf5:{out}/hdf5", files_in(out / "hdf5"), "images"),
               ("pack", out / "photos.slabpack", [out / "photos.slabpack"], "images"),
               ("mnist", out / "mnist", files_in(out / "mnist"), "mnist"),
               ("cifar", out / "cifar", files_in(out / "cifar"), "cifar"),
               ("npy", f"{out}/arrays.npy?labels={out}/labels.npy", files_in(out / "arrays.npy"), "arrays"),
               ("hdf5, arrays", out / "arrays.h5", [out / "arrays.h5"], "arrays")]
    how = {"images": ["--pipeline", "val", "--size", given.size], "arrays": ["--pipeline", "none", "--batch", 256]}
    how["mnist"] = how["cifar"] = how["arrays"]
    digests = {}
    for name, source, _, group in sources:
        lines = run(given, "digest", source, "--no-shuffle", "--workers", given.workers, *how[group])
        total = next(line for line in lines.splitlines() if line.startswith("total"))
        if digests.setdefault(group, total) != total:
            sys.exit(f"{name} holds other {group} than those before it: {total} instead of {digests[group]}")
    rates = {name: {"warm": [], "cold": [], "open": []} for name, *_ in sources}
    for _ in range(given.rounds):
        for name, source, files, group in sources:
            words = ["--no-shuffle", *how[group]]
            drop_from_cache(files)
            rates[name]["cold"].append(bench(given, source, *words)["images_per_second"])
            rates[name]["warm"].append(bench(given, source, *words, epochs=3)["images_per_second"])
            rates[name]["open"].append(1000 * seconds_to_open(given, source, *how[group][:-2]))
    print(f"{given.workers} workers, {given.rounds} rounds; `slabring bench SOURCE --no-shuffle` with "
          f"`{' '.join(map(str, how['images']))}`, arrays with `{' '.join(map(str, how['arrays']))}`\n")
    print("| source | samples/s warm | cold | start, ms | PSS of a worker more, MiB |\n| --- | --- | --- | --- | --- |")
    for name, source, _, group in sources:
        warm, cold, opened = (statistics.median(rates[name][key]) for key in ("warm", "cold", "open"))
        print(f"| {name} | {warm:.0f} | {cold:.0f} | {opened:.0f} | {bytes_a_worker(given, source, *how[group]) / MiB:.1f} |",
              flush=True)


# ---- the other claims ----

def pack(given, out):
    run(given, "synth", out / "large", "--count", 200, "--classes", 10)
    write_small_files(given, out)
    run(given, "pack", out / "small", out / "small.slabpack")
    rates = {(name, state): [] for name in ("small", "small.slabpack") for state in ("cold", "warm")}
    words = ["--pipeline", "val", "--size", 32, "--shuffle"]
    for _ in range(given.rounds):
        for name in ("small", "small.slabpack"):
            drop_from_cache(files_in(out / name))
            rates[name, "cold"].append(bench(given, out / name, *words)["images_per_second"])
        for name in ("small", "small.slabpack"):
            rates[name, "warm"].append(bench(given, out / name, *words, epochs=2)["images_per_second"])
    for state in ("cold", "warm"):
        folder, packed = (statistics.median(rates[name, state]) for name in ("small", "small.slabpack"))
        print(f"{given.count} small files, {state}: folder {folder:.0f}, pack {packed:.0f} samples/s, {packed / folder:.2f} times")


def write_small_files(given, out):
    """Thumbnails, each file with bytes and an inode of its own."""
    run(given, "pack", out / "large", out / "thumbnails.slabpack", "--max-side", 64, "--quality", 85)
    run(given, "unpack", out / "thumbnails.slabpack", out / "thumbnails")
    images = [file.read_bytes() for file in sorted((out / "thumbnails").rglob("*.jpg"))]
    for i in range(given.count):
        folder = out / f"small/class{i % 100:02}"
        if i < 100:
            folder.mkdir(parents=True)
        (folder / f"{i:07}.jpg").write_bytes(images[i % len(images)])
    os.sync()


def memory(given, out):
    """Memory that is no page cache: the processes' own, the ring, the tables."""
    sample = (256, 256, 3)
    count = given.gigabytes * 10**9 // int(numpy.prod(sample))
    block = numpy.random.default_rng(1).integers(0, 256, (512, *sample), numpy.uint8).tobytes()
    with open(out / "large.npy", "wb") as file:
        header = {"descr": "|u1", "fortran_order": False, "shape": (count, *sample)}
        numpy.lib.format.write_array_header_1_0(file, header)
        left = count * int(numpy.prod(sample))
        while left > 0:
            left -= file.write(block[:min(left, len(block))])
    for order in ("--no-shuffle", "--shuffle"):
        drop_from_cache([out / "large.npy"])
        peak = peak_memory(given, out / "large.npy", "--pipeline", "none", "--batch", 64, "--epochs", 1, order,
                           workers=given.workers, fields=("Pss_Anon", "Pss_Shmem"), seconds=3600)
        print(f"{(out / 'large.npy').stat().st_size / 1e9:.1f} GB, {order}: at most {peak / MiB:.0f} MiB beside the page cache",
              flush=True)


def entries(given, out):
    large = module(here / "large_sources.py")
    image = given.photos.read_bytes()
    large.write_manifest(out / "large.csv", given.count)
    large.write_pack(out / "large.slabpack", image, given.count)
    words = ["--pipeline", "val", "--size", 32]
    for name, fault in (("large.slabpack", []), ("large.csv", ["--on-error", "mask"])):
        source = out / name
        first = seconds_to_open(given, source, *words, *fault)
        again = statistics.median(seconds_to_open(given, source, *words, *fault) for _ in range(given.rounds))
        added = bytes_a_worker(given, source, *words, *fault, "--no-shuffle")
        print(f"{name}, {given.count} entries: opened in {first:.2f} s ({given.count / first / 1e6:.2f} million entries/s), then "
              f"in {again:.2f} s; a worker more adds {added / MiB:.1f} MiB", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("claim", choices=["table", "pack", "memory", "entries"])
    parser.add_argument("photos", nargs="?", type=pathlib.Path, help="a folder of class folders; with `entries` one image")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--size", type=int, default=224, help="of the images of the table")
    parser.add_argument("--count", type=int, help="of files (pack: 100000) or entries (10000000)")
    parser.add_argument("--gigabytes", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=5, help="for which memory is looked at")
    parser.add_argument("--folder", help="in which the sources are made")
    parser.add_argument("--slabring", default=str(here.parent / "build/release/bin/slabring"))
    given = parser.parse_args()
    if (given.photos is None) == (given.claim in ("table", "entries")):
        parser.error("table needs a folder of photos, entries an image, the others nothing")
    if given.count is None:
        given.count = 100_000 if given.claim == "pack" else 10_000_000
    if given.photos is not None:
        given.photos = given.photos.resolve()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="slabring-sources-", dir=given.folder))
    os.environ["SLABRING_CACHE"] = str(folder / "cache")
    try:
        {"table": table, "pack": pack, "memory": memory, "entries": entries}[given.claim](given, folder)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
