"""The lines that are fed: metric and status events as docs/events.md has them, about 300 bytes each."""

import json
import random
import time

MACHINES = 2_000
CHECKS = ["load", "disk", "memory", "processes", "ntp"]
KINDS = ["web", "db", "mq", "app"]
TEXTS = {
    0: "OK - {check} is within its limits, nothing to do here",
    1: "WARNING - {check} is above its first limit",
    2: "CRITICAL - {check} is above its second limit, \"look at it\"",
}


def write(path, count, status_only=False):
    """Writes `count` events of 10,000 identities; returns how many lines each rule of the routes wants.

    A few thousand different lines are made and written in blocks of another order each, with another time.
    """
    dice = random.Random(1)
    wanted = {"metrics": 0, "problems": 0, "databases": 0}
    identities = [(kind, number, check) for kind in KINDS for number in range(MACHINES // len(KINDS)) for check in CHECKS]
    made = [one(dice, *identity, status_only) for identity in identities]
    # The last block is of now: nothing has outlived its time.
    at, written = int(time.time()) - count // len(made), 0
    with open(path, "wb") as file:
        while written < count:
            at += 1
            dice.shuffle(made)
            block = made[: count - written]
            file.write(b"".join(head + b"%d" % at + tail for head, tail, _ in block))
            for _, _, rules in block:
                for rule in rules:
                    wanted[rule] += 1
            written += len(block)
    return wanted


def one(dice, kind, number, check, status_only):
    """A line before and behind its time, and the rules that it is for."""
    is_status = status_only or dice.random() < 0.4
    severity = dice.choices([0, 1, 2], [96, 2, 2] if status_only else [80, 15, 5])[0] if is_status else 0
    event = {
        "subject": f"{kind}{number:04}.example.net",
        "name": check,
        "type": "status" if is_status else "metric",
        "origin": "collector",
        "eventtime": "@",
        "metrics": {check: round(dice.random() * 100, 2), f"{check}.5min": round(dice.random() * 100, 2)},
        "tags": {"environment": dice.choice(["production", "staging"]), "zone": dice.choice(["eu-1a", "eu-1b", "eu-1c"])},
        "extended_data": {"agent": "2.11.4", "interval": 60, "sources": ["proc", "sys"]},
    }
    if is_status:
        event |= {"severity": severity, "text": TEXTS[severity].format(check=check), "ttl": 600}
    head, tail = json.dumps(event).encode().split(b'"@"')
    rules = [("metrics", not is_status), ("problems", is_status and severity > 0), ("databases", kind == "db")]
    return head, tail + b"\n", [rule for rule, yes in rules if yes]
