"""Servers under measurement: pinned to a core, fed, and watched until they have done everything."""

import os
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


@dataclass
class Took:
    """What a server took for its work."""

    wall: float
    cpu: float


class Server:
    """A process on one core; ended by its id."""

    def __init__(self, command, log, core=0, port=None, env=None):
        self.log = Path(log)
        with open(self.log, "wb") as out:
            pinned = ["taskset", "-c", str(core), *(str(part) for part in command)]
            environment = {**os.environ, **(env or {})}
            self.process = subprocess.Popen(pinned, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=environment)
        if port:
            self.listens(port)

    def listens(self, port):
        for _ in range(200):
            self.alive()
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                return
            except OSError:
                time.sleep(0.05)
        sys.exit(f"{self.log}: it does not listen")

    def alive(self):
        if self.process.poll() is not None:
            sys.exit(f"it ended with {self.process.returncode}: {self.log.read_text()}")

    def cpu(self):
        """Seconds of user and system time until now."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def memory(self):
        """Resident bytes."""
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def work(self, feed, progress, quiet=1.5):
        """What `feed` makes it do: until `progress` says the same for a while, counted to its last change."""
        began, before = time.perf_counter(), self.cpu()
        feed()
        last, changed = progress(), time.perf_counter()
        while time.perf_counter() - changed < quiet:
            time.sleep(0.01)
            self.alive()
            now = progress()
            if now != last:
                last, changed = now, time.perf_counter()
        return Took(changed - began, self.cpu() - before)

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def feed(port, path):
    """Sends a file, and ends the connection."""
    with socket.create_connection(("127.0.0.1", port)) as stream, open(path, "rb") as file:
        stream.sendfile(file)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def sizes(paths):
    """How large files are, those that are there."""
    return [path.stat().st_size if path.exists() else 0 for path in paths]


def count_lines(path):
    """How many line feeds a file has."""
    with open(path, "rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))


def fresh(path):
    """An empty directory."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    return path
