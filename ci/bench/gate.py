"""Measures the gate over HTTP and the questions, and the same questions in networkx, and prints a Markdown table."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import measure as whole
import others
from serving import Server
from timing import measure, milliseconds, table_row

ROOT = Path(__file__).resolve().parents[2]
PEER = ROOT / "ci/bench/peers/networkx_questions.py"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=10_000)
    parser.add_argument("--resources", type=int, default=300)
    parser.add_argument("--peer-nodes", type=int, default=1_000, help="size of the estate for networkx")
    parser.add_argument("--seconds", type=int, default=10, help="of load by wrk")
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--binary", type=Path, default=ROOT / "target/release/groundrule")
    parser.add_argument("--generator", type=Path, default=whole.GENERATOR)
    parser.add_argument("--no-peers", action="store_true", help="only groundrule")
    return parser.parse_args()


def serve(options, estate, directory):
    configuration = directory / "groundrule.toml"
    configuration.write_text(
        f'estate = "{estate}"\nfeatures = ["{ROOT / "features"}"]\n'
        f'[gate]\nreservations = "sqlite:{directory / "gate.db"}"\n[serve]\nreload = "1h"\n'
    )
    return Server(options.binary, "--config", configuration, env={**os.environ, "XDG_CACHE_HOME": str(whole.WORK / "cache")})


def gate(server, options, nodes, hold, directory):
    """What wrk tells of many requests that ask at once."""
    listed = directory / "nodes"
    listed.write_text("".join(f"{node}\n" for node in nodes))
    command = ["wrk", "-t1", f"-c{options.concurrency}", f"-d{options.seconds}s", "-s", ROOT / "ci/bench/gate.lua", f"http://{server.host}/v1/gate"]
    environment = {**os.environ, "GATE_NODES": str(listed), "GATE_HOLD": hold}
    ran = subprocess.run([str(part) for part in command], env=environment, capture_output=True, text=True, check=True)
    told = json.loads(ran.stdout.splitlines()[-1])
    if told["errors"] or not told["requests"]:
        sys.exit(f"wrk: {ran.stdout}")
    return told


def rows(options, estate, directory):
    nodes = names(estate)
    server = serve(options, estate, directory)
    try:
        spofs = server.answer("/v1/ask/spof")["spofs"]
        worst = spofs[0]["node"] if spofs else nodes[0]
        for hold, what in (("0s", "nothing is held"), ("50ms", "what is allowed is held for 50 ms"), ("1s", "what is allowed is held for a second")):
            load = gate(server, options, nodes, hold, directory)
            rate = load["requests"] / load["seconds"]
            told = f"{milliseconds(load['high'])} (median {milliseconds(load['median'])}, {rate:.0f}/s)"
            yield f"gate, p99 of {load['requests']} at {options.concurrency} at once, {what}", told, "10 ms"
        ours = {}
        for name, path, wanted in (
            ("spof", "/v1/ask/spof", "2 s"),
            ("impact", f"/v1/ask/impact?of={worst}", "5 ms"),
            ("downtime", f"/v1/ask/downtime?node={worst}", ""),
        ):
            ours[name] = server.median(path, options.runs)
            yield f"`{name}`" + (f" of {worst}" if name != "spof" else f", {len(spofs)} of them"), milliseconds(ours[name]), wanted
    finally:
        server.stop()
    cached = {**os.environ, "XDG_CACHE_HOME": str(whole.WORK / "cache")}
    command = [options.binary, "gate", "terminate", worst, "--estate", estate, "--policies", ROOT / "features", "--hold", "0s", "--reservations", f"sqlite:{directory / 'cold.db'}"]
    cold = measure(command, options.runs, good=(0, 1, 3), env=cached)
    yield "the command `gate terminate`, from a snapshot", f"{cold.wall:.2f} s wall, {cold.cpu:.2f} s CPU", "1 s"


def names(estate):
    """The machines of an estate."""
    return sorted(file.name.removesuffix(".json") for file in (estate / "catalogs").iterdir())


def beside(options, estate, directory):
    """The same questions in networkx, on a smaller estate, and ours on that."""
    server = serve(options, estate, directory)
    try:
        # Without single points of failure, the first machines have to do.
        spofs = server.answer("/v1/ask/spof")["spofs"]
        asked = [one["node"] for one in spofs[:1]] or names(estate)[:100]
        impacts = {node: server.answer(f"/v1/ask/impact?of={node}")["unmet"] for node in asked}
        worst, unmet = max(impacts.items(), key=lambda impact: len(impact[1]))
        ours = {
            "spof": server.median("/v1/ask/spof", options.runs),
            "impact": server.median(f"/v1/ask/impact?of={worst}", options.runs),
        }
    finally:
        server.stop()
    command = [others.VENV / "bin/python", PEER, estate, worst]
    found = json.loads(subprocess.run([str(part) for part in command], capture_output=True, text=True, check=True).stdout)
    hit = sum(one["kind"] == "hard" for one in unmet)
    if found["hit"] != hit:
        sys.exit(f"networkx finds {found['hit']} dependencies that are no longer met without {worst}, and we {hit}")
    for name, own in ours.items():
        told = f"{milliseconds(found[name])}; ours over HTTP {milliseconds(own)}: {found[name] / own:.2g} times"
        yield f"`{name}` on {options.peer_nodes} machines in networkx, once loaded", told, ""


def main():
    options = arguments()
    whole.WORK.mkdir(parents=True, exist_ok=True)
    whole.GENERATOR = options.generator
    if not options.no_peers:
        others.python()
    estate = whole.generate(options.nodes, options.resources)
    directory = Path(tempfile.mkdtemp(dir=whole.WORK))
    print(f"{options.nodes} machines with {options.resources} resources each; load before: {os.getloadavg()[0]:.1f}\n")
    print(table_row(["what", "measured", "wanted"]))
    print(table_row(["---", "--:", "--:"]))
    try:
        for row in rows(options, estate, directory):
            print(table_row(row), flush=True)
        if not options.no_peers:
            smaller = whole.generate(options.peer_nodes, options.resources)
            for row in beside(options, smaller, directory):
                print(table_row(row), flush=True)
            shutil.rmtree(smaller, ignore_errors=True)
    finally:
        shutil.rmtree(directory)
        shutil.rmtree(estate, ignore_errors=True)


main()
