"""The documentation's pages against the package."""

import inspect
import pathlib
import re
import sys
import unittest

import slabring
from slabring import transforms as T

root = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(root / "python/tools"))
import generate_api


class Pages(unittest.TestCase):
    maxDiff = None

    def test_the_api_page_is_what_the_docstrings_say(self):
        page = (root / "docs/python_api.md").read_text()
        self.assertEqual(page, generate_api.page(),
                         "make it anew: PYTHONPATH=build/python python3 python/tools/generate_api.py > docs/python_api.md")

    def test_every_argument_of_torchs_loader_has_a_row(self):
        page = (root / "docs/python.md").read_text()
        rows = set(re.findall(r"`(\w+)`", "".join(line.split("|")[1] for line in page.splitlines() if line.startswith("| `"))))
        arguments = set(inspect.signature(slabring.DataLoader).parameters)
        ours = {"transform", "seed", "attachable", "prefetch", "dtype", "layout", "device", "on_error", "output", "when_held", "rank", "world",
                "uneven", "ranks_from_environment", "mesh"}
        self.assertEqual(arguments - ours - rows, set())
        try:
            from torch.utils.data import DataLoader
        except ImportError:
            return
        self.assertEqual(set(inspect.signature(DataLoader).parameters) - rows, set())
        self.assertEqual(set(inspect.signature(DataLoader).parameters) - arguments, set())

    def test_what_the_pages_name_is_there(self):
        for page in ("python.md", "migration.md"):
            text = (root / "docs" / page).read_text()
            for module, pattern in ((slabring, r"slabring\.([A-Za-z_.]+\w)"), (T, r"\bT\.(\w+)"), (slabring.DataLoader, r"\bloader\.(\w+)")):
                for path in set(re.findall(pattern, text)):
                    thing = module
                    for name in path.split("."):
                        self.assertTrue(hasattr(thing, name), f"{page}: {path}")
                        thing = getattr(thing, name)

    def test_every_transform_stands_on_the_page_of_transforms(self):
        page = (root / "docs/transforms.md").read_text()
        for name in T._ops.__all__:
            self.assertIn(f"`{name}`", page)


if __name__ == "__main__":
    unittest.main()
