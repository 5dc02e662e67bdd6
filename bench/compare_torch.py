#!/usr/bin/env python3
"""slabring against PyTorch's DataLoader with torchvision, on the same images, on this machine.

Both sides run in turns, round after round, each with several numbers of workers; what is compared is the median over the
rounds at each side's best number of workers. Ratios are what to look at: absolute rates are the machine's.

usage: python3 bench/compare_torch.py DATA [--source PACK] [--pipeline train|val] [--dtype u8|f32] [--rounds R] [--workers 0,1,2,3]

With --source slabring reads the same images from there too, such as from a pack of DATA, in the same turns.

Needs Debian's python3-torchvision, and build/release/bin/slabring (./dev build).
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess

here = pathlib.Path(__file__).resolve().parent


def measure_slabring(given, workers, source):
    command = [given.slabring, "bench", source, "--pipeline", given.pipeline, "--dtype", given.dtype, "--batch",
               str(given.batch), "--epochs", str(given.epochs), "--shuffle", "--workers", str(workers), "--json"]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout)["runs"][0]


def measure_torch(given, workers):
    command = ["/usr/bin/python3", given.torch, given.data, "--pipeline", given.pipeline, "--dtype", given.dtype, "--batch",
               str(given.batch), "--epochs", str(given.epochs), "--workers", str(workers)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("--source", help="what else slabring is to read")
    parser.add_argument("--pipeline", choices=["train", "val"], default="train")
    parser.add_argument("--dtype", choices=["u8", "f32"], default="u8")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    cores = len(os.sched_getaffinity(0))
    parser.add_argument("--workers", default=f"0,{cores},{cores + 1}", help="numbers of workers to try")
    parser.add_argument("--slabring", default=str(here.parent / "build/release/bin/slabring"))
    parser.add_argument("--torch", default=str(here / "torch_loader.py"), help="the program for PyTorch's side")
    given = parser.parse_args()

    numbers = [int(number) for number in given.workers.split(",")]
    sides = {"slabring": lambda given, n: measure_slabring(given, n, given.data), "torch": measure_torch}
    if given.source:
        sides["source"] = lambda given, n: measure_slabring(given, n, given.source)
    rates = {(side, n): [] for side in sides for n in numbers}
    first = {(side, n): [] for side in sides for n in numbers}
    for _ in range(given.rounds):
        for n in numbers:
            for side, measure in sides.items():
                run = measure(given, n)
                rates[side, n].append(run["images_per_second"])
                first[side, n].append(run["first_batch_ms"])

    print(f"{given.pipeline} {given.dtype} batch {given.batch}, {cores} CPUs, medians of {given.rounds} rounds")
    best = {}
    for side in sides:
        medians = {n: statistics.median(rates[side, n]) for n in numbers}
        best[side] = max(medians.values())
        for n in numbers:
            print(f"  {side:<9} {n:>2} workers {medians[n]:>9.1f} images/s   first batch "
                  f"{statistics.median(first[side, n]):>7.1f} ms")
    print(f"slabring is {best['slabring'] / best['torch']:.2f} times as fast")
    if given.source:
        print(f"slabring from {given.source} is {best['source'] / best['torch']:.2f} times as fast")
    for n in numbers:
        ratio = statistics.median(first["slabring", n]) / statistics.median(first["torch", n])
        print(f"its first batch with {n} workers takes {ratio:.2f} of torch's time")
    if 0 in numbers and cores in numbers:
        alone = statistics.median(rates["slabring", 0])
        print(f"{cores} workers do {statistics.median(rates['slabring', cores]) / (cores * alone):.3f} of {cores} times one "
              "process without workers")


if __name__ == "__main__":
    main()
