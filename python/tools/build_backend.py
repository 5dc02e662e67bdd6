"""What `pip install .` runs (PEP 517): builds the package with CMake and puts it into a wheel. Needs only CMake, a compiler and
Debian's libraries, so it works without a network; scikit-build-core is not in Debian 12.

Settings (`pip install . --config-settings NAME=VALUE`):
  build-dir  where CMake builds (build/wheel)
  package    a folder `slabring` that is built already, to be put into the wheel as it is
"""

import base64
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile

root = pathlib.Path(__file__).resolve().parents[2]


class UnsupportedOperation(Exception):
    """PEP 517's own way to say that something is not possible here."""


def version():
    """The one in CMakeLists.txt."""
    return re.search(r"project\(slabring VERSION ([0-9.]+)", (root / "CMakeLists.txt").read_text()).group(1)


def build_package(build_dir):
    generator = ["-G", "Ninja"] if shutil.which("ninja") else []
    subprocess.run(["cmake", *generator, "-S", str(root), "-B", str(build_dir), "-DCMAKE_BUILD_TYPE=Release",
                    "-DSLABRING_BUILD_PYTHON=ON", f"-DPython_EXECUTABLE={sys.executable}",
                    f"-DSLABRING_PYTHON_DIR={build_dir / 'python'}", "-DBUILD_SHARED_LIBS=OFF", "-DSLABRING_BUILD_TESTS=OFF",
                    "-DSLABRING_BUILD_EXAMPLES=OFF", "-DSLABRING_BUILD_COMMAND=OFF"], check=True)
    subprocess.run(["cmake", "--build", str(build_dir), "--parallel", str(len(os.sched_getaffinity(0))),
                    "--target", "slabring_package"], check=True)
    return build_dir / "python" / "slabring"


def tag():
    python = f"cp{sys.version_info.major}{sys.version_info.minor}"
    return f"{python}-{python}-{sysconfig.get_platform().replace('-', '_').replace('.', '_')}"


def metadata():
    return f"""Metadata-Version: 2.1
Name: slabring
Version: {version()}
Summary: Multi-process image loader over a shared-memory slab ring
License: Apache-2.0
Requires-Python: >=3.9
Description-Content-Type: text/markdown

{(root / "README.md").read_text()}"""


class Wheel:
    """A zip with a list of what is in it, made the same way each time."""

    def __init__(self, path):
        self.zip = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED)
        self.record = []

    def add(self, name, content, mode=0o644):
        entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
        entry.external_attr = (0o100000 | mode) << 16
        entry.compress_type = zipfile.ZIP_DEFLATED
        self.zip.writestr(entry, content)
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        self.record.append(f"{name},sha256={digest},{len(content)}\n")

    def finish(self, folder):
        name = f"{folder}/RECORD"
        self.zip.writestr(name, "".join(self.record) + f"{name},,\n")
        self.zip.close()


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    settings = config_settings or {}
    package = settings.get("package")
    package = pathlib.Path(package) if package else build_package(pathlib.Path(settings.get("build-dir", root / "build/wheel")).resolve())
    name = f"slabring-{version()}-{tag()}.whl"
    wheel = Wheel(pathlib.Path(wheel_directory) / name)
    for path in sorted(path for path in package.iterdir() if path.is_file()):
        wheel.add(f"slabring/{path.name}", path.read_bytes(), 0o755 if os.access(path, os.X_OK) else 0o644)
    folder = f"slabring-{version()}.dist-info"
    wheel.add(f"{folder}/METADATA", metadata().encode())
    wheel.add(f"{folder}/WHEEL", f"Wheel-Version: 1.0\nGenerator: slabring\nRoot-Is-Purelib: false\nTag: {tag()}\n".encode())
    wheel.add(f"{folder}/LICENSE", (root / "LICENSE").read_bytes())
    wheel.finish(folder)
    return name


def build_sdist(sdist_directory, config_settings=None):
    raise UnsupportedOperation("slabring is built from a clone of its repository, which is its source distribution")
