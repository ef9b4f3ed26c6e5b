"""Makes a user who may do everything on a server of MongoDB's protocol: PORT USER PASSWORD."""
import socket
import struct
import sys


def text(name, value):
    value = value.encode() + b"\0"
    return b"\x02" + name.encode() + b"\0" + struct.pack("<i", len(value)) + value


def document(*fields):
    fields = b"".join(fields)
    return struct.pack("<i", len(fields) + 5) + fields + b"\0"


def array(name, *values):
    return b"\x04" + name.encode() + b"\0" + document(*values)


port, user, password = sys.argv[1:]
role = b"\x03" + b"0\0" + document(text("role", "root"), text("db", "admin"))
command = document(
    text("createUser", user),
    text("pwd", password),
    array("roles", role),
    array("mechanisms", text("0", "SCRAM-SHA-256")),
    text("$db", "admin"),
)
# An OP_MSG without flags, of one section.
body = struct.pack("<iB", 0, 0) + command
with socket.create_connection(("127.0.0.1", int(port)), 10) as server:
    server.sendall(struct.pack("<iiii", len(body) + 16, 1, 0, 2013) + body)
    answer = server.recv(65536)
if b"ok\0\x00\x00\x00\x00\x00\x00\xf0?" not in answer and b"\x10ok\0\x01\0\0\0" not in answer:
    sys.exit(f"the user was not made: {answer!r}")
