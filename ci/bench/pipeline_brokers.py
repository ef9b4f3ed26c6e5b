"""Through brokers: what they keep is taken out again, by the whole pipeline and by one that does nothing with it."""

import re
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pipeline_events as events
from pipeline_process import Server, Took, fresh, free_port
from pipeline_stores import archived, drops

ADDRESSES = {
    "nats": "nats://groundrule@127.0.0.1:{port}/events?stream=events",
    "activemq": "stomp://groundrule@127.0.0.1:{port}/queue/events",
    "rabbitmq": "stomp://groundrule@127.0.0.1:{port}/queue/events",
}
# What a broker has by default where its package starts it; less in tests.
OPTIONS = {"activemq": ["heap=1g"]}
# How long a receiver takes over a request, in seconds.
PAUSE = 0.05
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
                yield waiting(bench, queue, min(count, 200_000))


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
    told = beside(count, one, both)
    return "the same with two processes, each on its core, that share archive and status", "groundrule", told, "", "more than with one"


def beside(count, one, both):
    return f"{count / both.wall:,.0f}/s with two, {count / one.wall:,.0f}/s with one: {one.wall / both.wall:.2f} times as many"


def waiting(bench, queue, count):
    """Routes to a receiver that takes its time over each request."""
    receiver = Receiver(("127.0.0.1", 0), Slow)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    routes = all_to(f"http://127.0.0.1:{receiver.server_port}/events", fresh(bench.work / "sends"))
    took = {}
    for processes in (1, 2):
        fill(bench, queue, count)
        receiver.lines = 0
        took[processes] = consume(bench, ["--from", queue, "--routes", routes], count, processes, lambda _: receiver.lines)
    receiver.shutdown()
    told = beside(count, took[1], took[2])
    return f"{count} events from JetStream to a receiver that takes {PAUSE * 1000:.0f} ms a request", "groundrule", told, "", "more than with one"


class Receiver(ThreadingHTTPServer):
    """Counts the events that it gets."""

    lines = 0
    lock = threading.Lock()


class Slow(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(PAUSE)
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()
        with self.server.lock:
            self.server.lines += body.count(b"\n") + (not body.endswith(b"\n"))

    def log_message(self, *_):
        pass


@contextmanager
def broker(bench, name):
    """A broker, started by the project's script; gives the address of a queue of it."""
    directory = fresh(bench.work / name)
    script = bench.root / "ci/services" / name
    port = free_port()
    try:
        if subprocess.run([script, "up", directory, str(port), *OPTIONS.get(name, [])], stdout=sys.stderr).returncode:
            print(f"{NAMES[name]} CANNOT BE HAD HERE: its rows are missing", file=sys.stderr)
            yield None
            return
        _, password = (directory / "login").read_text().split()
        bench.password = password
        yield ADDRESSES[name].format(port=port)
    finally:
        subprocess.run([script, "down", directory], stdout=sys.stderr)


def all_to(address, directory):
    """Routes that send everything to an address."""
    portal = directory / "routes/portal"
    portal.mkdir(parents=True)
    (portal / "all.yaml").write_text(f'types: "*"\nto: "{address}"\n')
    return directory / "routes"


def fill(bench, queue, count):
    """Sends events to a queue."""
    directory = fresh(bench.work / "sender")
    path = directory / "lines.ndjson"
    events.write(path, count)
    command = [bench.binary, "pipeline", "--from", f"file:{path}", "--routes", all_to(queue, directory)]
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
    if whole:
        options = ["--archive", f"sqlite:{directory / 'events.db'}", "--status", f"sqlite:{directory / 'status.db'}"]
    else:
        options = ["--routes", drops(directory)]
    name = "events_archived" if whole else "events_dropped"
    took = consume(bench, ["--from", queue, *options], count, processes, lambda ports: sum(figure(port, name) for port in ports))
    if whole and archived(directory / "events.db") < count:
        sys.exit(f"the archive has {archived(directory / 'events.db')} events of {count}")
    return took


def consume(bench, options, count, processes, done):
    """Has so many processes work, each on its core, until so many events are `done`, which is given their ports."""
    directory = fresh(bench.work / "consumers")
    ports = [free_port() for _ in range(processes)]
    began = time.perf_counter()
    servers = []
    for core, port in enumerate(ports):
        state = fresh(directory / f"state-{core}")
        own = [bench.binary, "pipeline", *options, "--listen", f"127.0.0.1:{port}"]
        servers.append(Server(own, directory / f"log-{core}", core=core, env=bench.environment(state)))
    try:
        while done(ports) < count:
            for server in servers:
                server.alive()
            if time.perf_counter() - began > 600:
                sys.exit(f"{done(ports)} of {count} events came")
            time.sleep(0.05)
        return Took(time.perf_counter() - began, sum(server.cpu() for server in servers))
    finally:
        for server in servers:
            server.end()


def figure(port, name):
    """What a pipeline tells of itself; nothing before it listens."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            found = re.search(rf"^groundrule_{name}_total (\d+)", answer.read().decode(), re.M)
    except OSError:
        return 0
    return int(found.group(1)) if found else 0
