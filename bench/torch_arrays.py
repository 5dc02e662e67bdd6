#!/usr/bin/env python3
"""PyTorch's side of compare_arrays.py: a TensorDataset of two .npy files through a DataLoader. Prints JSON."""

import argparse
import json
import statistics
import time

import numpy
import torch
from torch.utils.data import DataLoader, TensorDataset


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("samples")
    parser.add_argument("labels")
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    torch.set_num_threads(1)
    dataset = TensorDataset(torch.from_numpy(numpy.load(given.samples)), torch.from_numpy(numpy.load(given.labels)))
    loader = DataLoader(dataset, given.batch, shuffle=True, num_workers=given.workers, persistent_workers=given.workers > 0)
    rates = []
    for _ in range(given.epochs):
        start = time.perf_counter()
        samples = sum(len(labels) for _, labels in loader)
        rates.append(samples / (time.perf_counter() - start))
    print(json.dumps({"samples_per_second": statistics.median(rates[1:] or rates)}))


if __name__ == "__main__":
    main()
