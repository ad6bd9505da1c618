"""The limit: a file over a bare TCP connection between two processes, unencrypted and unchecked.

`python -m bench._plain_tcp receive PATH` prints its port; `... send PATH PORT` prints the seconds.
"""

from __future__ import annotations

import os
import socket
import sys
import time
from pathlib import Path

BLOCK_BYTES = 256 * 1024


def receive(path: Path) -> None:
    """Take one file, keep it on disk, and answer with a byte."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        sys.stdout.write(f"{server.getsockname()[1]}\n")
        sys.stdout.flush()
        connection, _ = server.accept()
        with connection, path.open("wb", buffering=0) as file:
            block = memoryview(bytearray(BLOCK_BYTES))
            while size_bytes := connection.recv_into(block):
                file.write(block[:size_bytes])
            os.fsync(file.fileno())
            connection.sendall(b"!")


def send(path: Path, port: int) -> None:
    """Send a file and wait for the byte."""
    started = time.monotonic()
    with socket.create_connection(("127.0.0.1", port)) as connection, path.open("rb", buffering=0) as file:
        while block := file.read(BLOCK_BYTES):
            connection.sendall(block)
        connection.shutdown(socket.SHUT_WR)
        connection.recv(1)
    sys.stdout.write(f"{time.monotonic() - started}\n")


if __name__ == "__main__":
    if sys.argv[1] == "receive":
        receive(Path(sys.argv[2]))
    else:
        send(Path(sys.argv[2]), int(sys.argv[3]))
