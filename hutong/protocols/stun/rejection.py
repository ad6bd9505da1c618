"""How a handler refuses a request."""

from collections.abc import Sequence

from hutong.protocols.stun.attributes import AttributeType


class Rejection(Exception):
    """An answer rather than a fault: the request gets this error code.

    Codes: RFC 8489 section 18.3, RFC 8656 section 19. `challenge` asks for REALM and NONCE in
    the answer. It never leaves the core.
    """

    def __init__(
        self,
        code: int,
        *,
        challenge: bool = False,
        attributes: Sequence[tuple[AttributeType, bytes]] = (),
    ) -> None:
        super().__init__(code)
        self.code = code
        self.challenge = challenge
        self.attributes = tuple(attributes)
