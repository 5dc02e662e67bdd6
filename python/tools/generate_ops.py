#!/usr/bin/env python3
"""Writes the classes of slabring.transforms from the library's own table of transforms.

usage: generate_ops.py EXTENSION OUTPUT

EXTENSION is the built `_slabring`, whose describe_transforms() has each transform with its parameters, their types and
defaults. So a transform that the library learns is in Python after the next build.
"""

import importlib.util
import json
import pathlib
import sys

HINTS = {
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "text": "str",
    "word": "str | enum.Enum",
    "integers": "int | Sequence[int]",
    "numbers": "Sequence[float]",
    "range": "float | Sequence[float]",
    "size": "int | Sequence[int]",
    "interpolation": "str | enum.Enum",
    "transforms": "Sequence[Transform]",
    "any": "Any",
}

# torchvision's order of positional parameters, where it is not the table's.
POSITIONS = {"Resize": ("size", "interpolation", "max_size"), "RandomShortestSize": ("min_size", "max_size", "interpolation")}

HEAD = '''"""Made by python/tools/generate_ops.py from the library's table of transforms: do not edit."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Any

from slabring._transform import Transform

__all__ = [{names}]
'''


def table_of(extension):
    spec = importlib.util.spec_from_file_location("_slabring", extension)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return json.loads(module.describe_transforms())


def python_default(value):
    return repr(tuple(value) if isinstance(value, list) else value)


def in_torchvisions_order(op):
    order = POSITIONS.get(op["op"])
    parameters = op["parameters"]
    return sorted(parameters, key=lambda p: order.index(p["name"])) if order else parameters


def signature(parameters):
    parts = []
    for parameter in parameters:
        hint = HINTS.get(parameter["type"], "Any")
        if "default" not in parameter:
            parts.append(f"{parameter['name']}: {hint}")
        elif parameter["default"] is None:
            parts.append(f"{parameter['name']}: {hint if hint == 'Any' else hint + ' | None'} = None")
        else:
            parts.append(f"{parameter['name']}: {hint} = {python_default(parameter['default'])}")
    return ", ".join(["self", *parts])


def class_of(op):
    parameters = in_torchvisions_order(op)
    passed = ", ".join(f"{p['name']}={p['name']}" for p in parameters)
    return f'''

class {op["op"]}(Transform):
    """``torchvision.transforms.{op["op"]}``; docs/transforms.md says what its parameters mean."""

    def __init__({signature(parameters)}) -> None:
        super().__init__({passed})
'''


def main():
    extension, output = sys.argv[1:]
    table = table_of(extension)
    names = ", ".join(f'"{op["op"]}"' for op in table)
    pathlib.Path(output).write_text(HEAD.format(names=names) + "".join(class_of(op) for op in table))


if __name__ == "__main__":
    main()
