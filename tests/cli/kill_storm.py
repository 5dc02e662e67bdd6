#!/usr/bin/env python3
"""Kills random workers of `slabring digest` ten times a second; its total must be that of an undisturbed run.

usage: kill_storm.py SLABRING DATA [--seed S] [--epochs E] [--workers N] [--rate HZ] [--work SECONDS] [--start METHOD ...]

A worker is killed only when it has worked for a while, in processor time: where starting takes as long as others live,
which is so on a loaded machine, nothing would ever be done, and the sample that fifteen of them held is given up.

Ends with 1 when a total differs, or when nothing was killed.
"""

import argparse
import os
import random
import select
import signal
import subprocess
import sys


def processes():
    """Of every process that there is: its parent, its name, and how many seconds of processor time it has used."""
    found = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat") as stat:
                text = stat.read()
        except OSError:
            continue  # it has ended in between
        begin, end = text.index("("), text.rindex(")")
        fields = text[end + 4:].split()
        used = (int(fields[10]) + int(fields[11])) / os.sysconf("SC_CLK_TCK")
        found[int(entry)] = (int(fields[0]), text[begin + 1:end], used)
    return found


def workers_of(ancestor, work):
    """Those processes under `ancestor` that call themselves workers and have used `work` seconds."""
    table = processes()

    def descends(pid):
        while pid in table:
            if pid == ancestor:
                return True
            pid = table[pid][0]
        return False

    return [pid for pid, (_, name, used) in table.items() if name == "slabring-work" and used >= work and descends(pid)]


def run(command, rate, work, chance):
    """Runs `command`; returns what it printed and how many workers were killed."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    ended = os.pidfd_open(process.pid)
    kills = 0
    while rate > 0 and not select.select([ended], [], [], 1 / rate)[0]:
        workers = workers_of(process.pid, work)
        if workers:
            try:
                os.kill(chance.choice(workers), signal.SIGKILL)
                kills += 1
            except ProcessLookupError:
                pass  # it has ended in between
    os.close(ended)
    output, _ = process.communicate()
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}")
    return output, kills


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("slabring")
    parser.add_argument("data")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--rate", type=float, default=10)
    parser.add_argument("--work", type=float, default=0.05)
    parser.add_argument("--start", nargs="+", default=["forkserver", "spawn", "fork"])
    given = parser.parse_args()

    chance = random.Random(given.seed)
    command = [given.slabring, "digest", given.data, "--seed", str(given.seed), "--epochs", str(given.epochs)]
    calm, _ = run(command + ["--workers", "0"], 0, 0, chance)
    print(f"calm        {calm.strip()}")
    right = True
    for start in given.start:
        stormy = command + ["--workers", str(given.workers), "--start", start]
        stream, kills = run(stormy, given.rate, given.work, chance)
        print(f"{start:<11} {stream.strip()}, {kills} workers killed", flush=True)
        right = right and kills > 0 and stream == calm
    sys.exit(0 if right else 1)


if __name__ == "__main__":
    main()
