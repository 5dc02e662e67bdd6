"""Compares jpeg_scale = fast with exact and with Pillow's draft: compare_jpeg_scale.py JPEG_SCALE_BENCH PHOTOS [ROUNDS]

12-megapixel JPEGs (4000x3000) are made of one photo of PHOTOS each, enlarged, with 4:2:0 and qualities from a phone's to
a web page's. Each goes from its bytes to 224x224 as torchvision's Resize(256), CenterCrop(224), on one core: by
slabring with both settings, and by Pillow with draft() to at least twice the size (what thumbnail() does) and with
draft() to at least the size. In turns; medians of processor time of all rounds.
"""
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

bench, photos = sys.argv[1], Path(sys.argv[2])
rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 7
short_side = 256


def large_jpeg(photo, quality):
    large = Image.open(photo).convert("RGB").resize((4000, 3000), Image.LANCZOS)
    data = io.BytesIO()
    large.save(data, "JPEG", quality=quality, subsampling=2)
    return data.getvalue()


def pillow_ms(data, margin):
    begin = time.process_time_ns()
    image = Image.open(io.BytesIO(data))
    width, height = image.size
    size = (short_side * width // height, short_side)
    image.draft("RGB", (size[0] * margin, size[1] * margin))
    image = image.resize(size, Image.BILINEAR)
    left, top = (size[0] - 224) // 2, (size[1] - 224) // 2
    image.crop((left, top, left + 224, top + 224)).tobytes()
    return (time.process_time_ns() - begin) / 1e6


def slabring_ms(path):
    arguments = ["--benchmark_min_time=0.2", "--benchmark_format=json"]
    environment = dict(os.environ, SLABRING_JPEG=str(path))
    report = subprocess.run([bench, *arguments], check=True, capture_output=True, text=True, env=environment).stdout
    return [benchmark["cpu_time"] for benchmark in json.loads(report)["benchmarks"]]


paths = sorted(path for path in photos.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg"))
chosen = paths[:: max(1, len(paths) // 3)][:3]
print("quality  kB    exact  fast  draft x2  draft x1 (ms)   fast: of exact, of draft x2, of draft x1")
with tempfile.TemporaryDirectory() as folder:
    for photo in chosen:
        for quality in (75, 90):
            path = Path(folder) / "large.jpg"
            path.write_bytes(large_jpeg(photo, quality))
            data = path.read_bytes()
            times = [(*slabring_ms(path), pillow_ms(data, 2), pillow_ms(data, 1)) for _ in range(rounds)]
            exact, fast, twice, once = (statistics.median(column) for column in zip(*times))
            print(f"{quality:7}{len(data) // 1000:6}{exact:8.1f}{fast:6.1f}{twice:10.1f}{once:10.1f}"
                  f"{'':18}{exact / fast:.2f}x{twice / fast:13.2f}x{once / fast:12.2f}x", flush=True)
