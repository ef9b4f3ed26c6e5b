"""Wall time, CPU time and memory of commands."""

import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass


@dataclass
class Took:
    """Medians over some runs; the memory is the most of all."""

    wall: float
    cpu: float
    memory: int


# Without a place for caches every run reads all files.
PLAIN = {name: value for name, value in os.environ.items() if name not in {"HOME", "XDG_CACHE_HOME"}}


def measure(command, runs, good=(0,), **options):
    """Runs a command several times; anything else than a good exit code ends the benchmark."""
    options.setdefault("env", PLAIN)
    command = [str(part) for part in command]
    walls, cpus, memories = [], [], []
    for _ in range(runs):
        began = time.perf_counter()
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **options)
        errors = child.stderr.read()
        _, status, usage = os.wait4(child.pid, 0)
        walls.append(time.perf_counter() - began)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode not in good:
            sys.exit(f"{' '.join(command)} ended with {child.returncode}: {errors.decode(errors='replace')}")
        cpus.append(usage.ru_utime + usage.ru_stime)
        memories.append(usage.ru_maxrss * 1024)
    return Took(statistics.median(walls), statistics.median(cpus), max(memories))


def table_row(cells):
    return "| " + " | ".join(str(cell) for cell in cells) + " |"
