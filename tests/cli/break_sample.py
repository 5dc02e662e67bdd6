"""Damages the bytes of one image within a source that write_sources.py made. usage: break_sample.py SOURCE IMAGE

SOURCE is a file, a pattern of shards, or a folder of files; what is behind a question mark is not looked at.
"""
import pathlib
import sqlite3
import sys

source, image = sys.argv[1].split("?")[0], pathlib.Path(sys.argv[2]).read_bytes()
path = pathlib.Path(source)

if path.suffix == ".sqlite":  # which cuts large values into pages
    with sqlite3.connect(path) as database:
        rows = database.execute("UPDATE images SET image = ? WHERE image = ?", (b"broken" + image[6:], image)).rowcount
    sys.exit(0 if rows == 1 else "not once in the database")

files = sorted(path.iterdir() if path.is_dir() else path.parent.glob(path.name.replace("{0..1}", "?")))
places = [(file, at) for file in files if (at := file.read_bytes().find(image)) >= 0]
if len(places) != 1:
    sys.exit(f"{len(places)} times in {source}")
with open(places[0][0], "r+b") as file:
    file.seek(places[0][1])
    file.write(b"broken")
