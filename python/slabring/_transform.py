"""The base of all transforms."""

from __future__ import annotations

import enum
import json
from typing import Any

from slabring import _slabring


def plain(value: Any) -> Any:
    """``value`` as JSON has it: transforms and enums by name, tuples as lists, numbers of numpy and torch as Python's."""
    if isinstance(value, Transform):
        return value.to_dict()
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):
        return value.tolist()
    if callable(value):
        raise TypeError(f"{value!r} is a function, and the workers have no Python; a transform must be one of "
                        "slabring.transforms (slabring.transforms.from_torchvision converts torchvision's)")
    return value


class Transform:
    """One step of a pipeline: a name and parameters, checked when it is made. It is applied by the workers.

    Equal when name and parameters are equal; raises InvalidArgument for a value that cannot be used.
    """

    _parameters: dict[str, Any]

    def __init__(self, **parameters: Any) -> None:
        given = {name: plain(value) for name, value in parameters.items() if value is not None}
        text = json.dumps({"transforms": [{"op": self.op, **given}]})
        self._parameters = json.loads(_slabring.check_pipeline(text))["transforms"][0]

    @property
    def op(self) -> str:
        """Its name in a pipeline file."""
        return type(self).__name__

    def to_dict(self) -> dict[str, Any]:
        """As it stands in a pipeline file, every default filled in."""
        return dict(self._parameters)

    def __repr__(self) -> str:
        inner = ", ".join(f"{name}={value!r}" for name, value in self._parameters.items() if name != "op")
        return f"{self.op}({inner})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Transform) and self._parameters == other._parameters

    def __hash__(self) -> int:
        return hash(json.dumps(self._parameters))
