"""The transforms of torchvision, applied by the workers.

Names, parameters and defaults are torchvision's; docs/transforms.md says what each does and to which bit its pixels are
those of torchvision on Pillow. Every transform of that page is here; ``Lambda`` is a Python function.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Optional, Union

from slabring import _ops, _slabring
from slabring._ops import *  # noqa: F403
from slabring._python_samples import WORDS
from slabring._transform import Lambda, Transform, as_step, number_functions
from slabring._torchvision import from_torchvision as _from_torchvision

__all__ = [*_ops.__all__, "Compose", "ConvertImageDtype", "InterpolationMode", "Lambda", "PILToTensor", "ToTensor", "Transform",
           "from_torchvision", "train", "val"]


class InterpolationMode(enum.Enum):
    """Pillow's filters; torchvision's own InterpolationMode and the words do as well."""

    NEAREST = "nearest"
    BOX = "box"
    BILINEAR = "bilinear"
    HAMMING = "hamming"
    BICUBIC = "bicubic"
    LANCZOS = "lanczos"


class ConvertImageDtype:
    """Says what the images' element type is: ``"uint8"``, ``"float16"`` or ``"float32"``, or torch's or numpy's name for
    it. Float images are scaled to 0..1, as ``torchvision.transforms.ToTensor`` does.
    """

    def __init__(self, dtype: Any) -> None:
        self.dtype = dtype_word(dtype)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.dtype!r})"


class ToTensor(ConvertImageDtype):
    """``torchvision.transforms.ToTensor``: the images are float32 from 0 to 1."""

    def __init__(self) -> None:
        super().__init__("float32")


class PILToTensor(ConvertImageDtype):
    """``torchvision.transforms.PILToTensor``: the images are uint8, which is the default without Normalize."""

    def __init__(self) -> None:
        super().__init__("uint8")


_DTYPES = {**WORDS, **{word: word for word in WORDS.values()}, "half": "f16", "float": "f32", "double": "f64"}


def dtype_word(dtype: Any) -> str:
    """``dtype`` as the library calls it: u8, f16, f32, bf16 and so on. Takes names, numpy's and torch's types."""
    name = str(getattr(dtype, "__name__", dtype)).removeprefix("torch.")
    if name in _DTYPES:
        return _DTYPES[name]
    raise ValueError(f"dtype is {dtype!r}; it must be uint8, float16, float32 or bfloat16; of arrays also "
                     "float64 or an integer type")


Step = Union[Transform, ConvertImageDtype, Callable[..., Any]]
TransformLike = Union["Compose", Step, Sequence[Step], None]


class Compose:
    """Transforms in a row; checked as a whole when a DataLoader is made.

    ``ToTensor()`` and the like are no steps here: they say the ``dtype`` of the result. Without any it is float32 when
    there is a Normalize and uint8 when not.
    """

    def __init__(self, transforms: Iterable[Step]) -> None:
        self.transforms: list[Transform] = []
        self.dtype: Optional[str] = None
        self.layout: Optional[str] = None
        for step in transforms:
            if isinstance(step, ConvertImageDtype):
                self.dtype = step.dtype
            else:
                self._add(as_step(step))

    def _add(self, step: object) -> None:
        if not isinstance(step, Transform):
            raise TypeError(f"{step!r} is no transform; a step of Compose must be one of slabring.transforms, or a function")
        if self.dtype is not None and step._functions:
            raise TypeError(f"{step!r} stands behind the conversion to a tensor, and a function gets uint8 pixels, before they are "
                            "converted; put it in front of ToTensor")
        self.transforms.append(step)

    @property
    def _functions(self) -> list[Callable[..., Any]]:
        return [function for step in self.transforms for function in step._functions]

    @classmethod
    def from_json(cls, text: str) -> Compose:
        """Reads a pipeline file (docs/transforms.md). Raises InvalidArgument that says where and what is allowed."""
        file = json.loads(_slabring.check_pipeline(text))
        pipeline = cls([_from_dict(step) for step in file["transforms"]])
        pipeline.dtype, pipeline.layout = file.get("dtype"), file.get("layout")
        return pipeline

    def to_json(self) -> str:
        """A pipeline file, which `slabring --pipeline FILE` reads too. Raises TypeError when a Python function is in it."""
        if self._functions:
            raise TypeError("a pipeline with a Python function in it cannot be a file")
        return self._to_json()

    def _to_json(self) -> str:
        file: dict[str, Any] = {"transforms": [step.to_dict() for step in self.transforms]}
        number_functions(file["transforms"])
        if self.dtype:
            file["dtype"] = self.dtype
        if self.layout:
            file["layout"] = self.layout
        return json.dumps(file)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Compose) and self._to_json() == other._to_json() and self._functions == other._functions

    def __repr__(self) -> str:
        steps = [*map(repr, self.transforms), *([f"ConvertImageDtype({self.dtype!r})"] if self.dtype else [])]
        return "Compose([" + ", ".join(steps) + "])"


def _from_dict(step: dict[str, Any]) -> Transform:
    parameters = dict(step)
    name = parameters.pop("op")
    if "transforms" in parameters:
        parameters["transforms"] = [_from_dict(inner) for inner in parameters["transforms"]]
    made: Transform = getattr(_ops, name)(**parameters)
    return made


def compose(transform: TransformLike) -> Compose:
    """One transform, several in a list, or none at all as a Compose."""
    if isinstance(transform, Compose):
        return transform
    if transform is None:
        return Compose([])
    if type(transform).__module__.startswith("torchvision") and hasattr(transform, "transforms"):
        raise TypeError("transform is torchvision's Compose; convert it with "
                        "slabring.transforms.from_torchvision(transform)")
    return Compose(transform if isinstance(transform, (list, tuple)) else [transform])  # type: ignore[list-item]


def from_torchvision(transform: Any) -> Compose:
    """A pipeline of torchvision's ``transforms`` (or ``transforms.v2``) as one of slabring's: a Compose, a list, or one
    transform. Needs no torchvision of its own.

    Raises TypeError that names the step which cannot be converted, and why: a Lambda or another function, a transform that
    slabring does not have, or one that stands behind ToTensor and so works on tensors, with other pixels.
    """
    steps, dtype = _from_torchvision(transform)
    pipeline = Compose(steps)
    pipeline.dtype = dtype and dtype_word(dtype)
    return pipeline


def train(size: int = 224, normalize: bool = True) -> Compose:
    """`--pipeline train` of the command: RandomResizedCrop(size), RandomHorizontalFlip, Normalize with ImageNet's mean."""
    return Compose.from_json(_slabring.train_pipeline(size, normalize))


def val(size: int = 224, normalize: bool = True) -> Compose:
    """`--pipeline val` of the command: Resize(size * 256 / 224), CenterCrop(size), Normalize with ImageNet's mean."""
    return Compose.from_json(_slabring.val_pipeline(size, normalize))
