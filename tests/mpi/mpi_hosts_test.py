"""A job over two hosts that are network namespaces with a cable between them: ranks of both deliver together what a single
process does, and each host knows how many ranks are its own. mpirun reaches the other host by nsenter instead of ssh.

  mpi_hosts_test.py MPIEXEC MPI_ROWS DATA

Needs the right to make namespaces (root has it, outside of most containers), ip and nsenter; is skipped without.
"""

import collections
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

MPIEXEC, PROGRAM, DATA = sys.argv[1:4]
SAMPLES = sum(1 for path in pathlib.Path(DATA).rglob("*.*") if path.is_file())
NETWORK = "10.77.0.0/24"


class Host:
    """A network and a host name of their own, for as long as its one process lives."""

    def __init__(self, number):
        self.name = f"slabring-host{number}"
        self.address = f"10.77.0.{number + 1}"
        self.process = subprocess.Popen(["unshare", "-n", "-u", "sh", "-c", "echo ready; exec sleep 600"],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "ready\n":
            raise unittest.SkipTest(f"network namespaces cannot be made: {self.process.communicate()[1].strip()}")

    def enter(self):
        return ["nsenter", "-t", str(self.process.pid), "-n", "-u"]

    def set_up(self, cable):
        command(*self.enter(), "hostname", self.name)
        command(*self.enter(), "ip", "link", "set", "lo", "up")
        command(*self.enter(), "ip", "addr", "add", f"{self.address}/24", "dev", cable)
        command(*self.enter(), "ip", "link", "set", cable, "up")

    def end(self):
        self.process.kill()
        self.process.communicate()


def command(*words):
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise unittest.SkipTest(f"network namespaces cannot be set up: {error}") from error
    if done.returncode != 0:
        raise unittest.SkipTest(f"network namespaces cannot be set up: {' '.join(words)}: {done.stderr.strip()}")


HOSTS = []
AGENT = None


def setUpModule():
    global AGENT
    for number in range(2):
        try:
            HOSTS.append(Host(number))
        except FileNotFoundError as error:
            raise unittest.SkipTest(f"network namespaces cannot be made: {error}") from error
        unittest.addModuleCleanup(HOSTS[-1].end)
    one, other = HOSTS
    command("ip", "link", "add", "cable0", "netns", str(one.process.pid), "type", "veth",
            "peer", "name", "cable1", "netns", str(other.process.pid))
    one.set_up("cable0")
    other.set_up("cable1")

    AGENT = tempfile.NamedTemporaryFile("w", prefix="slabring-agent-", delete=False)
    unittest.addModuleCleanup(os.unlink, AGENT.name)
    cases = "".join(f"{host.address}) exec {' '.join(host.enter())} sh -c \"$*\";;\n" for host in HOSTS)
    AGENT.write(f'#!/bin/sh\nhost=$1\nshift\ncase "$host" in\n{cases}esac\nexit 1\n')
    AGENT.close()
    os.chmod(AGENT.name, 0o700)


def job(folder, ranks_of_hosts, killed=()):
    """Runs that many ranks on each host; the last two are mpi_rows' RANK and BATCH."""
    hosts = ",".join(f"{host.address}:{ranks}" for host, ranks in zip(HOSTS, ranks_of_hosts, strict=True) if ranks > 0)
    words = [*HOSTS[0].enter(), MPIEXEC, "--allow-run-as-root", "--oversubscribe", "-H", hosts, "-n",
             str(sum(ranks_of_hosts)), "--mca", "plm_rsh_agent", AGENT.name, "--mca", "btl", "tcp,self",
             "--mca", "btl_tcp_if_include", NETWORK, "--mca", "oob_tcp_if_include", NETWORK,
             PROGRAM, DATA, folder, "exact", *(str(number) for number in killed)]
    return subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)


def rows(folder):
    return [line.split() for line in pathlib.Path(folder, "rows").read_text().splitlines()]


class TwoHosts(unittest.TestCase):
    def folder(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        return folder.name

    def deliver(self, ranks_of_hosts, folder):
        done = job(folder, ranks_of_hosts)
        self.assertEqual(done.returncode, 0, done.stderr)
        here = collections.defaultdict(list)
        for host, ranks in re.findall(r"rank \d+ on (\S+), (\d+) here", done.stdout):
            here[host].append(int(ranks))
        expected = {host.name: [ranks] * ranks for host, ranks in zip(HOSTS, ranks_of_hosts, strict=True) if ranks > 0}
        self.assertEqual(here, expected, "each rank knows how many are on its host")
        return sorted(row for row in rows(folder) if row[1] == "ok")

    def test_deliver_each_sample_once_and_the_rows_of_a_single_process(self):
        alone = self.deliver((1, 0), self.folder())
        self.assertEqual(len({row[0] for row in alone}), SAMPLES)
        for ranks_of_hosts in ((1, 1), (2, 2), (3, 1)):
            with self.subTest(ranks_of_hosts=ranks_of_hosts):
                self.assertEqual(self.deliver(ranks_of_hosts, self.folder()), alone)

    def test_job_whose_rank_on_the_other_host_is_killed_goes_on_with_fewer(self):
        alone = self.deliver((1, 0), self.folder())
        folder = self.folder()
        self.assertNotEqual(job(folder, (2, 2), killed=(3, 2)).returncode, 0)
        self.assertEqual(len(rows(folder)), 2 * 3 * 4, "two batches of three rows a rank")
        self.assertEqual(self.deliver((1, 1), folder), alone)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
