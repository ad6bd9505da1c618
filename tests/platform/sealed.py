"""A carrier in memory at the core's own door, and a client of the sealed layer behind it."""

from __future__ import annotations

import os
from collections.abc import Iterable

from google.protobuf.message import Message

from hutong.local import read
from hutong.platform.door import Arrival
from hutong.protocols.sealed import CONTROL, MESSAGE, Accepted, ClientSession, Refused, verify
from hutong.schema import identity_pb2, link_pb2, options_pb2, sealed_pb2
from hutong.testing import Client, TestServer

ADDRESS = "192.0.2.7"


class Wire:
    """One carrier: keeps what the core sends; `room` False makes it say that it is full."""

    def __init__(self, server: TestServer, arrival: Arrival | None = None) -> None:
        self.server = server
        self.room = True
        self.sent: list[bytes] = []
        self.taken = 0
        self.tag = b""
        self.ended: bool | None = None  # at once or not
        self.session: ClientSession
        self.packets: list[link_pb2.Packet] = []
        self.classes: list[int] = []
        self.arrival = arrival or Arrival(ADDRESS)
        self.inlet = server.core.door.open(self, self.arrival)

    # ---- carrier ----

    def send(self, message: bytes) -> None:
        assert self.ended is None, "sent after the end"
        self.sent.append(message)

    def waiting_bytes(self) -> int:
        return 0 if self.room else sum(map(len, self.sent[self.taken :]))

    def identified(self, tag: bytes) -> None:
        self.tag = tag

    def close(self, *, at_once: bool) -> None:
        assert self.ended is None, "closed twice"
        self.ended = at_once

    # ---- client ----

    def manifest(self) -> sealed_pb2.Manifest:
        return verify(self.server.core.keys.manifest)

    def open(self, manifest: sealed_pb2.Manifest | None = None) -> None:
        """Say the OPEN, but do not look at the answer yet."""
        self.session = ClientSession(manifest or self.manifest(), os.urandom, exporter=self.arrival.exporter)
        self.inlet.receive(self.session.opening)

    def accept(self) -> None:
        self.open()
        self.take()

    def take(self) -> list[Refused]:
        """Read what has come; return the refusals among it."""
        refused = []
        fresh, self.taken = self.sent[self.taken :], len(self.sent)
        for message in fresh:
            heard = self.session.receive(message)
            if isinstance(heard, Refused):
                refused.append(heard)
            elif isinstance(heard, bytes):
                self.packets.append(read(heard))
            else:
                assert heard is None or heard == Accepted()
            if message[0] & 0x80:
                self.classes.append(message[0] & 3)
        return refused

    def say(self, packet: link_pb2.Packet, klass: int = MESSAGE) -> None:
        assert self.session.sealer is not None
        for record in self.session.sealer.seal_all(packet.SerializeToString(), klass):
            self.inlet.receive(record)

    def say_early(self, packet: link_pb2.Packet) -> None:
        records = self.session.seal_early(packet.SerializeToString(), CONTROL)
        assert records
        for record in records:
            self.inlet.receive(record)

    def replies(self) -> list[link_pb2.Reply]:
        self.take()
        return [reply for packet in self.packets for reply in packet.replies]

    def request(self, number: int, name: str, body: Message, *, key: bytes = b"") -> link_pb2.Request:
        method = self.server.method(name)
        if not key and not method.replay_safe:
            key = self.server.new_key()
        return link_pb2.Request(id=number, method=method.id, key=key, body=body.SerializeToString())

    def resume(self, number: int, device: Client) -> link_pb2.Request:
        signature = device.key.sign(b"hutong resume v2\x00" + self.session.binding)
        ask = identity_pb2.ResumeRequest(device=device.device, signature=signature)
        return self.request(number, "Identity.Resume", ask)

    def goodbyes(self) -> list[int]:
        self.take()
        return [packet.goodbye.reason for packet in self.packets if packet.HasField("goodbye")]


def packet(*requests: link_pb2.Request, ping: int = 0) -> link_pb2.Packet:
    return link_pb2.Packet(requests=requests, ping=ping)


def bulk(classes: Iterable[int]) -> int:
    return sum(klass == options_pb2.PRIORITY_BULK for klass in classes)
