"""Other tools on the same input, in the same run; their answers must be ours."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from timing import measure, milliseconds

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "target/bench"
OURS = ROOT / "target/release/groundrule"
PEERS = ROOT / "ci/bench/peers"
VENV = WORK / "venv"
GO = WORK / "go"
PYTHON_PACKAGES = ["behave==1.3.3", "networkx==3.4.2"]
GO_MODULES = {"opa": "github.com/open-policy-agent/opa@v1.22.2", "conftest": "github.com/open-policy-agent/conftest@v0.71.1"}
SCENARIOS = 1_000


def install():
    """Installs what is missing; Debian packages only as root."""
    packages = {"cucumber": "cucumber", "go": "golang-go"}
    missing = [package for command, package in packages.items() if not shutil.which(command)]
    if missing:
        run(["apt-get", "install", "-qy", "--no-install-recommends", *missing])
    python()
    environment = {
        **os.environ,
        "GOPATH": str(GO / "path"),
        "GOBIN": str(GO / "bin"),
        "GOCACHE": str(GO / "cache"),
        "GOFLAGS": "-modcacherw",
    }
    for name, module in GO_MODULES.items():
        if not (GO / "bin" / name).exists():
            run(["go", "install", module], env=environment)
    # Sources and half-made parts are 2.5 GB.
    for rest in ("path", "cache"):
        shutil.rmtree(GO / rest, ignore_errors=True)


def python():
    """Installs the peers in Python."""
    if not (VENV / "bin/behave").exists():
        run([sys.executable, "-m", "venv", VENV])
        run([VENV / "bin/pip", "install", "-q", *PYTHON_PACKAGES])


def run(command, **options):
    subprocess.run([str(part) for part in command], check=True, stdout=sys.stderr, **options)


def times(theirs, own):
    ratio = theirs / own
    return f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.2g}"


def row(what, tool, took, own):
    return (
        what,
        tool,
        f"{took.wall:.2f} s",
        f"{took.cpu:.2f} s",
        f"{took.memory / 1e6:.0f} MB",
        f"{own.wall:.3f} s, {own.cpu:.3f} s CPU, {own.memory / 1e6:.0f} MB",
        f"{times(took.wall, own.wall)} (CPU {times(took.cpu, own.cpu)})",
    )


def rule(what, theirs, own):
    seconds = [milliseconds(value) for value in (theirs, own)]
    return (what, "Python, networkx", seconds[0], "", "", seconds[1], times(theirs, own))


def agree(what, ours, theirs):
    if ours != theirs:
        sys.exit(f"{what}: groundrule finds {ours} violations, and the other tool {theirs}: one of them is wrong")


def results(estate, features):
    file = WORK / "results.json"
    command = [OURS, "run", "--estate", estate, "--concurrency", "1", "--exit-zero"]
    command += ["-f", f"results:{file}", "-f", f"pretty:{WORK / 'pretty.txt'}", features]
    took = measure(command, 3)
    return took, {policy["id"]: policy for policy in json.loads(file.read_text())["policies"]}


def networkx(estate):
    script = [VENV / "bin/python", PEERS / "networkx_rules.py", estate]
    took = measure(script, 1)
    theirs = json.loads(subprocess.run([str(part) for part in script], check=True, capture_output=True).stdout)
    own, found = results(estate, ROOT / "features")
    rules = theirs["rules"]
    for name, policy in found.items():
        agree(name, len(policy["violations"]), rules[name]["violations"])
    yield row("load, seven rules", "Python, networkx", took, own)
    _, questions = results(estate, ROOT / "ci/bench/features")
    first = next(iter(found))
    for name, policy in found.items():
        what = f"`{name}`, once loaded" + (", dependencies put together" if name == first else "")
        yield rule(what, rules[name]["seconds"], policy["seconds"])
    agree("shut-down", len(questions["shut-down"]["violations"]), rules["shut-down"]["violations"])
    yield rule("`is shut down`, one machine", rules["shut-down"]["seconds"], questions["shut-down"]["seconds"])
    yield rule("each shut down in turn (theirs from ten of them)", theirs["in-turn"], questions["in-turn"]["seconds"])


def facts_only(estate):
    """The same facts as one JSON document, which is what these tools read; making it is not counted."""
    facts = WORK / "facts.json"
    documents = {path.stem: json.loads(path.read_text()) for path in sorted((estate / "facts").glob("*.json"))}
    facts.write_text(json.dumps({"nodes": documents}))
    only = WORK / "facts-only"
    only.mkdir(exist_ok=True)
    link = only / "facts"
    link.unlink(missing_ok=True)
    link.symlink_to((estate / "facts").resolve())
    own, found = results(only, PEERS / "facts/facts.feature")
    count = sum(len(policy["violations"]) for policy in found.values())
    rego = PEERS / "facts/facts.rego"
    opa = [GO / "bin/opa", "eval", "-f", "json", "-d", rego, "-i", facts, "data.main.deny"]
    answer = json.loads(subprocess.run([str(part) for part in opa], check=True, capture_output=True).stdout)
    agree("facts", count, len(answer["result"][0]["expressions"][0]["value"]))
    what = f"three rules on the facts of {len(documents)} machines ({facts.stat().st_size / 1e6:.0f} MB)"
    yield row(what, "opa eval", measure(opa, 3), own)
    conftest = [GO / "bin/conftest", "test", "-p", rego.parent, facts]
    yield row(what, "conftest", measure(conftest, 3, good=(0, 1)), own)
    facts.unlink()


def scenarios():
    """Trivial scenarios: what the runner itself costs."""
    folder = WORK / "scenarios"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(PEERS / "scenarios", folder)
    text = ["Feature: Trivial scenarios\n"]
    text += [
        f"\n  Scenario: Scenario {n}\n    Given all nodes\n    Then there are at least 1 of them\n" for n in range(SCENARIOS)
    ]
    (folder / "features/trivial.feature").write_text("".join(text))
    own = measure([OURS, "run", "--estate", ROOT / "examples/estate", folder / "features/trivial.feature"], 5)
    what = f"{SCENARIOS} scenarios of one Given and one Then"
    behave = [VENV / "bin/behave", "--no-color", "-f", "progress", folder / "features"]
    yield row(what, "behave", measure(behave, 3, cwd=folder), own)
    cucumber = ["cucumber", "--no-color", "-f", "progress", "features"]
    yield row(what, "cucumber (Ruby)", measure(cucumber, 3, cwd=folder), own)


def rows(small, large):
    """The small estate for Python, the facts of the large one for the tools that read nothing else."""
    install()
    yield from networkx(small)
    yield from facts_only(large)
    yield from scenarios()
