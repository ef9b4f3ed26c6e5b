"""Measures the pipeline beside syslog-ng and rsyslog, and prints a Markdown table."""

import argparse
import os
import shutil
import sys
from pathlib import Path

import measure
import pipeline_brokers
import pipeline_routing
import pipeline_stores
from timing import table_row

PARTS = {
    "routing": pipeline_routing.rows,
    "archive": pipeline_stores.archive,
    "status": pipeline_stores.status,
    "brokers": pipeline_brokers.rows,
    "memory": pipeline_routing.memory,
}


class Bench:
    """What all measurements share."""

    def __init__(self, options):
        self.root = measure.ROOT
        self.work = measure.WORK / "pipeline"
        self.binary = options.binary
        self.lines = options.lines
        self.password = ""

    def environment(self, directory):
        """No state of the user's is read or written; the password of the broker that runs now."""
        return {
            "XDG_STATE_HOME": str(directory / "state"),
            "XDG_CONFIG_HOME": str(directory),
            "GROUNDRULE_NATS_PASSWORD": self.password,
            "GROUNDRULE_STOMP_PASSWORD": self.password,
        }

    def pipeline(self, port):
        return [self.binary, "pipeline", "--from", f"tcp://127.0.0.1:{port}"]

    def rates(self, count, took):
        """Events by second of CPU time, and by second."""
        return f"{count / took.cpu:,.0f}/s", f"{count / took.wall:,.0f}/s"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=2_000_000, help="how many events are fed")
    parser.add_argument("--only", default=",".join(PARTS), help=f"some of {', '.join(PARTS)}")
    parser.add_argument("--binary", type=Path, default=measure.OURS, help="another groundrule to measure")
    options = parser.parse_args()
    options.only = options.only.split(",")
    unknown = [part for part in options.only if part not in PARTS]
    if unknown:
        parser.error(f"there is no {unknown[0]}: choose among {', '.join(PARTS)}")
    return options


def main():
    options = arguments()
    bench = Bench(options)
    bench.work.mkdir(parents=True, exist_ok=True)
    print(f"{measure.machine()}\n")
    print("| what | tool | by CPU time | by the clock | wanted, or beside ours |\n|---|---|--:|--:|--:|")
    try:
        for part in options.only:
            for row in PARTS[part](bench):
                print(table_row(row), flush=True)
    finally:
        shutil.rmtree(bench.work)
    load = os.getloadavg()
    print(f"\nLoad afterwards: {load[0]:.1f} ({load[2]:.1f} over a quarter of an hour)")


if __name__ == "__main__":
    sys.exit(main())
