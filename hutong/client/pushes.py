"""What the server pushes, and who in the client wants to hear of it."""

from __future__ import annotations

from collections.abc import Iterable

from google.protobuf.message import Message as Body

from hutong.client.carrier import CarrierError
from hutong.client.handlers import Handlers, State
from hutong.client.models import notice_body
from hutong.platform.errors import RpcError
from hutong.schema import identity_pb2, link_pb2, log_pb2


class Listener(Handlers):
    """A connection's handlers, of which there may be many; notices arrive opened, one by one."""

    def on_notice(self, body: Body) -> None:
        """A notice of a kind this version knows."""


class Pushes(Handlers):
    """Passes what a connection tells on to all listeners."""

    def __init__(self) -> None:
        self._listeners: tuple[Listener, ...] = ()

    def add(self, listener: Listener) -> None:
        """Begin to tell somebody."""
        self._listeners += (listener,)

    def remove(self, listener: Listener) -> None:
        """Tell them no more."""
        self._listeners = tuple(each for each in self._listeners if each is not listener)

    def on_state(self, state: State) -> None:
        """Tell all."""
        for listener in self._listeners:
            listener.on_state(state)

    def on_linking(self) -> None:
        """Tell all."""
        for listener in self._listeners:
            listener.on_linking()

    def on_challenge(self, challenge: link_pb2.Challenge) -> None:
        """Tell all."""
        for listener in self._listeners:
            listener.on_challenge(challenge)

    def on_unreachable(self, error: CarrierError) -> None:
        """Tell all."""
        for listener in self._listeners:
            listener.on_unreachable(error)

    def on_resumed(self, reply: identity_pb2.SessionReply) -> None:
        """Tell all."""
        for listener in self._listeners:
            listener.on_resumed(reply)

    def on_revoked(self, error: RpcError) -> None:
        """Tell all."""
        for listener in self._listeners:
            listener.on_revoked(error)

    def on_events(self, events: Iterable[log_pb2.Event]) -> None:
        """Tell all."""
        for listener in self._listeners:
            listener.on_events(events)

    def on_notices(self, notices: Iterable[link_pb2.Notice]) -> None:
        """Tell all."""
        for notice in notices:
            body = notice_body(notice)
            if body is not None:
                for listener in self._listeners:
                    listener.on_notice(body)
