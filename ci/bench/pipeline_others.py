"""syslog-ng and rsyslog, configured to do what the routes do."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

RULES = ["metrics", "problems", "databases"]
PACKAGES = ["syslog-ng-core", "libivykis0", "libnet1", "libpcre3", "libwrap0", "libjson-c5"]


def groundrule(binary, directory, port):
    """Three rule files; nothing else has a destination."""
    portal = directory / "routes/portal"
    portal.mkdir(parents=True)
    conditions = {
        "metrics": "types: [metric]",
        "problems": "types: [status]\nwhen: event.severity > 0",
        "databases": 'types: "*"\nwhen: event.subject.startsWith("db")',
    }
    for name, condition in conditions.items():
        (portal / f"{name}.yaml").write_text(f"{condition}\nto: file:{directory / name}\n")
    return [binary, "pipeline", "--from", f"tcp://127.0.0.1:{port}", "--routes", directory / "routes"], {}


def rsyslog(directory, port):
    """Lines as they are, JSON by mmjsonparse, three files; without a queue between, which is quickest on one core."""
    binary = shutil.which("rsyslogd") or "/usr/sbin/rsyslogd"
    if not Path(binary).exists():
        return None
    conditions = {
        "metrics": '$!type == "metric"',
        "problems": '$!type == "status" and $!severity > 0',
        "databases": '$!subject startswith "db"',
    }
    actions = "\n".join(
        f'  if {condition} then {{ action(type="omfile" file="{directory / name}" template="line" asyncWriting="off" ioBufferSize="64k" flushOnTXEnd="off") }}'
        for name, condition in conditions.items()
    )
    (directory / "conf").write_text(f"""
global(workDirectory="{directory}" maxMessageSize="64k")
module(load="imtcp")
module(load="mmjsonparse")
template(name="line" type="string" string="%rawmsg%\\n")
ruleset(name="routes" queue.type="Direct") {{
  action(type="mmjsonparse" cookie="" useRawMsg="on")
{actions}
}}
input(type="imtcp" address="127.0.0.1" port="{port}" ruleset="routes")
""")
    return [binary, "-n", "-f", directory / "conf", "-i", directory / "pid"], {}


def syslog_ng(directory, port, work):
    """Lines as they are, its JSON parser, three filters, three files."""
    root = unpacked(work / "syslog-ng")
    if root is None:
        return None
    conditions = {
        "metrics": '"${.e.type}" eq "metric"',
        "problems": '"${.e.type}" eq "status" and "${.e.severity}" > "0"',
        "databases": 'match("db" value(".e.subject") type(string) flags(prefix))',
    }
    parts = "\n".join(
        f"filter f_{name} {{ {condition} }};\n"
        f'destination d_{name} {{ file("{directory / name}" template("$MSG\\n") flush-lines(1000) log-fifo-size(200000)); }};'
        for name, condition in conditions.items()
    )
    ways = "\n".join(f"  log {{ filter(f_{name}); destination(d_{name}); }};" for name in RULES)
    (directory / "conf").write_text(f"""@version: 3.38
options {{ keep-timestamp(no); use-dns(no); stats-freq(0); }};
source s {{ network(ip(127.0.0.1) port({port}) transport("tcp") flags(no-parse) log-msg-size(65536) log-iw-size(100000) log-fetch-limit(1000)); }};
parser p {{ json-parser(prefix(".e.")); }};
{parts}
log {{
  source(s); parser(p);
{ways}
  flags(flow-control);
}};
""")
    libraries = [root / "usr/lib/x86_64-linux-gnu", root / "lib/x86_64-linux-gnu", root / "usr/lib/syslog-ng"]
    modules = next((root / "usr/lib/syslog-ng").glob("[0-9]*"))
    state = [f"--persist-file={directory / 'persist'}", f"--pidfile={directory / 'pid'}", f"--control={directory / 'control'}"]
    command = [root / "usr/sbin/syslog-ng", "-F", "--no-caps", "-f", directory / "conf", f"--module-path={modules}", *state]
    return command, {"LD_LIBRARY_PATH": ":".join(map(str, libraries))}


def unpacked(directory):
    """Its package and what that needs, below a directory: as a package it would take rsyslog's place."""
    root = directory / "root"
    if (root / "usr/sbin/syslog-ng").exists():
        return root
    directory.mkdir(parents=True, exist_ok=True)
    missing = [package for package in PACKAGES if package == PACKAGES[0] or not installed(package)]
    try:
        subprocess.run(["apt-get", "download", *missing], cwd=directory, check=True, stdout=sys.stderr)
        for package in directory.glob("*.deb"):
            subprocess.run(["dpkg", "-x", package, root], check=True, stdout=sys.stderr)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"syslog-ng cannot be had: {error}", file=sys.stderr)
        return None
    return root


def installed(package):
    found = subprocess.run(["dpkg-query", "-Wf", "${Status}", package], capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})
    return found.stdout == "install ok installed"
