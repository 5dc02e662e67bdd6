"""Reads torchvision's transforms by their class names and attributes, so that torchvision need not be there."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Optional

from slabring import _ops
from slabring._transform import Transform, plain

# What says the type of the result instead of changing pixels; the value tells the type, if the class alone does.
_CONVERSIONS: dict[str, Optional[str]] = {"ToTensor": "float32", "PILToTensor": "uint8", "ToImage": None, "ToImageTensor": None,
                                          "ToPureTensor": None, "ConvertImageDtype": None, "ToDtype": None,
                                          "ConvertDtype": None}
# Those that work on a row when it has its type, in torchvision and here.
_ON_TENSORS = ("Normalize", "RandomErasing")


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


def _convert(step: Any) -> Transform:
    name = type(step).__name__
    ours = getattr(_ops, name, None) if name in _ops.__all__ else None
    if ours is None:
        what = "a function" if name in ("Lambda", "function") else "not among slabring's transforms"
        raise TypeError(f"{name} cannot be converted: it is {what} (docs/transforms.md lists them)")
    made: Transform = ours(**_parameters(step, ours))
    return made


def _dtype_of(step: Any) -> Optional[str]:
    fixed = _CONVERSIONS[type(step).__name__]
    dtype = getattr(step, "dtype", None)
    if fixed or dtype is None:
        return fixed
    if type(step).__name__ == "ToDtype" and not getattr(step, "scale", True) and "float" in str(dtype):
        raise TypeError("ToDtype without scale=True cannot be converted: float images are scaled to 0..1 here; write "
                        "ToDtype(dtype, scale=True)")
    return str(dtype)


def from_torchvision(transform: Any) -> tuple[list[Transform], Optional[str]]:
    """The steps, and the name of the type that the images are to have, if the pipeline says it."""
    steps = getattr(transform, "transforms", [transform]) if type(transform).__name__ == "Compose" else transform
    converted: list[Transform] = []
    dtype: Optional[str] = None
    is_tensor = False
    for step in steps if isinstance(steps, (list, tuple)) else [steps]:
        name = type(step).__name__
        if name in _CONVERSIONS:
            dtype = _dtype_of(step) or dtype
            is_tensor = True
            continue
        if is_tensor and name not in _ON_TENSORS:
            raise TypeError(f"{name} stands behind the conversion to a tensor, and torchvision's pixels are others for "
                            "tensors than for images; put it in front of ToTensor")
        converted.append(_convert(step))
    return converted, dtype
