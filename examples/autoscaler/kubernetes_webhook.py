#!/usr/bin/env python3
"""A validating admission webhook for DELETE of nodes: kubernetes_webhook.py PORT [CERT KEY].

Kubernetes wants HTTPS; without a certificate it listens with plain HTTP on loopback, for a proxy before it. The name of a
node in Kubernetes is the name that groundrule knows it by."""

import json
import ssl
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from gate import may_terminate

LARGEST = 1 << 20


def review(request):
    answer = {"uid": request["uid"], "allowed": True}
    if request["operation"] == "DELETE" and request["resource"]["resource"] == "nodes":
        allowed, why = may_terminate([request["name"]])
        answer["allowed"] = allowed
        if not allowed:
            answer["status"] = {"code": 403, "message": why}
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": answer}


class Webhook(BaseHTTPRequestHandler):
    timeout = 30

    def do_POST(self):
        length = int(self.headers.get("Content-Length", 0))
        try:
            if length > LARGEST:
                raise ValueError("too large")
            answer, code = review(json.loads(self.rfile.read(length))["request"]), 200
        except (KeyError, TypeError, ValueError) as error:
            answer, code = {"error": "this is no AdmissionReview: %s" % error}, 400
        body = json.dumps(answer).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


server = ThreadingHTTPServer(("127.0.0.1" if len(sys.argv) < 4 else "", int(sys.argv[1])), Webhook)
if len(sys.argv) > 3:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2], sys.argv[3])
    server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
