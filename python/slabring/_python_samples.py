"""What a sample of a user's own dataset becomes before the workers' machinery takes it."""

from __future__ import annotations

import os
from typing import Any


class Samples:
    """Calls the dataset, and says what came: ``(label, form, data)``, as the extension's PythonDataset takes it."""

    def __init__(self, dataset: Any) -> None:
        self.dataset = dataset

    def __len__(self) -> int:
        return len(self.dataset)

    def __call__(self, index: int) -> tuple[int, str, Any]:
        sample = self.dataset[index]
        image, label = sample if isinstance(sample, tuple) and len(sample) == 2 else (sample, -1)
        return (int(label), *_form_of(image))


def _form_of(image: Any) -> tuple[str, Any]:
    if isinstance(image, (str, os.PathLike)):
        return "path", os.fspath(image)
    if isinstance(image, (bytes, bytearray)):
        return "encoded", image
    return "pixels", _pixels_of(image)


def _pixels_of(image: Any) -> Any:
    if isinstance(image, memoryview):
        pixels: Any = image
    else:
        import numpy

        if hasattr(image, "getbands") and image.mode not in ("L", "RGB", "RGBA"):
            image = image.convert("RGB")  # of Pillow: palettes, bits, CMYK
        pixels = numpy.ascontiguousarray(image)
        if pixels.ndim == 2:
            pixels = pixels[:, :, None]
        if pixels.dtype != numpy.uint8:
            raise TypeError(f"the image has dtype {pixels.dtype}; it must be uint8")
    if len(pixels.shape) != 3 or not 1 <= pixels.shape[2] <= 4:
        raise ValueError(f"the image has shape {tuple(pixels.shape)}; it must be (height, width) or (height, width, channels) "
                         "with 1 to 4 channels")
    return pixels
