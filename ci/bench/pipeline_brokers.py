"""Through brokers: what they keep is taken out again, by the whole pipeline and by one that does nothing with it."""

import re
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

import pipeline_events as events
from pipeline_process import Server, Took, fresh, free_port
from pipeline_stores import archived, drops

ADDRESSES = {
    "nats": "nats://groundrule@127.0.0.1:{port}/events?stream=events",
    "activemq": "stomp://groundrule@127.0.0.1:{port}/queue/events",
    "rabbitmq": "stomp://groundrule@127.0.0.1:{port}/queue/events",
}
NAMES = {"nats": "JetStream", "activemq": "ActiveMQ", "rabbitmq": "RabbitMQ"}


def rows(bench):
    for name in ADDRESSES:
        count = min(bench.lines, 500_000 if name == "nats" else 200_000)
        with broker(bench, name) as queue:
            if queue is None:
                yield f"through {NAMES[name]}", "groundrule", "cannot be had here", "", ""
                continue
            yield from through(bench, name, queue, count)
            if name == "nats":
                yield two(bench, queue, count)


def through(bench, name, queue, count):
    filled = fill(bench, queue, count)
    yield f"{count} events sent to {NAMES[name]}, every one confirmed", "groundrule", *bench.rates(count, filled), ""
    plain = drain(bench, queue, count, 1, whole=False)
    yield f"{count} events from {NAMES[name]}, acknowledged, no more", "groundrule", *bench.rates(count, plain), ""
    fill(bench, queue, count)
    whole = drain(bench, queue, count, 1, whole=True)
    yield (
        f"{count} events from {NAMES[name]} into archive and status",
        "groundrule",
        *bench.rates(count, whole),
        "40,000/s" if name == "nats" else f"the plain consumer's: {plain.wall / whole.wall:.0%} of it",
    )


def two(bench, queue, count):
    fill(bench, queue, count)
    one = drain(bench, queue, count, 1, whole=True)
    fill(bench, queue, count)
    both = drain(bench, queue, count, 2, whole=True)
    told = f"{count / both.wall:,.0f}/s with two, {count / one.wall:,.0f}/s with one: {one.wall / both.wall:.2f} times as many"
    return "the same with two processes, each on its core, that share archive and status", "groundrule", told, "", "more than with one"


@contextmanager
def broker(bench, name):
    """A broker, started by the project's script; gives the address of a queue of it."""
    directory = fresh(bench.work / name)
    script = bench.root / "ci/services" / name
    port = free_port()
    try:
        if subprocess.run([script, "up", directory, str(port)], stdout=sys.stderr).returncode:
            print(f"{NAMES[name]} CANNOT BE HAD HERE: its rows are missing", file=sys.stderr)
            yield None
            return
        _, password = (directory / "login").read_text().split()
        bench.password = password
        yield ADDRESSES[name].format(port=port)
    finally:
        subprocess.run([script, "down", directory], stdout=sys.stderr)


def fill(bench, queue, count):
    """Sends events to a queue."""
    directory = fresh(bench.work / "sender")
    path = directory / "lines.ndjson"
    events.write(path, count)
    portal = directory / "routes/portal"
    portal.mkdir(parents=True)
    (portal / "queue.yaml").write_text(f'types: "*"\nto: "{queue}"\n')
    command = [bench.binary, "pipeline", "--from", f"file:{path}", "--routes", directory / "routes"]
    began = time.perf_counter()
    server = Server(command, directory / "log", env=bench.environment(directory))
    used = 0.0
    while server.process.poll() is None:
        used = server.cpu() or used
        time.sleep(0.01)
    if server.process.returncode:
        server.alive()
    return Took(time.perf_counter() - began, used)


def drain(bench, queue, count, processes, whole):
    """Takes everything out again, with so many processes, each on its core."""
    directory = fresh(bench.work / "taker")
    ports = [free_port() for _ in range(processes)]
    command = [bench.binary, "pipeline", "--from", queue]
    if whole:
        command += ["--archive", f"sqlite:{directory / 'events.db'}", "--status", f"sqlite:{directory / 'status.db'}"]
    else:
        command += ["--routes", drops(directory)]
    began = time.perf_counter()
    servers = []
    for core, port in enumerate(ports):
        state = fresh(directory / f"state-{core}")
        own = [*command, "--listen", f"127.0.0.1:{port}"]
        servers.append(Server(own, directory / f"log-{core}", core=core, env=bench.environment(state)))
    done = lambda: sum(figure(port, "events_archived" if whole else "events_dropped") for port in ports)
    try:
        while done() < count:
            for server in servers:
                server.alive()
            if time.perf_counter() - began > 600:
                sys.exit(f"{queue}: {done()} of {count} events came")
            time.sleep(0.05)
        took = Took(time.perf_counter() - began, sum(server.cpu() for server in servers))
    finally:
        for server in servers:
            server.end()
    if whole and archived(directory / "events.db") < count:
        sys.exit(f"the archive has {archived(directory / 'events.db')} events of {count}")
    return took


def figure(port, name):
    """What a pipeline tells of itself; nothing before it listens."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            found = re.search(rf"^groundrule_{name}_total (\d+)", answer.read().decode(), re.M)
    except OSError:
        return 0
    return int(found.group(1)) if found else 0
