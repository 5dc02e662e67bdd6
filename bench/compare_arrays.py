#!/usr/bin/env python3
"""slabring against PyTorch's TensorDataset and DataLoader, on arrays of MNIST's and CIFAR's shape, on this machine.

Both sides read the same .npy files and run in turns, round after round, shuffled, with as many workers each; what is
compared is the median over the rounds. Ratios are what to look at: absolute rates are the machine's.

usage: python3 bench/compare_arrays.py [--dtype u1|f4] [--batch 256] [--workers 2] [--rounds 5]

Needs Debian's python3-torch, and build/release/bin/slabring (./dev build).
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile

import numpy

here = pathlib.Path(__file__).resolve().parent
SHAPES = {"MNIST": (60000, 28, 28), "CIFAR": (50000, 3, 32, 32)}


def measure_slabring(given, samples, labels):
    command = [given.slabring, "bench", f"npy:{samples}?labels={labels}", "--pipeline", "none", "--shuffle", "--batch",
               str(given.batch), "--epochs", str(given.epochs), "--workers", str(given.workers), "--json"]
    run = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout)["runs"][0]
    return run["images_per_second"]


def measure_torch(given, samples, labels):
    command = ["/usr/bin/python3", str(here / "torch_arrays.py"), str(samples), str(labels), "--batch", str(given.batch),
               "--epochs", "3", "--workers", str(given.workers)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)["samples_per_second"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dtype", choices=["u1", "f4"], default="u1", help="numpy's name of the element type")
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=40, help="of slabring a round; PyTorch has 3")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--slabring", default=str(here.parent / "build/release/bin/slabring"))
    given = parser.parse_args()
    generator = numpy.random.default_rng(1)
    with tempfile.TemporaryDirectory() as folder:
        for name, shape in SHAPES.items():
            samples, labels = pathlib.Path(folder, f"{name}.npy"), pathlib.Path(folder, f"{name}-labels.npy")
            numpy.save(samples, generator.integers(0, 256, shape, numpy.uint8).astype(given.dtype))
            numpy.save(labels, generator.integers(0, 10, shape[0]))
            rates = {"slabring": [], "torch": []}
            for _ in range(given.rounds):
                rates["slabring"].append(measure_slabring(given, samples, labels))
                rates["torch"].append(measure_torch(given, samples, labels))
            medians = {side: statistics.median(values) for side, values in rates.items()}
            print(f"{name}-shaped {given.dtype}, batch {given.batch}, {given.workers} workers: slabring {medians['slabring']:.0f}, "
                  f"torch {medians['torch']:.0f} samples/s, {medians['slabring'] / medians['torch']:.1f} times", flush=True)


if __name__ == "__main__":
    main()
