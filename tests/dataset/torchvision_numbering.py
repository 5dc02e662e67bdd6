"""Numbers the files of a folder by torchvision's documented rules, written anew from them with os.walk.

Usage: torchvision_numbering.py FOLDER
Prints, for every sample in order, its label and its path relative to FOLDER, each ended by a NUL.
"""
import os
import sys

EXTENSIONS = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")


def class_names(folder):
    with os.scandir(folder) as entries:
        return sorted(entry.name for entry in entries if entry.is_dir())


def samples(folder):
    for label, name in enumerate(class_names(folder)):
        for parent, _, files in sorted(os.walk(os.path.join(folder, name), followlinks=True)):
            for file in sorted(files):
                path = os.path.join(parent, file)
                if path.lower().endswith(EXTENSIONS):
                    yield label, os.path.relpath(path, folder)


def main():
    out = sys.stdout.buffer
    for label, path in samples(sys.argv[1]):
        out.write(b"%d\0%s\0" % (label, os.fsencode(path)))


if __name__ == "__main__":
    main()
