"""Compares Resize with Pillow's Image.resize: compare_resize.py AUGMENT_BENCH [ROUNDS]

Both resize a 500x375 RGB image to 224x224 on one core, in turns; the medians of all rounds are compared, and the ratio of
each round's times tells how far they can be trusted. That the pixels are equal is tested (tests/augment/pillow_test.cpp).
"""
import json
import statistics
import subprocess
import sys
import time

import numpy
from PIL import Image

bench = sys.argv[1]
rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 10
filters = {"bilinear": Image.BILINEAR, "bicubic": Image.BICUBIC, "lanczos": Image.LANCZOS}
noise = numpy.random.default_rng(1).integers(0, 256, (375, 500, 3), dtype=numpy.uint8)
image = Image.fromarray(noise)


def pillow_us(resample, repeats=40):
    times = []
    for _ in range(repeats):
        begin = time.process_time_ns()
        image.resize((224, 224), resample)
        times.append((time.process_time_ns() - begin) / 1000)
    return statistics.median(times)


def slabring_us(name):
    arguments = [f"--benchmark_filter=^Resize500x375To224/{name}$", "--benchmark_min_time=0.05", "--benchmark_format=json"]
    report = subprocess.run([bench, *arguments], check=True, capture_output=True, text=True).stdout
    return json.loads(report)["benchmarks"][0]["cpu_time"]


for name, resample in filters.items():
    pillow, slabring = zip(*((pillow_us(resample), slabring_us(name)) for _ in range(rounds)))
    ratios = sorted(p / s for p, s in zip(pillow, slabring))
    ours, theirs = statistics.median(slabring), statistics.median(pillow)
    print(
        f"{name}: Pillow {theirs:.0f} us, slabring {ours:.0f} us ({ours * 1000 / 224 / 224:.2f} ns a pixel): "
        f"{theirs / ours:.1f} times as fast (rounds {ratios[0]:.1f} to {ratios[-1]:.1f})"
    )
