"""Asks the gate of groundrule. No answer is a no."""

import json
import os
import urllib.error
import urllib.request


def may_terminate(nodes, hold="15m"):
    """Whether these nodes may be terminated, and why not."""
    url = os.environ.get("GATE_URL", "http://127.0.0.1:9181") + "/v1/gate"
    headers = {"Content-Type": "application/json"}
    if "GATE_TOKEN_FILE" in os.environ:
        with open(os.environ["GATE_TOKEN_FILE"]) as file:
            headers["Authorization"] = "Bearer " + file.read().strip()
    body = json.dumps({"action": "terminate", "nodes": nodes, "hold": hold}).encode()
    request = urllib.request.Request(url, body, headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            reply = json.load(answer)
    except urllib.error.HTTPError as error:
        return False, "the gate does not answer this: " + error.read().decode(errors="replace").strip()
    except (OSError, ValueError) as error:
        return False, "the gate does not answer: %s" % error
    why = [reason["message"] for reason in reply["reasons"]]
    why += ["not known: " + doubt["reason"] for doubt in reply["undecided"]]
    return reply["decision"] == "allow", "; ".join(why)
