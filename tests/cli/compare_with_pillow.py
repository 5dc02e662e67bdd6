"""Compares what `slabring decode` wrote with Pillow: compare_with_pillow.py FOLDER FORMAT FILE...

Every FILE must have been decoded to FOLDER/NAME.FORMAT with the pixels that Pillow gives it. Prints how many were
compared; ends with status 1 at the first that differs.
"""
import os
import sys

import numpy
from PIL import Image, ImageOps

folder, extension, *files = sys.argv[1:]
for path in files:
    with Image.open(path) as image:
        expected = numpy.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    written = os.path.join(folder, f"{os.path.basename(path)}.{extension}")
    actual = numpy.load(written) if extension == "npy" else numpy.asarray(Image.open(written))
    if actual.dtype != numpy.uint8 or actual.shape != expected.shape:
        sys.exit(f"{written}: {actual.dtype} {actual.shape}, Pillow has {expected.dtype} {expected.shape}")
    if not numpy.array_equal(actual, expected):
        different = int((actual != expected).any(axis=2).sum())
        sys.exit(f"{written}: {different} of {expected.shape[0] * expected.shape[1]} pixels differ from Pillow's")
print(f"compared {len(files)}")
