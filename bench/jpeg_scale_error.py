"""How far jpeg_scale = fast is from exact: jpeg_scale_error.py SLABRING PHOTOS

Mean absolute difference of the delivered samples (0 to 255) and its 99th percentile, for classes of images and for each
scale that fast decodes at. SLABRING is the command; PHOTOS a folder of JPEGs. The last column compares exact with
another filter of its own, as a measure for what such a number means.
"""
import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy
from PIL import Image

slabring, photos = sys.argv[1], Path(sys.argv[2])
side = 1024
rng = numpy.random.default_rng(1)
y, x = numpy.mgrid[0:side, 0:side].astype(numpy.float64)


def smooth():
    waves = [rng.uniform(0.5, 3, 2) for _ in range(3)]
    return numpy.stack([127.5 + 120 * numpy.sin(2 * math.pi * (a * x + b * y) / side) for a, b in waves], axis=-1)


def texture():
    noise = rng.normal(0, 1, (side, side, 3))
    spectrum = numpy.fft.rfft2(noise, axes=(0, 1))
    fy, fx = numpy.fft.fftfreq(side)[:, None], numpy.fft.rfftfreq(side)[None, :]
    spectrum /= numpy.maximum(numpy.hypot(fx, fy), 1 / side)[..., None] ** 0.7
    field = numpy.fft.irfft2(spectrum, s=(side, side), axes=(0, 1))
    return 127.5 + 45 * field / field.std()


def edges():
    cells = rng.integers(0, 256, (23, 23, 3))
    turned = ((x + 0.4 * y) / 61).astype(int) % 23, ((y - 0.4 * x) / 61).astype(int) % 23
    return cells[turned[1], turned[0]]


def zone_plate():
    radius = (x - side / 2) ** 2 + (y - side / 2) ** 2
    return numpy.repeat((127.5 + 127.5 * numpy.cos(math.pi * radius / side / 2))[..., None], 3, axis=-1)


def photo_pixels():
    paths = sorted(path for path in photos.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg"))
    for path in paths[:: max(1, len(paths) // 60)]:
        yield numpy.asarray(Image.open(path).convert("RGB").resize((side, side * 3 // 4), Image.LANCZOS))


classes = {"smooth": smooth, "texture": texture, "edges": edges, "zone plate": zone_plate, "photos": photo_pixels}


def decoded(files, out, height, width, interpolation, jpeg_scale):
    pipeline = Path(out) / "pipeline.json"
    transform = {"op": "Resize", "size": [height, width], "interpolation": interpolation}
    pipeline.write_text(json.dumps({"transforms": [transform]}))
    subprocess.run([slabring, "decode", "--out", out, "--format", "npy", "--pipeline", pipeline,
                    "--jpeg-scale", jpeg_scale, *files], check=True, capture_output=True)
    return numpy.stack([numpy.load(Path(out) / f"{file.name}.npy") for file in files]).astype(int)


print("class        scale   filter     mean abs.   99 %    bilinear against box")
with tempfile.TemporaryDirectory() as folder:
    for name, make in classes.items():
        images = list(make()) if name == "photos" else [make() for _ in range(8)]
        files = []
        for i, image in enumerate(images):
            files.append(Path(folder) / f"{name}{i}.jpg")
            Image.fromarray(numpy.clip(numpy.round(image), 0, 255).astype(numpy.uint8)).save(files[-1], quality=90)
        height, width = images[0].shape[:2]
        for scale in (2, 4, 8):
            size = (height // scale // 2, width // scale // 2)
            out = str(Path(folder))
            bilinear = decoded(files, out, *size, "bilinear", "exact")
            box = numpy.abs(bilinear - decoded(files, out, *size, "box", "exact")).mean()
            for interpolation in ("bilinear", "bicubic"):
                exact = decoded(files, out, *size, interpolation, "exact")
                difference = numpy.abs(exact - decoded(files, out, *size, interpolation, "fast"))
                print(f"{name:12} 1/{scale}     {interpolation:9}{difference.mean():9.2f}"
                      f"{numpy.percentile(difference, 99):9.0f}{box:16.2f}", flush=True)
