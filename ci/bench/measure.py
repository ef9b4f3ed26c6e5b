"""Measures groundrule beside other tools in one run, and prints a Markdown table."""

import argparse
import json
import os
import platform
import shutil
import statistics
import sys
import time
from pathlib import Path

import others
from timing import PLAIN, measure, milliseconds, table_row

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "target/bench"
OURS = ROOT / "target/release/groundrule"
GENERATOR = ROOT / "target/release/groundrule-bench-estate"
BENCH = ROOT / "ci/bench"
CACHED = {**PLAIN, "XDG_CACHE_HOME": str(WORK / "cache")}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=10_000)
    parser.add_argument("--resources", type=int, default=300)
    parser.add_argument("--peer-nodes", type=int, default=1_000, help="size of the estate for slower tools")
    parser.add_argument("--peer-resources", type=int, default=300)
    parser.add_argument("--runs", type=int, default=3, help="runs of which the median is shown")
    parser.add_argument("--no-peers", action="store_true", help="only groundrule")
    parser.add_argument("--keep", action="store_true", help="leave the estates where they are")
    return parser.parse_args()


def generate(nodes, resources):
    """An estate of this size."""
    directory = WORK / f"estate-{nodes}-{resources}"
    if directory.exists():
        return directory
    wanted = nodes * (resources * 700 + 12_000)
    free = shutil.disk_usage(WORK).free
    if free < 2 * wanted:
        sys.exit(f"{WORK} has {free >> 20} MB left, and the estate wants up to {wanted >> 20} MB twice: choose a smaller one")
    command = [GENERATOR, directory, "--nodes", nodes, "--resources", resources]
    took = measure(command, 1)
    print(f"made {directory.name}: {size_of(directory) / 1e6:.0f} MB in {took.wall:.1f} s", file=sys.stderr)
    return directory


def size_of(directory):
    """How many bytes of JSON an estate has."""
    return sum(file.stat().st_size for file in directory.rglob("*") if file.suffix in {".json", ".ndjson"})


def judge(estate, features, *more):
    """Runs policies; returns the process's time and memory, and the `results` document."""
    results = WORK / "results.json"
    command = [OURS, "run", "--estate", estate, "--concurrency", "1", "--exit-zero", *more]
    command += ["-f", f"results:{results}", "-f", f"pretty:{WORK / 'pretty.txt'}", features]
    took = measure(command, 1)
    return took, json.loads(results.read_text())


def policies(estate, features, runs, *more):
    """The median seconds of every policy over some runs, how many violations it has, and what comes before the first."""
    all_runs = [judge(estate, features, *more) for _ in range(runs)]
    seconds, found = {}, {}
    for _, results in all_runs:
        for policy in results["policies"]:
            seconds.setdefault(policy["id"], []).append(policy["seconds"])
            found[policy["id"]] = f"{policy['status']}, {len(policy['violations'])} violations"
    whole = [results["seconds"] for _, results in all_runs]
    before = [results["seconds"] - sum(policy["seconds"] for policy in results["policies"]) for _, results in all_runs]
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    wall = statistics.median(took.wall for took, _ in all_runs)
    cpu = statistics.median(took.cpu for took, _ in all_runs)
    memory = max(took.memory for took, _ in all_runs)
    return medians, found, statistics.median(before), statistics.median(whole), wall, cpu, memory


def ours(estate, options):
    size = size_of(estate)
    show = measure([OURS, "estate", "show", "--estate", estate], options.runs)
    rate = size / 1e6 / show.cpu
    yield "load from JSON", f"{rate:.0f} MB/s per core ({size / 1e6:.0f} MB, {show.cpu:.2f} s CPU, {show.wall:.2f} s wall)", "250 MB/s per core"
    yield "most memory while loading", f"{show.memory / 1e6:.0f} MB", "1500 MB"
    time.sleep(3)  # what was just written is not kept
    first = measure([OURS, "estate", "show", "--estate", estate], 1, env=CACHED)
    kept = sum(file.stat().st_size for file in (WORK / "cache").rglob("*.snapshot"))
    yield "the same, and a snapshot kept", f"{first.wall:.2f} s wall, {first.cpu:.2f} s CPU", ""
    if kept:
        again = measure([OURS, "estate", "show", "--estate", estate], options.runs, env=CACHED)
        told = f"{again.wall:.2f} s wall, {again.cpu:.2f} s CPU, {again.memory / 1e6:.0f} MB"
        yield f"`estate show` from the snapshot ({kept / 1e6:.0f} MB)", told, "0.5 s"
    else:
        yield "`estate show` from the snapshot", "none is kept", "0.5 s"
    own, found, *_ = policies(estate, BENCH / "features", options.runs)
    yield "`is shut down`, one machine", milliseconds(own["shut-down"]), "1 ms"
    yield f"`each of them is shut down in turn`, all machines ({found['in-turn']})", milliseconds(own["in-turn"]), "1 s"
    yield "`none of them is a single point of failure`, all machines", milliseconds(own["single-points"]), "1 s"
    yield f"`nothing has fallen`, one machine shut down ({found['fallen']})", milliseconds(own["fallen"]), ""
    yield f"`I follow what they depend on`, one machine ({found['everything-needed']})", milliseconds(own["everything-needed"]), ""
    shipped, found, before, whole, wall, cpu, memory = policies(estate, ROOT / "features", options.runs)
    yield "who depends on whom, found out once in a run, before the first policy", milliseconds(before), ""
    for name, seconds in shipped.items():
        yield f"policy `{name}` ({found[name]})", milliseconds(seconds), "25 ms"
    yield "all seven, in one run, load not counted", milliseconds(whole), ""
    yield "the whole command: start, load, seven policies, report", f"{wall:.2f} s wall, {cpu:.2f} s CPU, {memory / 1e6:.0f} MB", ""
    again = measure([OURS, "run", "--estate", estate, "--exit-zero", "-f", f"pretty:{WORK / 'pretty.txt'}", "-f", "nagios", ROOT / "features"], options.runs, env=CACHED)
    yield "the same from the snapshot", f"{again.wall:.2f} s wall, {again.cpu:.2f} s CPU, {again.memory / 1e6:.0f} MB", ""


def small():
    version = measure([OURS, "--version"], 41)
    yield "`groundrule --version`", f"{milliseconds(version.wall)} wall, {milliseconds(version.cpu)} CPU", "5 ms"
    example = measure([OURS, "run", "--estate", ROOT / "examples/estate", ROOT / "features"], 21)
    yield "the shipped policies on the example estate", f"{milliseconds(example.wall)} wall, {milliseconds(example.cpu)} CPU", "50 ms"


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 30
    load = os.getloadavg()[0]
    return f"{model}, {len(os.sched_getaffinity(0))} cores, {memory} GB; {platform.system()} {platform.release()}; load before: {load:.1f}"


def main():
    options = arguments()
    WORK.mkdir(parents=True, exist_ok=True)
    print(f"{machine()}\n")
    made = []
    estate = generate(options.nodes, options.resources)
    made.append(estate)
    print(f"### {options.nodes} machines, {options.resources} resources each\n")
    print("| what | measured | wanted |\n|---|--:|--:|")
    for row in [*ours(estate, options), *small()]:
        print(table_row(row), flush=True)
    if not options.no_peers:
        peers = generate(options.peer_nodes, options.peer_resources)
        made.append(peers)
        print("\n### Beside other tools\n")
        print(
            f"networkx on {options.peer_nodes} machines with {options.peer_resources} resources each: "
            "ten times as many would take ten times the memory. The others on all facts of the estate above.\n"
        )
        print("| what | tool | wall | CPU | memory | ours in the same run | times slower than ours |\n|---|---|--:|--:|--:|--:|--:|")
        for row in others.rows(peers, estate):
            print(table_row(row), flush=True)
    if not options.keep:
        for directory in [*made, WORK / "cache"]:
            shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
