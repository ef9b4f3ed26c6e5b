"""`groundrule serve` under measurement."""

import http.client
import json
import statistics
import subprocess
import sys
import time


class Server:
    """A server on a free port; stopped by `stop`, or at the end of a `with`."""

    def __init__(self, program, *options, env=None):
        command = [program, *options, "serve", "--listen", "http://127.0.0.1:0"]
        self.process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=env)
        self.host = self.process.stdout.readline().strip().removeprefix("listening on ")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def answer(self, path):
        return self.asked(self.connection(), path)[1]

    def median(self, path, runs):
        """Seconds of an answer, asked once more before."""
        connection = self.connection()
        self.asked(connection, path)
        return statistics.median(self.asked(connection, path)[0] for _ in range(runs))

    def connection(self):
        return http.client.HTTPConnection(self.host, timeout=60)

    def asked(self, connection, path):
        began = time.perf_counter()
        connection.request("GET", path)
        answer = connection.getresponse()
        read = answer.read()
        took = time.perf_counter() - began
        if answer.status >= 400:
            sys.exit(f"{path}: {answer.status} {read[:300]}")
        return took, json.loads(read)
