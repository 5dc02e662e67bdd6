#!/usr/bin/python3
"""The mean and deviation of each channel of a folder of images, which is what Normalize wants: numpy only.

usage: PYTHONPATH=build/python python3 examples/python/numpy_only.py DATA
"""

import sys

import numpy
import slabring
from slabring import transforms as T


def main():
    folder = slabring.ImageFolder(sys.argv[1], T.Compose([T.Resize(256), T.CenterCrop(224)]))
    loader = slabring.DataLoader(folder, batch_size=64, on_error="mask")
    # Sums over integers are exact, so the result does not depend on the size of the batches.
    values, total, squares = 0, numpy.zeros(3, numpy.uint64), numpy.zeros(3, numpy.uint64)
    for batch in loader:
        sound = batch.images[batch.status == slabring.Status.ok]
        values += sound[:, 0].size
        total += sound.sum(axis=(0, 2, 3), dtype=numpy.uint64)
        squares += numpy.square(sound, dtype=numpy.uint16).sum(axis=(0, 2, 3), dtype=numpy.uint64)
        for fault in batch.faults:
            print(f"{fault.source}: {fault.status.name}: {fault.message}", file=sys.stderr)
    mean = total / values
    deviation = numpy.sqrt(squares / values - mean**2)
    print(f"{len(folder)} images of {len(folder.classes)} classes")
    print("T.Normalize(" + ", ".join(str([round(float(value) / 255, 3) for value in row]) for row in (mean, deviation)) + ")")


if __name__ == "__main__":
    main()
