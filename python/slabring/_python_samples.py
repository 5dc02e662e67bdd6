"""What a sample of a user's own dataset becomes before the workers' machinery takes it."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Optional

Form = tuple[str, tuple[int, ...]]
"""Element type, as the library calls it, and shape."""

WORDS = {"uint8": "u8", "float16": "f16", "float32": "f32", "bfloat16": "bf16", "float64": "f64", "int8": "i8", "int16": "i16",
         "int32": "i32", "int64": "i64", "uint16": "u16", "uint32": "u32", "uint64": "u64"}
"""Of every element type that a batch can have."""


class Samples:
    """Calls the dataset, and says what came: ``(label, form, data)``, as the extension's PythonDataset takes it."""

    def __init__(self, dataset: Any, arrays: bool = False) -> None:
        self.dataset = dataset
        self.form: Optional[Form] = None
        if arrays:
            self.form = form_of_array(contiguous(parts_of(dataset[0])[0]))

    def __len__(self) -> int:
        return len(self.dataset)

    def __call__(self, index: int) -> tuple[int, str, Any]:
        image, label = parts_of(self.dataset[index])
        return (label, "array", self._checked(contiguous(image))) if self.form else (label, *_form_of(image))

    def _checked(self, array: Any) -> Any:
        found = form_of_array(array)
        if found != self.form:
            assert self.form is not None
            raise ValueError(f"the sample is {found[0]} {found[1]}, and sample 0 is {self.form[0]} {self.form[1]}; they have to be alike")
        return array


class Mapped:
    """A dataset whose samples go through a function when they are asked for."""

    def __init__(self, dataset: Any, function: Callable[[Any, int], Any]) -> None:
        self.dataset = dataset
        self.function = function
        self.classes = getattr(dataset, "classes", [])

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> tuple[Any, int]:
        image, label = parts_of(self.dataset[index])
        changed = self.function(image, label)
        return parts_of(changed, label)


def parts_of(sample: Any, label: int = -1) -> tuple[Any, int]:
    """``(image, label)``; ``label`` is that of a sample that is an image alone."""
    image, found = sample if isinstance(sample, tuple) and len(sample) == 2 else (sample, label)
    return image, int(found)


def contiguous(sample: Any) -> Any:
    """Contiguous, of this machine's byte order. A tensor of torch's is taken without a copy."""
    import numpy

    array = numpy.asarray(sample)
    return numpy.ascontiguousarray(array, array.dtype.newbyteorder("=")).reshape(array.shape)


def form_of_array(array: Any) -> Form:
    name = "uint8" if array.dtype == bool else str(array.dtype)
    if name not in WORDS:
        raise TypeError(f"the sample has dtype {array.dtype}; it must be one of {', '.join(WORDS)}")
    return WORDS[name], tuple(array.shape)


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
            raise TypeError(f"the image has dtype {pixels.dtype}; it must be uint8, or the dataset's samples arrays: "
                            "slabring.PythonDataset(dataset, arrays=True)")
    if len(pixels.shape) != 3 or not 1 <= pixels.shape[2] <= 4:
        raise ValueError(f"the image has shape {tuple(pixels.shape)}; it must be (height, width) or (height, width, channels) "
                         "with 1 to 4 channels; samples of other shapes are arrays: slabring.PythonDataset(dataset, arrays=True)")
    return pixels
