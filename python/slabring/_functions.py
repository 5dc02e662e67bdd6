"""What stands between a worker and a function of the user's that is a step of a pipeline."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any


def wants_generator(function: Callable[..., Any]) -> bool:
    """Whether it has to be given a second argument."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # a function of C says nothing
        return False
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) and p.default is p.empty]
    return len(positional) > 1


def name_of(function: Callable[..., Any]) -> str:
    while isinstance(function, functools.partial):
        function = function.func
    kind = type(function)
    return f"{getattr(function, '__module__', kind.__module__)}.{getattr(function, '__qualname__', kind.__qualname__)}"


class Call:
    """Calls the function with a view of the pixels, and takes what it returns."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.wants_generator = wants_generator(function)

    def __call__(self, pixels: memoryview, first: int, second: int) -> None:
        import numpy

        image = numpy.asarray(pixels)
        arguments = (numpy.random.Generator(numpy.random.Philox(key=[first, second])),) if self.wants_generator else ()
        result = self.function(image, *arguments)
        if result is None or result is image:
            return
        result = numpy.asarray(result)
        if result.ndim == 2 and image.shape[2] == 1:
            result = result[:, :, None]
        if result.shape != image.shape or result.dtype != numpy.uint8:
            raise ValueError(f"{name_of(self.function)} returned {result.dtype} {result.shape} for an image of uint8 {image.shape}; "
                             "shape and type have to stay as they are")
        image[...] = result
