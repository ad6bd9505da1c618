"""A small client of the sealed layer, over whatever carries its messages."""

from __future__ import annotations

import itertools
import os

from google.protobuf.message import Message

from hutong.protocols.compression import BODY_BYTES_MAX, decompress
from hutong.protocols.sealed import MESSAGE, Accepted, ClientSession, Refused, verify
from hutong.schema import link_pb2, log_pb2, options_pb2, sealed_pb2


class Ended(Exception):
    """The other side has closed or reset the connection."""


class Sealed:
    """Mixed into a carrier that has `carry` and `carried`."""

    session: ClientSession
    challenge: link_pb2.Challenge
    refused: Refused | None = None
    _numbers: itertools.count[int]

    async def carry(self, *messages: bytes) -> None:
        """Send carrier messages, in one piece where the carrier can."""
        raise NotImplementedError

    async def carried(self) -> bytes:
        """Return the next carrier message. Raises `Ended`."""
        raise NotImplementedError

    async def manifest(self) -> sealed_pb2.Manifest:
        """Ask for the manifest (SEAL19)."""
        self.session = ClientSession(None, os.urandom)
        await self.carry(self.session.opening)
        answer = self.session.receive(await self.carried())
        assert isinstance(answer, Refused)
        assert answer.manifest is not None, sealed_pb2.Refusal.Name(answer.reason)
        return verify(answer.manifest)

    async def open(self, exporter: bytes = b"", *, manifest: sealed_pb2.Manifest | None = None) -> None:
        """Open, and take the challenge; without a manifest ask for it first."""
        manifest = manifest or await self.manifest()
        self.session = ClientSession(manifest, os.urandom, exporter=exporter)
        await self.carry(self.session.opening)
        await self.accepted()

    async def accepted(self) -> None:
        """Wait for the ACCEPT and the challenge. Raises `Ended`, with `refused` set, when refused."""
        answer = self.session.receive(await self.carried())
        if isinstance(answer, Refused):
            self.refused = answer
            raise Ended(answer.reason)
        assert isinstance(answer, Accepted)
        self._numbers = itertools.count(1)
        self.challenge = (await self.packet()).challenge

    async def say(self, packet: bytes, klass: int = MESSAGE) -> None:
        """Seal a packet and send it."""
        assert self.session.sealer is not None
        await self.carry(*self.session.sealer.seal_all(packet, klass))

    async def packet(self) -> link_pb2.Packet:
        """Return the next packet, its bodies unpacked."""
        while True:
            opened = self.session.receive(await self.carried())
            if isinstance(opened, bytes):
                return _unpacked(link_pb2.Packet.FromString(opened))
            assert opened is None

    async def reply(self) -> link_pb2.Reply:
        while True:
            for reply in (await self.packet()).replies:
                return reply

    async def replies(self, count: int) -> list[link_pb2.Reply]:
        got: list[link_pb2.Reply] = []
        while len(got) < count:
            got += (await self.packet()).replies
        return got

    async def farewell(self) -> int:
        """Return the reason of the goodbye that has to come, 0 when there is none."""
        try:
            while True:
                packet = await self.packet()
                if packet.HasField("goodbye"):
                    return packet.goodbye.reason
        except Ended:
            return 0

    async def call(self, method: int, request: Message, *, key: bytes = b"") -> bytes:
        """Ask, and return the reply's body; what comes in between is dropped."""
        number = next(self._numbers)
        asked = link_pb2.Request(id=number, method=method, key=key, body=request.SerializeToString())
        await self.say(link_pb2.Packet(requests=[asked]).SerializeToString())
        while True:
            for reply in (await self.packet()).replies:
                if reply.id == number:
                    assert not reply.HasField("error"), reply.error
                    return reply.body


def _unpacked(packet: link_pb2.Packet) -> link_pb2.Packet:
    carrying: list[link_pb2.Reply | link_pb2.Notice | log_pb2.Event] = [
        *packet.replies,
        *packet.notices,
        *packet.events,
    ]
    for each in carrying:
        if each.encoding == options_pb2.ENCODING_COMPRESSED:
            each.body = decompress(each.body, BODY_BYTES_MAX)
            each.encoding = options_pb2.ENCODING_PLAIN
    return packet
