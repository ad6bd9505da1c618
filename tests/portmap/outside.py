"""Somebody outside: `python -m tests.portmap.outside KIND HOST PORT TRIES` prints the answer, or nothing."""

from __future__ import annotations

import socket
import sys

KINDS = {"udp": socket.SOCK_DGRAM, "tcp": socket.SOCK_STREAM}
_ANSWER_S = 0.5


def ask(kind: str, host: str, port: int, tries: int) -> str:
    """Return the answer."""
    for _ in range(tries):
        with socket.socket(socket.AF_INET, KINDS[kind]) as asking:
            asking.settimeout(_ANSWER_S)
            try:
                asking.connect((host, port))
                asking.send(b"hello")
                return asking.recv(100).decode()
            except OSError:
                continue
    return ""


if __name__ == "__main__":
    sys.stdout.write(ask(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
