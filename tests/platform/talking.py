"""What a client and its server say to each other, packet by packet."""

from __future__ import annotations

import pytest

from hutong.local import read
from hutong.schema import link_pb2
from hutong.testing import Client, TestServer


def packet(*requests: link_pb2.Request, ping: int = 0) -> bytes:
    return link_pb2.Packet(requests=requests, ping=ping).SerializeToString()


def request(server: TestServer, number: int, name: str = "Chat.List") -> link_pb2.Request:
    return link_pb2.Request(id=number, method=server.method(name).id)


def farewell(client: Client) -> int | None:
    """Return the reason the server ended the connection for."""
    return client.goodbye.reason if client.goodbye is not None else None


def listen(client: Client, monkeypatch: pytest.MonkeyPatch) -> list[link_pb2.Packet]:
    """Return the list that the packets of this client's server will be in."""
    heard: list[link_pb2.Packet] = []
    handle = client.handle

    def listening(message: bytes) -> None:
        heard.append(read(message))
        handle(message)

    monkeypatch.setattr(client, "handle", listening)
    return heard
