"""Whose connection it is: coming back as a device (CONN7, SEAL15)."""

from __future__ import annotations

from hutong.client import methods
from hutong.client.handlers import Credentials
from hutong.schema import identity_pb2, link_pb2

RESUME_CONTEXT = b"hutong resume v2\x00"


class SignIn:
    """The device a connection resumes as, and how far that got on the present link."""

    def __init__(self) -> None:
        self.credentials: Credentials | None = None
        self.signed_in = False
        # The request that resumes: on the present link, and on the one that is being opened.
        self._asked_id = 0
        self._next_id = 0

    @property
    def asked(self) -> bool:
        """Whether the answer to our resume is outstanding."""
        return self._asked_id != 0

    def prepare(self, request_id: int) -> None:
        """Another link is being opened; its resume will have this id."""
        self._next_id = request_id if self.credentials is not None else 0

    def begin(self) -> None:
        """The other link is the present one now, its resume on the way."""
        self._asked_id, self._next_id = self._next_id, 0
        self.signed_in = False

    def end(self) -> None:
        """The present link is gone."""
        self._asked_id = 0
        self.signed_in = False

    def ask(self, request_id: int) -> None:
        """The resume goes (once more) on the present link."""
        self._asked_id = request_id

    def early_packet(self, binding: bytes) -> bytes:
        """Return the resume for a link that is being opened; empty for somebody who is nobody yet."""
        return self.packet(binding, self._next_id) if self._next_id else b""

    def packet(self, binding: bytes, request_id: int) -> bytes:
        """Return a packet with the resume for the link with this binding."""
        assert self.credentials is not None
        signature = self.credentials.sign(RESUME_CONTEXT + binding)
        body = identity_pb2.ResumeRequest(device=self.credentials.device, signature=signature)
        packet = link_pb2.Packet()
        packet.requests.add(id=request_id, method=methods.RESUME.id, body=body.SerializeToString())
        return packet.SerializeToString()

    def answers(self, reply: link_pb2.Reply) -> bool:
        """Take a reply if it answers our resume."""
        if not self._asked_id or reply.id != self._asked_id:
            return False
        self._asked_id = 0
        return True
