"""A contact sheet of images, as a PNG made without any image library."""

from __future__ import annotations

import base64
import html
import os
import struct
import zlib
from typing import Union

from slabring import _slabring

_GAP = 2  # pixels between images, white


class Preview:
    """A contact sheet; a notebook shows it, ``save`` writes it."""

    def __init__(self, png: bytes, labels: list[str]) -> None:
        self.png = png
        """The PNG file."""
        self.labels = labels
        """The class of each image, row by row; its number where classes have no names."""

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


def contact_sheet(images: _slabring.Array, labels: list[str], columns: int) -> Preview:
    """Requires: uint8 images ``[N, H, W, C]`` with 1 or 3 channels, N > 0, columns > 0."""
    count, height, width, channels = images.shape
    columns = min(columns, count)
    pixels = bytes(memoryview(images))  # type: ignore[arg-type]
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
    return Preview(_png(lines, sheet_width, channels), labels)
