"""Which samples there are."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Optional, Union

from slabring import _slabring
from slabring.transforms import Compose, TransformLike, compose


class Dataset:
    """What a DataLoader can load; made by one of the classes below."""

    _core: _slabring.Dataset
    transform: Optional[Compose] = None

    def __len__(self) -> int:
        return len(self._core)

    @property
    def classes(self) -> list[str]:
        """Class names by label; empty when labels have none."""
        return self._core.classes()

    def describe(self, index: int) -> str:
        """What messages call a sample: its path, as a rule. Raises IndexError."""
        return self._core.describe(index)


class ImageFolder(Dataset):
    """A folder of class folders, with the classes and the order of ``torchvision.datasets.ImageFolder``; or a folder of
    images, whose labels are all -1.

    ``root``: the folder. ``transform``: for DataLoaders that are given none. ``extensions``: file name endings that count,
    compared without case; the default is torchvision's.

    Raises Error (``dataset``) when the folder is missing or holds no image. Files are listed now and opened by the workers,
    who may open nothing else. Any thread may use it.
    """

    _core: _slabring.ImageFolder

    def __init__(self, root: Union[str, "os.PathLike[str]"], transform: TransformLike = None, *,
                 extensions: Optional[Sequence[str]] = None) -> None:
        self.root = os.fspath(root)
        self.transform = None if transform is None else compose(transform)
        self._core = _slabring.ImageFolder(self.root, None if extensions is None else list(extensions))

    @property
    def class_to_idx(self) -> dict[str, int]:
        return {name: label for label, name in enumerate(self.classes)}

    def label(self, index: int) -> int:
        """Raises IndexError."""
        return self._core.label(index)

    @property
    def targets(self) -> list[int]:
        """The label of every sample, in order."""
        return [self._core.label(index) for index in range(len(self))]

    def __repr__(self) -> str:
        return f"ImageFolder({self.root!r}: {len(self)} images, {len(self.classes)} classes)"
