"""The archive and the status, each behind TCP on one core."""

import sqlite3
import sys

import pipeline_events as events
from pipeline_process import Server, feed, fresh, free_port


def archive(bench):
    """Everything is archived, flushed to the disk, and then dropped."""
    count = bench.lines
    path = bench.work / "lines.ndjson"
    events.write(path, count)
    directory, port = fresh(bench.work / "archive"), free_port()
    file = directory / "events.db"
    command = [*bench.pipeline(port), "--routes", drops(directory), "--archive", f"sqlite:{file}"]
    took = measure(bench, directory, command, port, path, lambda: archived(file))
    if archived(file) != count:
        sys.exit(f"the archive has {archived(file)} events, and was fed {count}")
    yield f"archive of {count} events, with fsync", "groundrule", *bench.rates(count, took), "100,000/s"


def status(bench):
    """10,000 statuses that change and stay, and the alerts that those make which are not OK."""
    count = bench.lines
    path = bench.work / "lines.ndjson"
    events.write(path, count, status_only=True)
    directory, port = fresh(bench.work / "status"), free_port()
    file = directory / "status.db"
    command = [*bench.pipeline(port), "--status", f"sqlite:{file}"]
    took = measure(bench, directory, command, port, path, lambda: counted(file))
    identities = min(count, 10_000)
    if counted(file) != (identities, count):
        sys.exit(f"the status has {counted(file)} rows and events, and was fed {identities} and {count}")
    yield f"status of 10,000 identities, {count} events, 4 % of them not OK", "groundrule", *bench.rates(count, took), "200,000/s"


def measure(bench, directory, command, port, path, progress):
    server = Server(command, directory / "log", port=port, env=bench.environment(directory))
    try:
        return server.work(lambda: feed(port, path), progress)
    finally:
        server.end()
        path.unlink()


def drops(directory):
    """Routes that drop everything."""
    portal = directory / "routes/portal"
    portal.mkdir(parents=True)
    (portal / "nowhere.yaml").write_text('types: "*"\ndrop: true\n')
    return directory / "routes"


def archived(file):
    """How many events the archive has."""
    return asked(file, "SELECT coalesce(sum(count), 0) FROM blocks")[0]


def counted(file):
    """How many rows the status has, and how many events made them."""
    return asked(file, "SELECT count(*), coalesce(sum(count), 0) FROM statuses")


def asked(file, query):
    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=10)
    try:
        return connection.execute(query).fetchone()
    finally:
        connection.close()
