"""Stands between two parts of the pipeline: what concerns the shop becomes critical."""
import json, os, socket, sys

host, port, user = sys.argv[1:4]
broker = socket.create_connection((host, int(port))).makefile("rwb")
def send(text, body=b""):
    broker.write(text.encode() + b"\n\n" + body + b"\0")
    broker.flush()
send(f"CONNECT\naccept-version:1.1\nhost:/\nlogin:{user}\npasscode:{os.environ['STOMP_PASSWORD']}")
send("SUBSCRIBE\nid:0\ndestination:/queue/raise\nack:auto")
while True:
    frame = b"".join(iter(lambda: broker.read(1), b"\0")).lstrip()
    if not frame.startswith(b"MESSAGE"): continue
    event = json.loads(frame.split(b"\n\n", 1)[1])
    event["tags"] = {**event.get("tags", {}), "raised": "yes"}
    if event["subject"].startswith("shop"): event["severity"] = 2
    send("SEND\ndestination:/queue/events", json.dumps(event).encode())
