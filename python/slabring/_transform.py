"""The base of all transforms."""

from __future__ import annotations

import copy
import enum
import json
from collections.abc import Callable
from typing import Any

from slabring import _slabring
from slabring._functions import name_of


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
    return value


def as_step(step: Any) -> Any:
    """A function of one's own as a Lambda; anything else as it is. Raises TypeError for what is a transform of torchvision's."""
    if isinstance(step, Transform) or not callable(step) or isinstance(step, type):
        return step
    if type(step).__module__.startswith("torchvision"):
        raise TypeError(f"{type(step).__name__} is torchvision's: convert it with slabring.transforms.from_torchvision, "
                        f"or write slabring.transforms.{type(step).__name__}")
    return Lambda(step)


class Transform:
    """One step of a pipeline: a name and parameters, checked when it is made. It is applied by the workers.

    Equal when name and parameters are equal; raises InvalidArgument for a value that cannot be used.
    """

    _parameters: dict[str, Any]
    _functions: list[Callable[..., Any]]
    """Of the Lambdas in it, however deep, in their order."""

    def __init__(self, **parameters: Any) -> None:
        self._functions = []
        if "transforms" in parameters:
            parameters["transforms"] = [as_step(step) for step in parameters["transforms"]]
            self._functions = [function for step in parameters["transforms"] for function in getattr(step, "_functions", [])]
        given = {name: plain(value) for name, value in parameters.items() if value is not None}
        text = json.dumps({"transforms": [{"op": self.op, **given}]})
        self._parameters = json.loads(_slabring.check_pipeline(text))["transforms"][0]

    @property
    def op(self) -> str:
        """Its name in a pipeline file."""
        return type(self).__name__

    def to_dict(self) -> dict[str, Any]:
        """As it stands in a pipeline file, every default filled in."""
        return copy.deepcopy(self._parameters)

    def __repr__(self) -> str:
        inner = ", ".join(f"{name}={value!r}" for name, value in self._parameters.items() if name != "op")
        return f"{self.op}({inner})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Transform) and self._parameters == other._parameters

    def __hash__(self) -> int:
        return hash(json.dumps(self._parameters))


def number_functions(steps: list[dict[str, Any]], first: int = 0) -> int:
    """Says for each function in ``steps`` which it is, in the order of ``_functions``; returns the number of the next one."""
    for step in steps:
        if "transforms" in step:
            first = number_functions(step["transforms"], first)
        elif step.get("name") == "python" and step["op"] == "Plugin":
            step["config"] = f"{first}:{step['config'].partition(':')[2]}"
            first += 1
    return first


class Lambda(Transform):
    """A Python function as a step, ``torchvision.transforms.Lambda``; in a list of transforms the function itself does as well.

    ``function(image)`` gets the pixels as a numpy array, uint8 (height, width, channels), and changes them in place, or returns
    others of the same shape. One with two arguments, ``function(image, random)``, also gets a ``numpy.random.Generator`` whose
    numbers are a function of (seed, epoch, sample): draw from that and from nothing else, and the result is the same whatever
    the workers. The array is the workers' memory: keep a copy, not the array. An exception is a fault of its sample
    (``transform_failed``).

    The workers are interpreters then, as for a PythonDataset (start method ``spawn``): the function goes there by pickle, so it has
    to be one that a module has under its name, or an object of a class that has. It stands before Normalize.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        if not callable(function):
            raise TypeError(f"function is {function!r}; it must be callable")
        self.function = function
        self._functions = [function]
        # The extension is a plug-in, too; which of the pipeline's functions it is, number_functions() says.
        self._parameters = {"op": "Plugin", "path": _slabring.__file__, "name": "python", "config": f"?:{name_of(function)}"}

    @property
    def op(self) -> str:
        return "Lambda"

    def __repr__(self) -> str:
        return f"Lambda({name_of(self.function)})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Lambda) and self.function == other.function

    def __hash__(self) -> int:
        return hash(self.function)
