"""Who hears what: topics within this process. Another adapter carries the same topics between processes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

Listener = Callable[[str, bytes], object]


class Bus(Protocol):
    """At most one listener a topic and process; payloads are bytes, so that they may travel."""

    def publish(self, topic: str, payload: bytes) -> None:
        """Tell every process that listens to `topic`."""

    def listen(self, topic: str, listener: Listener) -> None:
        """Hear `topic` from now on."""

    def ignore(self, topic: str) -> None:
        """Hear it no longer."""


class LocalBus:
    """Everything in one process: a dictionary."""

    def __init__(self) -> None:
        self._listeners: dict[str, Listener] = {}

    def publish(self, topic: str, payload: bytes) -> None:
        """Call the topic's listener, if any, at once."""
        listener = self._listeners.get(topic)
        if listener is not None:
            listener(topic, payload)

    def listen(self, topic: str, listener: Listener) -> None:
        """Set the topic's listener."""
        self._listeners[topic] = listener

    def ignore(self, topic: str) -> None:
        """Remove the topic's listener."""
        self._listeners.pop(topic, None)
