"""A contact sheet of images, as a PNG made without any image library."""

from __future__ import annotations

import base64
import html
import os
import struct
import zlib
from collections.abc import Iterable, Sequence
from typing import Any, Optional, Union

_GAP = 2  # pixels between images, white


class Preview:
    """A contact sheet; a notebook shows it, ``save`` writes it. ``DataLoader.preview`` makes one, and ``Preview.of``."""

    def __init__(self, png: bytes, labels: list[str]) -> None:
        self.png = png
        """The PNG file."""
        self.labels = labels
        """The class of each image, row by row; its number where classes have no names."""

    @classmethod
    def of(cls, images: Any, labels: Iterable[Any] = (), *, columns: int = 8, mean: Optional[Sequence[float]] = None,
           std: Optional[Sequence[float]] = None) -> Preview:
        """The sheet of images in memory: those of a batch, an array of numpy's, a tensor of torch's on the CPU.

        They are [N, H, W], [N, H, W, C] or [N, C, H, W] of any type, with 1, 3 or 4 channels; a fourth is not shown. ``mean`` and
        ``std`` say what they were normalised with, and that is undone. Otherwise 0 to 1 of fractions, and 0 to 255, is black to
        white; values beyond are stretched so that all can be seen.

        Raises ValueError with the shape for what is no image. Needs numpy, unless they are an :class:`Array` of uint8
        [N, H, W, C].
        """
        if columns < 1:
            raise ValueError(f"columns is {columns}; it must be 1 or more")
        pixels, shape = _plain_pixels(images) or _shown(images, mean, std)
        if shape[0] == 0:
            raise ValueError("there is no image to show")
        return cls(_contact_sheet(pixels, shape, columns), [str(label) for label in labels])

    def save(self, path: Union[str, "os.PathLike[str]"]) -> None:
        """Writes the PNG. Raises OSError."""
        with open(path, "wb") as file:
            file.write(self.png)

    def _repr_png_(self) -> bytes:
        return self.png

    def _repr_html_(self) -> str:
        image = base64.b64encode(self.png).decode()
        shown = html.escape(", ".join(self.labels))
        return f'<figure><img src="data:image/png;base64,{image}" alt="{shown}"/><figcaption>{shown}</figcaption></figure>'

    def __repr__(self) -> str:
        return f"Preview({len(self.labels)} images, {len(self.png)} bytes of PNG; save(path) writes it)"


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _png(lines: list[bytes], width: int, channels: int) -> bytes:
    colour_type = 0 if channels == 1 else 2
    header = struct.pack(">IIBBBBB", width, len(lines), 8, colour_type, 0, 0, 0)
    unfiltered = b"".join(b"\0" + line for line in lines)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(unfiltered)) + _chunk(b"IEND", b"")


Shape = tuple[int, int, int, int]


def _plain_pixels(images: Any) -> Optional[tuple[bytes, Shape]]:
    """Those that are as they have to be, without numpy."""
    if getattr(images, "dtype", None) != "uint8" or len(images.shape) != 4 or images.shape[3] not in (1, 3):
        return None
    return memoryview(images).tobytes(), images.shape


def _shown(images: Any, mean: Optional[Sequence[float]], std: Optional[Sequence[float]]) -> tuple[bytes, Shape]:
    """As uint8 [N, H, W, C] with 1 or 3 channels."""
    import numpy

    array = numpy.asarray(images)
    if array.dtype.kind == "V" and array.dtype.itemsize == 2:  # bfloat16, which numpy has not
        array = (array.view(numpy.uint16).astype(numpy.uint32) << 16).view(numpy.float32)
    array = _channels_last(array)[..., :3]
    if mean is not None or std is not None:
        array = array * numpy.asarray(1.0 if std is None else std) + numpy.asarray(0.0 if mean is None else mean)
        array = numpy.clip(array, 0, 1)
    array = numpy.ascontiguousarray(_bytes_of(array))
    count, height, width, channels = array.shape
    return array.tobytes(), (count, height, width, channels)


def _channels_last(array: Any) -> Any:
    if array.ndim == 3:
        return array[..., None]
    if array.ndim == 4 and array.shape[1] in (1, 3, 4) and array.shape[3] not in (1, 3, 4):
        return array.transpose(0, 2, 3, 1)
    if array.ndim == 4 and array.shape[3] in (1, 3, 4):
        return array
    raise ValueError(f"the samples are {array.dtype} {list(array.shape[1:])}, and no images that can be shown: these are [H, W], [H, W, C] "
                     "or [C, H, W] with 1, 3 or 4 channels")


def _bytes_of(array: Any) -> Any:
    """Its values as 0 to 255."""
    import numpy

    if array.dtype == numpy.uint8:
        return array
    values = numpy.nan_to_num(array.astype(numpy.float64), posinf=0, neginf=0)
    low, high = values.min(initial=0), values.max(initial=0)
    if array.dtype.kind == "f" and low >= 0 and high <= 1:
        low, high = 0, 1
    elif low >= 0 and high <= 255:
        low, high = 0, 255
    return numpy.rint((values - low) * (255 / (high - low))).astype(numpy.uint8)


def _contact_sheet(pixels: bytes, shape: Shape, columns: int) -> bytes:
    """Requires: as many bytes as the shape [N, H, W, C] says, 1 or 3 channels, N > 0, columns > 0."""
    count, height, width, channels = shape
    columns = min(columns, count)
    row_bytes, image_bytes = width * channels, height * width * channels
    gap, missing = b"\xff" * (_GAP * channels), b"\xff" * row_bytes
    sheet_width = columns * (width + _GAP) - _GAP
    lines: list[bytes] = []
    for first in range(0, count, columns):
        if first:
            lines += [b"\xff" * (sheet_width * channels)] * _GAP
        for y in range(height):
            starts = [number * image_bytes + y * row_bytes for number in range(first, min(first + columns, count))]
            row = [pixels[start:start + row_bytes] for start in starts]
            lines.append(gap.join(row + [missing] * (columns - len(row))))
    return _png(lines, sheet_width, channels)
