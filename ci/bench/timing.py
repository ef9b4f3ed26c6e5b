"""Wall time, CPU time and memory of commands.

As a program it runs one command and prints what it took. `measure` starts it for each run, because Linux counts the memory of
whoever starts a command as the command's own: this program is small.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass

# Where no cache can be kept every run reads all files.
PLAIN = {**os.environ, "XDG_CACHE_HOME": "/dev/null"}


@dataclass
class Took:
    """Medians over some runs; the memory is the most of all."""

    wall: float
    cpu: float
    memory: int


def measure(command, runs, good=(0,), **options):
    """Runs a command several times; anything else than a good exit code ends the benchmark."""
    command = [sys.executable, __file__, *(str(part) for part in command)]
    options.setdefault("env", PLAIN)
    walls, cpus, memories = [], [], []
    for _ in range(runs):
        ran = subprocess.run(command, capture_output=True, text=True, check=True, **options)
        took = json.loads(ran.stdout)
        if took["code"] not in good:
            sys.exit(f"{' '.join(command[2:])} ended with {took['code']}: {ran.stderr}")
        walls.append(took["wall"])
        cpus.append(took["cpu"])
        memories.append(took["memory"])
    return Took(statistics.median(walls), statistics.median(cpus), max(memories))


def milliseconds(seconds):
    value = seconds * 1e3
    return f"{value:.0f} ms" if value >= 100 else f"{value:.3g} ms"


def table_row(cells):
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def main(command):
    began = time.perf_counter()
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    took = {
        "wall": time.perf_counter() - began,
        "cpu": usage.ru_utime + usage.ru_stime,
        "memory": usage.ru_maxrss * 1024,
        "code": os.waitstatus_to_exitcode(status),
    }
    child.returncode = took["code"]
    json.dump(took, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
