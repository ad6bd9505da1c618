"""A person with one device, over any sealed carrier: enough to meet, talk and hand over a file."""

from __future__ import annotations

import asyncio
import hashlib
import os
from typing import TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from google.protobuf.message import Message

from hutong.protocols.sealed import BULK, MESSAGE
from hutong.schema import chat_pb2, contacts_pb2, files_pb2, identity_pb2, link_pb2, log_pb2
from tests.edge.sealed import Sealed

M = TypeVar("M", bound=Message)
WAIT_S = 20
MESSAGE_SENT = 401


class Person:
    def __init__(self, handle: str) -> None:
        self.handle = handle
        self.key = Ed25519PrivateKey.generate()
        self.user = ""
        self.device = ""
        self.link: Sealed
        self.events: list[log_pb2.Event] = []
        self._number = 0

    async def ask(self, method: int, request: Message, reply: type[M], *, klass: int = MESSAGE) -> M:
        """Call a method by its number; events that come meanwhile are kept."""
        self._number += 1
        asked = link_pb2.Request(
            id=self._number, method=method, key=os.urandom(16), body=request.SerializeToString()
        )
        await self.link.say(link_pb2.Packet(requests=[asked]).SerializeToString(), klass)
        async with asyncio.timeout(WAIT_S):
            while True:
                packet = await self.link.packet()
                self.events += packet.events
                for each in packet.replies:
                    if each.id == self._number:
                        assert not each.HasField("error"), each.error
                        return reply.FromString(each.body)

    async def sign_up(self, link: Sealed) -> None:
        self.link = link
        device = identity_pb2.NewDevice(name="Test", public_key=self.key.public_key().public_bytes_raw())
        request = identity_pb2.SignUpRequest(
            handle=self.handle, name=self.handle, password="correct horse", device=device
        )
        session = await self.ask(201, request, identity_pb2.SessionReply)
        self.user, self.device = session.profile.user, session.device

    async def resume(self, link: Sealed) -> None:
        self.link = link
        signature = self.key.sign(b"hutong resume v2\x00" + link.session.binding)
        request = identity_pb2.ResumeRequest(device=self.device, signature=signature)
        await self.ask(203, request, identity_pb2.SessionReply)

    async def meet(self, other: Person) -> str:
        """Become contacts; return the log of the conversation."""
        await self.ask(303, contacts_pb2.AskRequest(user=other.user), contacts_pb2.AskReply)
        answer = contacts_pb2.AnswerRequest(user=self.user, accept=True)
        await other.ask(304, answer, contacts_pb2.AnswerReply)
        opened = await self.ask(403, chat_pb2.OpenRequest(user=other.user), chat_pb2.OpenReply)
        return opened.conversation.log

    async def follow(self, log: str) -> None:
        cursors = [log_pb2.Cursor(log=log, after=0)]
        await self.ask(101, log_pb2.FollowRequest(cursors=cursors), log_pb2.FollowReply)

    async def say(self, log: str, words: str) -> None:
        await self.send(log, chat_pb2.Content(text=words))

    async def send(self, log: str, content: chat_pb2.Content) -> None:
        await self.ask(408, chat_pb2.SendRequest(log=log, content=content), chat_pb2.SendReply)

    async def hear(self, words: str) -> None:
        """Wait until these words have been pushed."""
        async with asyncio.timeout(WAIT_S):
            while words not in self.heard():
                self.events += (await self.link.packet()).events

    def heard(self) -> list[str]:
        found = [event.body for event in self.events if event.kind == MESSAGE_SENT]
        return [chat_pb2.MessageSent.FromString(body).content.text for body in found]

    async def upload(self, data: bytes) -> str:
        begin = files_pb2.BeginRequest(
            size_bytes=len(data), sha256=hashlib.sha256(data).digest(), media_type="application/octet-stream"
        )
        begun = await self.ask(501, begin, files_pb2.BeginReply, klass=BULK)
        for start in range(0, len(data), 200_000):
            part = files_pb2.WriteRequest(
                upload=begun.upload, offset=start, data=data[start : start + 200_000]
            )
            await self.ask(502, part, files_pb2.WriteReply, klass=BULK)
        finish = files_pb2.FinishRequest(upload=begun.upload)
        return (await self.ask(503, finish, files_pb2.FinishReply, klass=BULK)).blob

    async def download(self, blob: str, size_bytes: int) -> bytes:
        data = b""
        while len(data) < size_bytes:
            request = files_pb2.ReadRequest(blob=blob, offset=len(data), length=200_000)
            data += (await self.ask(504, request, files_pb2.ReadReply, klass=BULK)).data
        return data

    async def download_at_once(self, blob: str, size_bytes: int) -> bytes:
        """Ask for all parts before the first has come: much bulk waits then."""
        parts: dict[int, bytes] = {}
        starts = range(0, size_bytes, 200_000)
        first = self._number + 1
        for start in starts:
            self._number += 1
            body = files_pb2.ReadRequest(blob=blob, offset=start, length=200_000).SerializeToString()
            asked = link_pb2.Request(id=self._number, method=504, body=body)
            await self.link.say(link_pb2.Packet(requests=[asked]).SerializeToString(), BULK)
        async with asyncio.timeout(WAIT_S):
            while len(parts) < len(starts):
                for reply in (await self.link.packet()).replies:
                    assert not reply.HasField("error"), reply.error
                    parts[reply.id - first] = files_pb2.ReadReply.FromString(reply.body).data
        return b"".join(parts[number] for number in sorted(parts))
