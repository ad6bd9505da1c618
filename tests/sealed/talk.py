"""Two sessions that know each other, and what a test may do to what is between them."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from hutong.protocols.sealed import Accepted, ClientSession, Sealer, ServerSession, sign, verify
from tests.sealed.vectors import EPOCH, ROOT, SERVICE, manifest


@dataclass
class Talk:
    """A client and a core after the OPEN; the ACCEPT is on its way."""

    client: ClientSession = field(
        default_factory=lambda: ClientSession(verify(sign(manifest(), ROOT)), os.urandom)
    )
    core: ServerSession = field(default_factory=ServerSession)
    accept: bytes = b""

    def __post_init__(self) -> None:
        self.accept = self.core.accept(self.client.opening, b"", {EPOCH: SERVICE}.get, os.urandom)

    def accepted(self) -> Sealer:
        """Let the client have its ACCEPT; return what it seals with from now on."""
        assert self.client.receive(self.accept) == Accepted()
        assert self.client.sealer is not None
        return self.client.sealer
