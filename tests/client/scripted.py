"""A carrier played by the test, and a server that says what the test wants."""

from __future__ import annotations

import asyncio

from hutong.client import Connection, Credentials, Handlers, State
from hutong.client.carrier import CarrierError, Receiver
from hutong.platform.clock import ManualClock, SeededRandomness
from hutong.platform.errors import RpcError
from hutong.schema import identity_pb2, link_pb2, log_pb2


class ScriptedCarrier:
    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self.sent: list[link_pb2.Packet] = []
        self.messages = 0
        self.closed = False

    def send(self, message: bytes) -> None:
        assert not self.closed
        self.messages += 1
        self.sent.append(link_pb2.Packet.FromString(message))

    def waiting_bytes(self) -> int:
        return 0

    def close(self, *, at_once: bool) -> None:
        self.closed = True

    def say(self, packet: link_pb2.Packet) -> None:
        self.receiver.received(packet.SerializeToString())

    def challenge(self, heartbeat_s: int = 30) -> None:
        self.say(link_pb2.Packet(challenge=link_pb2.Challenge(nonce=b"n" * 32, heartbeat_s=heartbeat_s)))

    def answer(self, request_id: int, body: bytes = b"") -> None:
        self.say(link_pb2.Packet(replies=[link_pb2.Reply(id=request_id, body=body)]))

    def refuse(self, request_id: int, error: RpcError) -> None:
        self.say(link_pb2.Packet(replies=[link_pb2.Reply(id=request_id, error=error.to_proto())]))

    def dismiss(self, reason: link_pb2.Goodbye.Reason) -> None:
        self.say(link_pb2.Packet(goodbye=link_pb2.Goodbye(reason=reason, message="Bye.")))

    @property
    def requests(self) -> list[link_pb2.Request]:
        return [request for packet in self.sent for request in packet.requests]


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
        self.carriers: list[ScriptedCarrier] = []
        self.reachable = True
        self.handlers = Recorder()
        self.connection = Connection(self._open, self.handlers, clock=self.clock, random=SeededRandomness(1))

    async def _open(self, receiver: Receiver) -> None:
        if not self.reachable:
            raise CarrierError("Nothing is listening.")
        carrier = ScriptedCarrier(receiver)
        self.carriers.append(carrier)
        receiver.opened(carrier)

    @property
    def carrier(self) -> ScriptedCarrier:
        return self.carriers[-1]

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

    async def start_signed_in(self) -> None:
        await self.start(device="d1")
        self.carrier.challenge()
        await self.settle()
        self.accept_resume()
        await self.settle()

    def accept_resume(self) -> None:
        reply = identity_pb2.SessionReply(device="d1", profile=identity_pb2.Profile(user="u1"))
        self.carrier.answer(self.carrier.requests[0].id, reply.SerializeToString())
