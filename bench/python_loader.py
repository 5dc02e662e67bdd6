#!/usr/bin/python3
"""The Python package against PyTorch's DataLoader with torchvision, on the same images, on this machine.

Both sides run in turns, each in a process of its own, with several numbers of workers; what is compared is the median at each
side's best number. Also: how long slabring's own Python takes for a batch that is ready, and whether memory stays flat.

usage: python3 bench/python_loader.py DATA [--dtype u8|f32] [--rounds R] [--workers 0,2,3] [--only ready|flat|compare]

Needs build/python (./dev python); torch's side needs Debian's python3-torchvision.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, os.environ.get("SLABRING_PYTHON_DIR", str(here.parent / "build/python")))


def make_loader(given, workers, **options):
    import slabring
    from slabring import transforms as T

    return slabring.DataLoader(slabring.ImageFolder(given.data), batch_size=given.batch, shuffle=True, num_workers=workers,
                               transform=T.train(given.size, normalize=given.dtype == "f32"), **options)


def measure_slabring(given, workers):
    """As torch_loader.py measures: the median over the epochs after the first."""
    loader = make_loader(given, workers)
    rates = []
    for _ in range(given.epochs):
        begin, images = time.perf_counter(), 0
        for batch, _ in loader:
            images += len(batch)
        rates.append(images / (time.perf_counter() - begin))
    return statistics.median(rates[1:])


def in_own_process(given, side, workers):
    if side == "torch":
        command = ["/usr/bin/python3", str(here / "torch_loader.py"), given.data, "--dtype", given.dtype, "--batch", str(given.batch),
                   "--epochs", str(given.epochs), "--workers", str(workers)]
        return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)["images_per_second"]
    command = [sys.executable, __file__, given.data, "--dtype", given.dtype, "--batch", str(given.batch), "--epochs",
               str(given.epochs), "--workers", str(workers), "--only", "one"]
    return float(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def compare(given, numbers):
    rates = {(side, n): [] for side in ("slabring", "torch") for n in numbers}
    for _ in range(given.rounds):
        for side, n in rates:
            rates[side, n].append(in_own_process(given, side, n))
    best = {}
    for (side, n), seen in rates.items():
        print(f"  {side:<9} {n:>2} workers {statistics.median(seen):>9.1f} images/s")
        best[side] = max(best.get(side, 0), statistics.median(seen))
    print(f"slabring from Python is {best['slabring'] / best['torch']:.2f} times as fast ({given.dtype}, batch {given.batch})")


def ready(given):
    """Time for `next` and unpacking when the batch is complete: what Python adds to each batch. Rounds in which the loader
    had to wait for the workers are not counted.
    """
    for output in ("numpy", "torch", "array"):
        loader = make_loader(given, 2, output=output, prefetch=6)
        times, discarded = [], 0
        for _ in range(given.rounds):
            batches = iter(loader)
            time.sleep(given.settle)
            waits, held, taken = loader.stats().waits, [], []
            for _ in range(min(6, len(loader))):
                begin = time.perf_counter_ns()
                batch = next(batches)
                images, labels = batch
                taken.append((time.perf_counter_ns() - begin) / 1e3)
                held.append(batch)  # its release wakes workers, which would take the CPU from the next one
            if loader.stats().waits == waits:
                times += taken
            else:
                discarded += 1
            del images, labels, batch, held
        if times:
            print(f"{output:<6} median {statistics.median(times):7.1f} us a batch of {len(times)}, fastest {min(times):.1f} us "
                  f"({discarded} rounds discarded)")
        else:
            print(f"{output:<6} no round in which the batches were ready; raise --settle")


def pss_kib():
    """This process's share of memory, the ring's with it, and of that what is private."""
    lines = (line.split() for line in pathlib.Path("/proc/self/smaps_rollup").read_text().splitlines())
    sizes = {words[0]: int(words[1]) for words in lines if words[-1] == "kB"}
    return sizes["Pss:"], sizes["Pss_Anon:"]


def flat(given, batches=2000):
    """Private memory and traced Python memory over many batches."""
    import tracemalloc

    loader = make_loader(given, 2)
    tracemalloc.start()
    seen, marks = 0, []
    while seen < batches:
        for _ in loader:
            seen += 1
            if seen % (batches // 4) == 0:
                marks.append((seen, *pss_kib(), tracemalloc.get_traced_memory()[0]))
    for number, whole, private, traced in marks:
        print(f"after {number:>5} batches: PSS {whole} KiB, {private} KiB of it private, {traced} bytes traced by tracemalloc")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("--dtype", choices=["u8", "f32"], default="u8")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    cores = len(os.sched_getaffinity(0))
    parser.add_argument("--workers", default=f"0,{cores},{cores + 1}", help="numbers of workers to try")
    parser.add_argument("--settle", type=float, default=3.0, help="seconds in which the workers fill the ring before `ready`")
    parser.add_argument("--only", choices=["ready", "flat", "compare", "one"])
    given = parser.parse_args()
    numbers = [int(number) for number in given.workers.split(",")]
    if given.only == "one":
        print(measure_slabring(given, numbers[0]))
        return
    if given.only in (None, "ready"):
        ready(given)
    if given.only in (None, "flat"):
        flat(given)
    if given.only in (None, "compare"):
        compare(given, numbers)


if __name__ == "__main__":
    main()
