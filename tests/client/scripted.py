"""A link played by the test, and a server that says what the test wants."""

from __future__ import annotations

import asyncio

from hutong.client import Connection, Credentials, Handlers, State
from hutong.client.bodies import body_of
from hutong.client.carrier import CarrierError
from hutong.client.link import LinkOwner
from hutong.platform.clock import ManualClock, SeededRandomness
from hutong.platform.errors import RpcError
from hutong.schema import identity_pb2, link_pb2, log_pb2, options_pb2

BINDING = b"b" * 32


class ScriptedLink:
    """What was said, first flight and all; the server accepts it with the challenge."""

    def __init__(self, owner: LinkOwner) -> None:
        self.owner = owner
        self.binding = BINDING
        self.early: list[link_pb2.Packet] = []
        self.sent: list[link_pb2.Packet] = []
        self.priorities: list[int] = []
        self.messages = 0
        self.closed = False
        self.moved = 0
        self.flight()

    def flight(self) -> None:
        """Say the OPEN (once more)."""
        self.early = [_read(packet) for _, packet in self.owner.flight(self.binding)]
        self.sent = list(self.early)

    def send(self, packet: bytes, priority: int) -> None:
        assert not self.closed
        self.messages += 1
        self.priorities.append(priority)
        self.sent.append(_read(packet))

    def moved_bytes(self) -> int:
        return self.moved

    def close(self, *, at_once: bool) -> None:
        self.closed = True

    async def wait_closed(self) -> None:
        assert self.closed

    def accept(self) -> None:
        self.owner.linked(self)

    def say(self, packet: link_pb2.Packet) -> None:
        self.owner.received(packet.SerializeToString())

    def greet(self, heartbeat_s: int = 30, network: bytes = b"") -> None:
        challenge = link_pb2.Challenge(heartbeat_s=heartbeat_s, network=network, route=b"r" * 16)
        self.say(link_pb2.Packet(challenge=challenge))

    def challenge(self, heartbeat_s: int = 30, network: bytes = b"") -> None:
        self.accept()
        self.greet(heartbeat_s, network)

    def answer(self, request_id: int, body: bytes = b"") -> None:
        self.say(link_pb2.Packet(replies=[link_pb2.Reply(id=request_id, body=body)]))

    def refuse(self, request_id: int, error: RpcError) -> None:
        self.say(link_pb2.Packet(replies=[link_pb2.Reply(id=request_id, error=error.to_proto())]))

    def dismiss(self, reason: link_pb2.Goodbye.Reason) -> None:
        self.say(link_pb2.Packet(goodbye=link_pb2.Goodbye(reason=reason, message="Bye.")))

    @property
    def requests(self) -> list[link_pb2.Request]:
        """All that was asked on this link, the bodies unpacked."""
        return [request for packet in self.sent for request in packet.requests]


def _read(packet: bytes) -> link_pb2.Packet:
    read = link_pb2.Packet.FromString(packet)
    for request in read.requests:
        request.body = body_of(request)
        request.encoding = options_pb2.ENCODING_PLAIN
    return read


class Recorder(Handlers):
    def __init__(self) -> None:
        self.states: list[State] = []
        self.revoked: list[RpcError] = []
        self.resumed = 0
        self.unreachable: list[CarrierError] = []
        self.events: list[log_pb2.Event] = []

    def on_state(self, state: State) -> None:
        self.states.append(state)

    def on_resumed(self, reply: identity_pb2.SessionReply) -> None:
        self.resumed += 1

    def on_revoked(self, error: RpcError) -> None:
        self.revoked.append(error)

    def on_unreachable(self, error: CarrierError) -> None:
        self.unreachable.append(error)

    def on_events(self, events: object) -> None:
        self.events.extend(events)  # type: ignore[arg-type]


class Scene:
    """A connection on a clock that stands still."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.links: list[ScriptedLink] = []
        self.reachable = True
        self.handlers = Recorder()
        self.connection = Connection(self._open, self.handlers, clock=self.clock, random=SeededRandomness(1))

    async def _open(self, owner: LinkOwner) -> None:
        if not self.reachable:
            raise CarrierError("Nothing is listening.")
        self.links.append(ScriptedLink(owner))

    @property
    def link(self) -> ScriptedLink:
        return self.links[-1]

    async def settle(self) -> None:
        """Let what was called soon, and the tasks that follow from it, happen."""
        for _ in range(10):
            await asyncio.sleep(0)

    async def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)
        await self.settle()

    async def start(self, *, device: str = "") -> None:
        credentials = Credentials(device, lambda message: b"signed " + message) if device else None
        self.connection.start(credentials)
        await self.settle()

    async def start_signed_in(self, heartbeat_s: int = 30, network: bytes = b"") -> None:
        await self.start(device="d1")
        self.link.challenge(heartbeat_s, network)
        await self.settle()
        self.accept_resume()
        await self.settle()

    def accept_resume(self) -> None:
        reply = identity_pb2.SessionReply(device="d1", profile=identity_pb2.Profile(user="u1"))
        self.link.answer(self.link.requests[0].id, reply.SerializeToString())
