"""Reads torchvision's transforms by their class names and attributes, so that torchvision need not be there."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any, NoReturn, Optional

from slabring import _ops
from slabring._transform import Transform, plain

# What says the type of the result instead of changing pixels; the value tells the type, if the class alone does.
_CONVERSIONS: dict[str, Optional[str]] = {"ToTensor": "float32", "PILToTensor": "uint8", "ToImage": None, "ToImageTensor": None,
                                          "ToPureTensor": None, "ConvertImageDtype": None, "ToDtype": None,
                                          "ConvertDtype": None}
# Those that work on a row when it has its type, in torchvision and here.
_ON_TENSORS = ("Normalize", "RandomErasing")
# Those that only move pixels: the same before and behind the conversion, and the first two behind Normalize, too.
_FLIPS = ("RandomHorizontalFlip", "RandomVerticalFlip")
_CROPS = ("CenterCrop", "RandomCrop")
# Those that change nothing where they stand first, since images arrive as they make them.
_NOTHING = ("ToPILImage", "RGB", "Identity")

_FUNCTION = ("a function wants Pillow's images or tensors there; write one on numpy's uint8 arrays, (height, width, channels), and put it "
             "into slabring.transforms.Compose as it is")
_INSTEAD = {
    "Lambda": _FUNCTION,
    "FiveCrop": "it makes several images of one, and a row holds one; crop the batch in the loop",
    "TenCrop": "it makes several images of one, and a row holds one; crop the batch in the loop",
    "LinearTransformation": "it works on whole rows of floats; apply it to the batch in the loop",
    "ToPILImage": "images are no tensors before it; leave out ToTensor before it and ToPILImage",
}


def _one_number(value: Any) -> Any:
    return value[0] if isinstance(value, (list, tuple)) and len(value) == 1 else value


# Attributes that torchvision keeps in another form than its constructor takes.
_REPAIRS: dict[tuple[str, str], Callable[[Any], Any]] = {
    ("Resize", "size"): _one_number,
    ("RandomChoice", "p"): lambda p: None if isinstance(p, (int, float)) else p,
    ("RandomErasing", "value"): lambda value: "random" if value is None else value,
}


def _parameters(step: Any, ours: type[Transform]) -> dict[str, Any]:
    name = ours.__name__
    found: dict[str, Any] = {}
    for parameter in list(inspect.signature(ours).parameters):
        if parameter == "transforms":
            found[parameter] = [_convert(inner) for inner in step.transforms]
        elif hasattr(step, parameter):
            value = _REPAIRS.get((name, parameter), lambda same: same)(getattr(step, parameter))
            if value is not None:
                found[parameter] = plain(value)
    return found


def _refuse(step: Any) -> NoReturn:
    if isinstance(step, type):
        raise TypeError(f"{step.__name__} is a class; the pipeline needs an object of it: {step.__name__}(...)")
    name = getattr(step, "__name__", None) or type(step).__name__
    if name in _CONVERSIONS:
        raise TypeError(f"{name} cannot be converted within another transform: a batch has one type, so put it at the end of the pipeline")
    if name in _INSTEAD:
        raise TypeError(f"{name} cannot be converted: {_INSTEAD[name]}")
    if not callable(step):
        raise TypeError(f"{step!r} cannot be converted: it is no transform")
    if type(step).__module__.startswith("torchvision"):
        raise TypeError(f"{name} cannot be converted: it is not among slabring's transforms (docs/transforms.md lists them); write it as a "
                        "function on numpy's uint8 arrays, or apply it to the batch in the loop")
    raise TypeError(f"{name} cannot be converted: {_FUNCTION}")


def _convert(step: Any) -> Transform:
    name = type(step).__name__
    ours = getattr(_ops, name, None) if name in _ops.__all__ else None
    if ours is None:
        _refuse(step)
    made: Transform = ours(**_parameters(step, ours))
    return made


def _dtype_of(step: Any) -> Optional[str]:
    name = type(step).__name__
    fixed = _CONVERSIONS[name]
    dtype = getattr(step, "dtype", None)
    if fixed or dtype is None:
        return fixed
    if name == "ToDtype" and not getattr(step, "scale", True) and "float" in str(dtype):
        raise TypeError("ToDtype without scale=True cannot be converted: float images are scaled to 0..1 here; write "
                        "ToDtype(dtype, scale=True)")
    word = str(dtype).removeprefix("torch.")
    if word not in ("uint8", "float16", "half", "float32", "float", "bfloat16"):
        raise TypeError(f"{name}({dtype}) cannot be converted: images become uint8, float16, float32 or bfloat16")
    return word


def _flat(transform: Any) -> Iterator[Any]:
    """The steps of a Compose, a list or torch's Sequential, however deep."""
    if isinstance(transform, (list, tuple)):
        steps: Any = transform
    elif type(transform).__name__ == "Compose":
        steps = transform.transforms
    elif type(transform).__name__ in ("Sequential", "ModuleList"):
        steps = list(transform)
    else:
        yield transform
        return
    for step in steps:
        yield from _flat(step)


def _pads(step: Any) -> bool:
    """It puts other values than 0 beside the pixels, which are not the same before and behind the conversion."""
    return bool(getattr(step, "fill", 0)) and getattr(step, "padding_mode", "constant") == "constant"


class _Conversion:
    """Where a pipeline has got to."""

    def __init__(self) -> None:
        self.steps: list[Transform] = []
        self.on_tensors: list[Transform] = []
        self.dtype: Optional[str] = None
        self.tensor_by = ""  # the step that made tensors of the images

    def add(self, step: Any) -> None:
        name = type(step).__name__
        if name in _CONVERSIONS:
            self.dtype = _dtype_of(step) or self.dtype
            self.tensor_by = self.tensor_by or name
        elif name in _NOTHING and not self.steps and not self.tensor_by:
            pass
        elif name in _ON_TENSORS:
            self.on_tensors.append(_convert(step))
        elif not self.tensor_by and not self.on_tensors or self._moves_in_front(step):
            self.steps.append(_convert(step))
        else:
            self._refuse_on_tensors(step)

    def _moves_in_front(self, step: Any) -> bool:
        name = type(step).__name__
        before = [other.op for other in self.on_tensors]
        if name in _FLIPS:
            return "RandomErasing" not in before
        return name in _CROPS and not before and not _pads(step)

    def _refuse_on_tensors(self, step: Any) -> NoReturn:
        name = type(step).__name__
        if name not in _ops.__all__:
            _refuse(step)
        behind = self.tensor_by or self.on_tensors[0].op
        raise TypeError(f"{name} stands behind {behind}, where torchvision works on tensors, whose pixels are others than those of "
                        f"images; put it in front of {behind}")


def from_torchvision(transform: Any) -> tuple[list[Transform], Optional[str]]:
    """The steps, and the name of the type that the images are to have, if the pipeline says it."""
    conversion = _Conversion()
    for step in _flat(transform):
        conversion.add(step)
    return conversion.steps + conversion.on_tensors, conversion.dtype
