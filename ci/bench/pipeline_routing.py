"""Routing by content into three files: ours, syslog-ng and rsyslog, each on one core, and our memory over many events."""

import sys

import measure
import pipeline_events as events
import pipeline_others as others
from pipeline_process import Server, count_lines, feed, fresh, free_port, sizes


def rows(bench):
    path = bench.work / "lines.ndjson"
    wanted = events.write(path, bench.lines)
    size = path.stat().st_size / bench.lines
    what = f"routing {bench.lines} lines of {size:.0f} bytes by content into three files"
    tools = {
        "groundrule": lambda directory, port: others.groundrule(bench.binary, directory, port),
        "syslog-ng": lambda directory, port: others.syslog_ng(directory, port, measure.WORK),
        "rsyslog": others.rsyslog,
    }
    rates = {}
    for name, configure in tools.items():
        found = compared(bench, name, configure, path, wanted)
        if found is None:
            print(f"{name} CANNOT BE HAD HERE: its row is missing", file=sys.stderr)
            yield what, name, "cannot be had here", "", ""
            continue
        rates[name] = bench.lines / found.cpu
        ratio = f"ours is {rates['groundrule'] / rates[name]:.1f} times that" if name != "groundrule" else ""
        yield what, name, *bench.rates(bench.lines, found), ratio or "300,000/s"
    path.unlink()


def compared(bench, name, configure, path, wanted):
    """One tool at work; it must write as many lines into each file as the others."""
    directory, port = fresh(bench.work / f"routing-{name}"), free_port()
    configured = configure(directory, port)
    if configured is None:
        return None
    command, env = configured
    server = Server(command, directory / "log", port=port, env=env | bench.environment(directory))
    files = [directory / rule for rule in others.RULES]
    try:
        took = server.work(lambda: feed(port, path), lambda: sizes(files))
    finally:
        server.end()
    counted = {rule: count_lines(file) for rule, file in zip(others.RULES, files)}
    if counted != wanted:
        sys.exit(f"{name} wrote {counted} lines, and {wanted} are right")
    fresh(directory)
    return took


def memory(bench):
    """The resident set after a million events and after ten."""
    path = bench.work / "lines.ndjson"
    million = min(bench.lines, 1_000_000)
    events.write(path, million)
    directory, port = fresh(bench.work / "memory"), free_port()
    command, _ = others.groundrule(bench.binary, directory, port)
    server = Server(command, directory / "log", port=port, env=bench.environment(directory))
    files = [directory / rule for rule in others.RULES]
    try:
        server.work(lambda: feed(port, path), lambda: sizes(files), quiet=1)
        first = server.memory()
        for _ in range(9):
            # What is written is not measured here, and would take much disk.
            for file in files:
                file.unlink()
            server.work(lambda: feed(port, path), lambda: sizes(files), quiet=1)
        last = server.memory()
    finally:
        server.end()
    path.unlink()
    what = f"memory while routing, after {million} and after {10 * million} events"
    yield what, "groundrule", f"{first / 1e6:.1f} MB, {last / 1e6:.1f} MB", "", "the same"
