#!/usr/bin/env python3
"""Writes docs/python_api.md from the docstrings of the built package.

usage: PYTHONPATH=build/python python3 python/tools/generate_api.py > docs/python_api.md

tests/python/api_test.py fails when the page is not what this prints.
"""

import dataclasses
import enum
import inspect
import re

import slabring
from slabring import transforms

HEAD = """# API of the Python package

Made from the docstrings by python/tools/generate_api.py. How things work together is in [python.md](python.md); the transforms and
their parameters are in [transforms.md](transforms.md).
"""


def text_of(thing):
    """A docstring as Markdown."""
    text = re.sub(r"^\w+\(.*\) -> \w+\n+", "", inspect.getdoc(thing) or "")
    text = re.sub(r":\w+:`(\w+)`", r"`\1`", text)
    return text.replace("``", "`")


def signature_of(function):
    """Without the types, which the hints have."""
    try:
        signature = inspect.signature(function)
    except ValueError:  # the extension's have theirs in the docstring
        return "()"
    parameters = [p.replace(annotation=p.empty) for p in signature.parameters.values() if p.name not in ("self", "cls")]
    return str(signature.replace(parameters=parameters, return_annotation=signature.empty))


def own_members(cls):
    for name, member in vars(cls).items():
        if name == "__len__" or not name.startswith("_"):
            yield name, member


def attribute_docs(cls):
    """Of the strings that stand behind the fields of a dataclass or NamedTuple."""
    found = dict(re.findall(r'^    (\w+): [^\n]+\n    """(.*?)"""', inspect.getsource(cls), re.MULTILINE | re.DOTALL))
    return {name: text.replace('\\"', '"') for name, text in found.items()}


def members_of(cls):
    if dataclasses.is_dataclass(cls) or hasattr(cls, "_fields"):
        documented = attribute_docs(cls)
        names = getattr(cls, "_fields", None) or [field.name for field in dataclasses.fields(cls)]
        return [f"- `{name}`" + (f": {documented[name]}" if name in documented else "") for name in names]
    lines = []
    for name, member in own_members(cls):
        if isinstance(member, property):
            lines.append(f"- `{name}`" + (f": {text_of(member)}" if text_of(member) else ""))
        elif isinstance(member, (classmethod, staticmethod)) or inspect.isfunction(member):
            function = getattr(cls, name)
            shown = "len()" if name == "__len__" else name + signature_of(function)
            lines.append(f"- `{shown}`" + (f": {text_of(function)}" if text_of(function) else ""))
    return [line.replace("\n\n", "\n").replace("\n", "\n  ") for line in lines]


def section(prefix, name, thing):
    lines = []
    if inspect.isclass(thing):
        bases = [base.__name__ for base in thing.__bases__ if issubclass(base, Exception)]
        plain = bases or issubclass(thing, enum.Enum) or hasattr(thing, "_fields") or dataclasses.is_dataclass(thing)
        shown = f"({', '.join(bases)})" if bases else "" if plain or thing in (slabring.Array, slabring.Batch, slabring.Dataset, slabring.SampleFacts) else signature_of(thing)
        lines += [f"### `{prefix}{name}{shown}`", "", text_of(thing), ""]
        if not issubclass(thing, enum.Enum) and thing is not slabring.Array:
            members = members_of(thing)
            lines += [*members, ""] if members else []
    else:
        lines += [f"### `{prefix}{name}{signature_of(thing)}`", "", text_of(thing), ""]
    return lines


def page():
    lines = [HEAD]
    lines += ["## slabring", ""]
    for name in slabring.__all__:
        if name != "transforms":
            lines += section("slabring.", name, getattr(slabring, name))
    lines += ["## slabring.transforms", "", text_of(transforms), ""]
    for name in transforms.__all__:
        if name not in transforms._ops.__all__:
            lines += section("slabring.transforms.", name, getattr(transforms, name))
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    print(page(), end="")
